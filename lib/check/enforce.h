/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Moving pages of a process to where they should be, without setting a policy. */
#ifndef SB_CHECK_ENFORCE_H
#define SB_CHECK_ENFORCE_H

#include "check/ranges.h"
#include "core/nodeset.h"
#include "pages/tally.h"

struct sb_enforce {
	int pid; /* 0 for the caller */
	unsigned long start;
	unsigned long end;
	/* Where pages are in place; NULL: where the policies in force want them. */
	const struct sb_nodeset *placed;
	const struct strictbind_options *options;
	struct sb_ranges *ranges; /* NULL: nobody wants them */
};

/* Moves, and tells in the tally what stayed. Returns 0 or a negative errno. */
int sb_enforce(const struct sb_enforce *enforce, struct sb_tally *tally);

#endif
