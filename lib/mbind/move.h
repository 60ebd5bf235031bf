/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_MBIND_MOVE_H
#define SB_MBIND_MOVE_H

#include "mbind/request.h"
#include "pages/tally.h"

/*
 * An mbind call with MOVE on a range that has been judged where the kernel cannot. counts may be
 * NULL. Returns 0 or a negative errno; counts are taken when that is 0, -EIO or -ECANCELED.
 */
long sb_move(const struct sb_request *request, const struct strictbind_options *options,
	     struct sb_counts *counts);

#endif
