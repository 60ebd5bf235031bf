/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pairs of nodes of a migrate_pages call, in the order in which the kernel takes them. */
#ifndef SB_MIGRATE_NODE_PAIRS_H
#define SB_MIGRATE_NODE_PAIRS_H

#include <stdbool.h>

#include "core/nodeset.h"

struct sb_nodepairs {
	struct sb_nodeset from;
	struct sb_nodeset to;
	struct sb_nodeset left; /* nodes of from that are still to be emptied */
};

/* to: those of the new nodes that the caller's cpuset allows. */
struct sb_nodepairs sb_nodepairs_of(const struct sb_nodeset *from, const struct sb_nodeset *to);

/* The next pair; false after the last. */
bool sb_nodepairs_next(struct sb_nodepairs *pairs, int *source, int *target);

#endif
