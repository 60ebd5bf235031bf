/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One migrate_pages call: its arguments, and the plan for it. */
#ifndef SB_MIGRATE_REQUEST_H
#define SB_MIGRATE_REQUEST_H

#include <stdbool.h>

#include "migrate/plan.h"
#include "strictbind.h"

struct sb_migration {
	int pid;
	unsigned long maxnode;
	const unsigned long *old_nodes;
	const unsigned long *new_nodes;
	const struct strictbind_options *options;
	bool want_counts;
	struct sb_migrate_plan plan;
};

#endif
