/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <limits.h>

#include "api/abi.h"
#include "check/check.h"
#include "migrate/migrate.h"
#include "pages/move_list.h"

/*
 * The pages that the tally counts, one by one. Those on a node that others were moved to cannot be
 * told from these. Returns how many ranges they are.
 * Not a part of its caller, which would take more of the stack.
 */
__attribute__((noinline)) static unsigned long find_ranges(const struct sb_migration *migration,
							   const struct sb_tally *tally)
{
	struct sb_ranges ranges = sb_ranges_of(migration->options);
	struct sb_nodeset placed, targets;
	struct sb_check check = {
		.pid = migration->pid,
		.end = ULONG_MAX,
		.placed = &placed,
		.targets = &targets,
		.tried = true,
		.moves_shared = sb_may_move_shared(),
		.ranges = &ranges,
	};

	if (!migration->options->ranges || (!tally->unmoved.most && !tally->shared.most))
		return 0;
	sb_nodeset_read(&placed, migration->old_nodes, migration->maxnode);
	sb_nodeset_read(&targets, migration->new_nodes, migration->maxnode);
	sb_nodeset_invert(&placed);
	sb_nodeset_unite(&placed, &targets);
	sb_check(&check);
	return ranges.count;
}

SB_EXPORT long strictbind_migrate_pages_opt(int pid, unsigned long maxnode,
					    const unsigned long *old_nodes,
					    const unsigned long *new_nodes,
					    const struct strictbind_options *options,
					    struct strictbind_report *report)
{
	struct strictbind_options known;
	struct sb_migration migration = {
		.pid = pid,
		.maxnode = maxnode,
		.old_nodes = old_nodes,
		.new_nodes = new_nodes,
		.options = &known,
		.want_counts = report != NULL,
	};
	struct sb_tally tally = { .failed = false };
	long result = sb_take_options(options, report, &known);

	if (result < 0)
		return sb_result(result);
	result = sb_migrate(&migration, &tally);
	if (report)
		sb_write_report(report, &tally, find_ranges(&migration, &tally));
	return sb_result(result);
}

SB_EXPORT long strictbind_migrate_pages(int pid, unsigned long maxnode,
					const unsigned long *old_nodes,
					const unsigned long *new_nodes)
{
	return strictbind_migrate_pages_opt(pid, maxnode, old_nodes, new_nodes, NULL, NULL);
}
