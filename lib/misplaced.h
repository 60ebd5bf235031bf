/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding and counting the misplaced pages of an mbind range. */
#ifndef SB_MISPLACED_H
#define SB_MISPLACED_H

#include <stdbool.h>

#include "bind.h"

/* Before the policy is set: whether a page is misplaced. 1, 0, or the errno of a refused look. */
int sb_any_misplaced(const struct sb_bind *bind);

/* Before the policy is set: every misplaced page, shared or not, as unmoved. */
void sb_count_misplaced(const struct sb_bind *bind, struct sb_counts *counts);

/*
 * After a move with a non-empty N: whether a page is unmoved. 1, 0, or a negative errno when misplaced
 * pages are left and it cannot be told whether they are shared.
 */
int sb_any_unmoved(const struct sb_bind *bind);

/* After a move with a non-empty N: counts what is left; false where it cannot be told. */
void sb_count_unmoved(const struct sb_bind *bind, struct sb_counts *counts);

/*
 * After a move with an empty N, where no node tells a page that could not be moved: asks the kernel to
 * move each piece once more. failed: whether the kernel said that some page could not be.
 */
void sb_count_unmoved_anywhere(const struct sb_bind *bind, bool failed, struct sb_counts *counts);

#endif
