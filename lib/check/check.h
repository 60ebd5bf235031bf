/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking at where the pages of a range are, and why those stay that are elsewhere. */
#ifndef SB_CHECK_CHECK_H
#define SB_CHECK_CHECK_H

#include <stdbool.h>

#include "check/ranges.h"
#include "core/nodeset.h"
#include "pages/tally.h"
#include "pages/thread_policies.h"

struct sb_check {
	int pid; /* 0 for the caller */
	unsigned long start;
	unsigned long end; /* ULONG_MAX: of the process */
	/* Where pages are in place; NULL: where the policies in force want them. */
	const struct sb_nodeset *placed;
	struct sb_thread_policies *threads; /* without placed, found before; NULL: not yet */
	const struct sb_nodeset *targets;   /* where the others should come to, with placed */
	bool tried;			    /* it was tried to move them */
	bool moves_shared;		    /* those that are shared, too */
	bool may_move_shared;		    /* not tried, but these would move */
	bool counts_shared;		    /* the tally has shared pages among the unmoved, too */
	struct sb_ranges *ranges;	    /* NULL: nobody wants them */
	struct sb_tally tally; /* misplaced pages that are not shared, and those that are */
};

/* Returns 0 or a negative errno. */
int sb_check(struct sb_check *check);

#endif
