/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages/hugetlb.h"
#include "core/page.h"
#include "core/syscall.h"
#include "pages/maps.h"
#include "pages/rss.h"

/* A hugetlb mapping is one of a file, also where it was mapped as anonymous, and of whole pages. */
static bool may_be_hugetlb(const struct sb_maps_line *line)
{
	return line->file && (line->start | line->end) % sb_smallest_hugetlb() == 0;
}

bool sb_hugetlb_fits(unsigned long start, unsigned long end)
{
	unsigned long size = sb_smallest_hugetlb();

	return end - start >= size && (start + size - 1) / size != end / size;
}

static struct sb_stretch look(struct sb_words *maps, unsigned long start, unsigned long end)
{
	struct sb_stretch stretch = { end, start };
	struct sb_maps_line line;

	while (sb_maps_next(maps, &line) && line.start < end) {
		if (line.end <= start || !may_be_hugetlb(&line))
			continue;
		stretch.start = sb_min(stretch.start, sb_max(line.start, start));
		stretch.end = sb_max(stretch.end, sb_min(line.end, end));
	}
	if (stretch.start > stretch.end)
		stretch.end = stretch.start;
	return stretch;
}

bool sb_hugetlb_find(unsigned long start, unsigned long end, struct sb_stretch *stretch)
{
	struct sb_words maps;

	*stretch = (struct sb_stretch){ start, start };
	if (sb_has_no_hugetlb())
		return true;
	if (sb_words_open(&maps, 0, "maps") == 0) {
		*stretch = look(&maps, start, end);
		sb_words_close(&maps);
		if (!maps.error)
			return true;
	}
	*stretch = (struct sb_stretch){ start, end };
	return false;
}
