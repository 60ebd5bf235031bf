/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the judgements of both calls have in common. */
#ifndef FAKE_JUDGE_H
#define FAKE_JUDGE_H

#include "contract.h"

/* No policy governs it. */
bool judge_is_nobodys(const struct fake_page *page);

bool judge_may_move(const struct fake_space *space, const struct fake_page *page);

/* So many base pages still fit on the node, of hugetlb for a page of hugetlb. -1: any number. */
long judge_room(const struct fake_space *space, const struct fake_page *page, int node);

/* NULL, or which number of the report is wrong. */
const char *judge_counts(const struct strictbind_report *report, unsigned long unmoved,
			 unsigned long shared, unsigned long first, unsigned leeway);

#endif
