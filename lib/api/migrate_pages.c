/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/abi.h"
#include "migrate/migrate.h"

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
		sb_write_report(report, &tally);
	return sb_result(result);
}

SB_EXPORT long strictbind_migrate_pages(int pid, unsigned long maxnode,
					const unsigned long *old_nodes,
					const unsigned long *new_nodes)
{
	return strictbind_migrate_pages_opt(pid, maxnode, old_nodes, new_nodes, NULL, NULL);
}
