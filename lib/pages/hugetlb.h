/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where in a range of the caller's hugetlb mappings may be. */
#ifndef SB_PAGES_HUGETLB_H
#define SB_PAGES_HUGETLB_H

#include "pages/stretch.h"

/*
 * The stretch of [start, end) outside of which there is no populated hugetlb mapping. Other memory
 * may be inside. Costs nothing where the range is too short for a huge page, and reading one file
 * of /proc where the process has none. Without /proc it is all of the range.
 */
struct sb_stretch sb_hugetlb_stretch(unsigned long start, unsigned long end);

#endif
