/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* STRICT alone (rule 6): misplaced pages of a range whose policy is not set. Their nodes tell. */
#ifndef SB_MBIND_MISPLACED_H
#define SB_MBIND_MISPLACED_H

#include "mbind/request.h"
#include "pages/tally.h"

/* Whether a page of [start, end) is misplaced. 1, 0, or the errno of a refused look. */
int sb_any_misplaced(const struct sb_request *request, unsigned long start, unsigned long end);

/* Every misplaced page, shared or not, counts as unmoved. */
void sb_count_misplaced(const struct sb_request *request, struct sb_tally *tally);

#endif
