/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages/hugetlb.h"
#include "core/page.h"
#include "core/syscall.h"
#include "pages/numa_maps.h"
#include "pages/rss.h"

/* A hugetlb mapping is one of a file, also where it was mapped as anonymous, and of whole pages. */
static bool may_be_hugetlb(const struct sb_maps_line *line)
{
	return line->file && (line->start | line->end) % sb_smallest_hugetlb() == 0;
}

/* mbind refuses a range that cuts a huge page, so what is shorter than one has none. */
static bool is_too_short(unsigned long start, unsigned long end)
{
	unsigned long size = sb_smallest_hugetlb();

	return end - start < size || (start + size - 1) / size == end / size;
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

struct sb_stretch sb_hugetlb_stretch(unsigned long start, unsigned long end)
{
	struct sb_stretch stretch = { start, start };
	struct sb_words maps;

	if (is_too_short(start, end) || sb_has_no_hugetlb())
		return stretch;
	if (sb_words_open(&maps, 0, "maps") < 0)
		return (struct sb_stretch){ start, end };
	stretch = look(&maps, start, end);
	if (maps.error)
		stretch = (struct sb_stretch){ start, end };
	sb_words_close(&maps);
	return stretch;
}

/* ---- what a range cuts ---- */

struct device_of_shmem {
	bool known;
	struct sb_device device;
};

/* Files in memory, System V shared memory and shared anonymous memory are all on one device. */
static struct device_of_shmem find_device_of_shmem(void)
{
	struct device_of_shmem shmem = { .known = false };
	struct sb_statx about;
	long fd = sb_sys_memfd_create("strictbind");

	if (fd < 0)
		return shmem;
	shmem.known = sb_sys_statx((int)fd, "", AT_EMPTY_PATH, 0, &about) == 0;
	if (shmem.known)
		shmem.device = (struct sb_device){ about.dev_major, about.dev_minor };
	sb_sys_close((int)fd);
	return shmem;
}

static bool is_of(const struct sb_maps_line *line, const struct device_of_shmem *shmem)
{
	return shmem->known && line->device.major == shmem->device.major &&
	       line->device.minor == shmem->device.minor;
}

static bool is_cut_at(const struct sb_maps_line *line, unsigned long at)
{
	return line->file && line->start < at && at < line->end && at % sb_huge_size() != 0;
}

/* hugetlb: the process may have pages of it. */
static void note_cuts(struct sb_cuts *cuts, const struct sb_maps_line *line, unsigned long start,
		      unsigned long end, bool hugetlb)
{
	bool at_start = is_cut_at(line, start), at_end = is_cut_at(line, end);

	cuts->start |= at_start;
	cuts->end |= at_end;
	if (hugetlb && (at_start || at_end) && may_be_hugetlb(line) && line->device.major == 0) {
		struct device_of_shmem shmem = find_device_of_shmem();

		cuts->hugetlb |= !is_of(line, &shmem);
	}
}

struct sb_cuts sb_cuts_of(unsigned long start, unsigned long end)
{
	struct sb_cuts cuts = { .hugetlb = false };
	bool hugetlb = !sb_has_no_hugetlb();
	struct sb_maps_line line;
	struct sb_words maps;

	if (sb_words_open(&maps, 0, "maps") < 0)
		return (struct sb_cuts){ true, true, true };
	while (sb_maps_next(&maps, &line) && line.start < end)
		note_cuts(&cuts, &line, start, end, hugetlb);
	if (maps.error)
		cuts = (struct sb_cuts){ true, true, hugetlb };
	sb_words_close(&maps);
	return cuts;
}
