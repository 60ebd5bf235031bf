/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where in a range of the caller's hugetlb mappings may be. */
#ifndef SB_PAGES_HUGETLB_H
#define SB_PAGES_HUGETLB_H

#include <stdbool.h>

struct sb_stretch {
	unsigned long start;
	unsigned long end; /* start, when it is empty */
};

static inline bool sb_stretch_meets(const struct sb_stretch *stretch, unsigned long start,
				    unsigned long end)
{
	return start < stretch->end && end > stretch->start;
}

/*
 * The stretch of [start, end) outside of which there is no populated hugetlb mapping. Other memory
 * may be inside. Costs nothing where the range is too short for a huge page, and reading one file
 * of /proc where the process has none. Without /proc it is all of the range.
 */
struct sb_stretch sb_hugetlb_stretch(unsigned long start, unsigned long end);

#endif
