/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_MOVE_H
#define SB_MOVE_H

#include "bind.h"

/*
 * An mbind call with MOVE on a range without holes, whose verdict (rule 9) or counts somebody
 * wants. counts may be NULL. Returns 0 or a negative errno.
 */
long sb_move(const struct sb_bind *bind, struct sb_counts *counts);

#endif
