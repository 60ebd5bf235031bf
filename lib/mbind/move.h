/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_MBIND_MOVE_H
#define SB_MBIND_MOVE_H

#include "mbind/request.h"
#include "pages/tally.h"
#include "strictbind.h"

/*
 * An mbind call with MOVE on a range that has been judged where the kernel cannot. Returns
 * 0 or a negative errno; the tally, empty before, is taken when that is 0, -EIO or -ECANCELED.
 */
long sb_move(const struct sb_request *request, const struct strictbind_options *options,
	     struct sb_tally *tally);

#endif
