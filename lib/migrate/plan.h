/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a call of migrate_pages is turned into on this kernel: decided once, from the arguments and
 * from what the kernel is known to do. Nothing after it asks a quirk but leftover, of what
 * move_pages does not tell.
 */
#ifndef SB_MIGRATE_PLAN_H
#define SB_MIGRATE_PLAN_H

#include <stdbool.h>

#include "strictbind.h"

/* What the arguments do not say and the plan depends on. */
struct sb_migrate_situation {
	unsigned quirks;	      /* a bit for each enum sb_fact that matters */
	bool chain;		      /* some node is emptied and filled by the same call */
	unsigned long resident_bytes; /* of the process; 0 where it does not matter */
};

struct sb_migrate_plan {
	bool arguments_first; /* the kernel judges them before any page is moved */
	bool pair_by_pair;    /* one call for each pair of nodes, so that what is left tells */
	bool batches;	      /* most pages go with move_pages first, so that nobody waits long */
	bool only_together;   /* one thread alone would be slower than migrate_pages */
	bool one_thread;      /* the kernel lets only one at a time move pages */
	bool again;	      /* movable pages may be left: they are moved with move_pages */
	bool counts_always;   /* what is left is counted, also when the kernel counts none */
};

/* Asks for all of it that matters to this call; of the process, only what its memory comes to. */
struct sb_migrate_situation sb_migrate_situation_of(int pid,
						    const struct strictbind_options *options);

/* Pure: the same arguments make the same plan. */
struct sb_migrate_plan sb_plan_migrate(const struct strictbind_options *options, bool wants_report,
				       const struct sb_migrate_situation *situation);

#endif
