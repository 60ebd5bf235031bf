/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moving the pages of a process off a node in chunks, with move_pages, before migrate_pages is
 * called: so nobody waits for long, threads can share the work, and progress can be told. What
 * cannot be moved this way is left to migrate_pages itself.
 */
#ifndef SB_MIGRATE_BATCHES_H
#define SB_MIGRATE_BATCHES_H

#include "migrate/migrate.h"
#include "work/threads.h"

struct sb_batches {
	int pid;
	bool moves_shared; /* the caller may move shared pages */
	bool one_thread;
	bool only_together; /* one thread alone is slower than migrate_pages */
	struct sb_threads threads;
};

/* Pages in pairs of nodes add up to total, if progress is wanted. */
struct sb_batches sb_batches_of(const struct sb_migration *migration, bool moves_shared,
				unsigned long total);

/* False when the caller wants no more. */
bool sb_move_batches(struct sb_batches *batches, int source, int target);

#endif
