/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "migrate/batches.h"

#include <errno.h>

#include "pages/numa_maps.h"

struct pair {
	int source;
	int target;
};

struct sb_batches sb_migrate_batches_of(const struct sb_migration *migration, bool moves_shared,
					unsigned long total)
{
	struct sb_batches batches = sb_batches_of(migration->pid, migration->options);

	batches.moves_shared = moves_shared;
	batches.one_thread = migration->plan.one_thread;
	/* When threads are all that was asked for, migrate_pages is faster than one alone. */
	batches.only_together = migration->plan.only_together;
	batches.threads.total = total;
	return batches;
}

static int target_of(const void *context, const struct sb_extent *page)
{
	const struct pair *pair = context;

	return page->node == pair->source ? pair->target : -1;
}

static void run_all(struct sb_batches *batches, struct sb_vmas *vmas)
{
	while (sb_batches_result(batches) == 0 && sb_vmas_next(vmas)) {
		if (sb_batches_too_sparse(vmas->start, vmas->end, vmas->pages))
			sb_batches_skip(batches, vmas->pages);
		else
			sb_batches_add(batches, vmas->start, vmas->end, vmas->pages);
	}
	sb_batches_run(batches);
}

bool sb_move_batches(struct sb_batches *batches, int source, int target)
{
	struct pair pair = { source, target };
	struct sb_nodeset sources = { .bits = { 0 } };
	struct sb_vmas vmas;

	if ((batches->only_together && sb_batches_threads(batches) == 1) ||
	    sb_batches_begin(batches) < 0)
		return true;
	batches->target_of = target_of;
	batches->context = &pair;
	sb_nodeset_add(&sources, source);
	if (sb_vmas_open(&vmas, batches->pid, &sources) == 0) {
		run_all(batches, &vmas);
		sb_vmas_close(&vmas);
	}
	sb_batches_end(batches);
	if (sb_batches_result(batches) == -ECANCELED)
		return false;
	atomic_store(&batches->threads.result, 0);
	return true;
}
