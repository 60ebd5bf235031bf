/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where in a range of the caller's hugetlb mappings may be. */
#ifndef SB_PAGES_HUGETLB_H
#define SB_PAGES_HUGETLB_H

#include <stdbool.h>

#include "pages/stretch.h"

/* Whether a whole huge page can lie in [start, end); of others it has parts at its ends at most. */
bool sb_hugetlb_fits(unsigned long start, unsigned long end);

/*
 * The stretch of [start, end) outside of which there is no populated hugetlb mapping. Other memory
 * may be inside. Costs reading one file of /proc where the process has none. Without /proc it is
 * all of the range, and false is returned.
 */
bool sb_hugetlb_find(unsigned long start, unsigned long end, struct sb_stretch *stretch);

#endif
