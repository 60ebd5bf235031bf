/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MOVE (rules 8 to 10): what is left misplaced in part of a range whose policy is set. */
#ifndef SB_MBIND_VERDICT_H
#define SB_MBIND_VERDICT_H

#include "mbind/search.h"
#include "pages/pfn.h"

/* Where a page that was moved is in N: unmoved and shared pages. */
struct sb_tally sb_search_unmoved(const struct sb_request *request, unsigned long start,
				  unsigned long end, bool first_only);

/*
 * With an empty N, where no node tells a page that could not be moved: unmoved pages, found by
 * asking the kernel to move each chunk once more.
 */
struct sb_tally sb_search_failing(const struct sb_request *request, unsigned long start,
				  unsigned long end, bool first_only);

/* There as well: shared pages. */
struct sb_tally sb_search_shared(const struct sb_request *request, unsigned long start,
				 unsigned long end);

/* N is empty: the pages that were moved from no frame to another. */
struct sb_tally sb_search_kept(const struct sb_request *request, const struct sb_frames *frames);

#endif
