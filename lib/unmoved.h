/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MOVE (rules 8 to 10): what is left misplaced in a range whose policy is set. */
#ifndef SB_UNMOVED_H
#define SB_UNMOVED_H

#include "bind.h"

/*
 * With a non-empty N: whether a page is unmoved. 1, 0, or a negative errno when misplaced pages are
 * left and it cannot be told whether they are shared.
 */
int sb_any_unmoved(const struct sb_bind *bind);

/* With a non-empty N: unmoved and shared pages. */
void sb_count_unmoved(const struct sb_bind *bind, struct sb_counts *counts);

/*
 * With an empty N, where no node tells a page that could not be moved: asks the kernel to move each
 * piece once more. failed: whether the kernel has said that some page could not be moved.
 */
void sb_count_unmoved_anywhere(const struct sb_bind *bind, bool failed, struct sb_counts *counts);

#endif
