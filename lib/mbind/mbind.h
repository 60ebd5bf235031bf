/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mbind by the contract, rules 1 to 11. */
#ifndef SB_MBIND_MBIND_H
#define SB_MBIND_MBIND_H

#include "mbind/request.h"
#include "pages/tally.h"
#include "strictbind.h"

/*
 * Returns 0 or a negative errno. With wants_report the tally, empty before, is taken
 * when that is 0, -EIO or -ECANCELED.
 */
long sb_mbind(struct sb_request *request, const struct strictbind_options *options,
	      bool wants_report, struct sb_tally *tally);

#endif
