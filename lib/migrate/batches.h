/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moving the pages of a process off a node in pieces, with move_pages, before migrate_pages is
 * called: so nobody waits for long, threads can share the work, and progress can be told. What
 * cannot be moved this way is left to migrate_pages itself.
 */
#ifndef SB_MIGRATE_BATCHES_H
#define SB_MIGRATE_BATCHES_H

#include "work/threads.h"

struct sb_vacate {
	int pid;
	bool moves_shared; /* the caller may move shared pages */
	bool needless;	   /* migrate_pages does it as well, and faster */
	struct sb_crew crew;
};

/* Pages in pairs of nodes add up to total, if progress is wanted. */
struct sb_vacate sb_vacate_of(int pid, bool moves_shared, const struct strictbind_options *options,
			      unsigned long total);

/* False when the caller wants no more. */
bool sb_vacate(struct sb_vacate *vacate, int source, int target);

#endif
