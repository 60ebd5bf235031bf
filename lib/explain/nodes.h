/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_EXPLAIN_NODES_H
#define SB_EXPLAIN_NODES_H

#include "core/nodeset.h"
#include "explain/failure.h"

/* Which nodes there are. What is not known is empty. */
struct sb_known_nodes {
	struct sb_nodeset online;
	struct sb_nodeset memory;
	struct sb_nodeset allowed; /* for this thread, or for another process */
	int pid;		   /* whose they are */
};

/* For pid 0 those of this thread. */
void sb_known_nodes(struct sb_known_nodes *known, int pid);

/* Says why the lowest of these nodes that may not be used may not. There is one. */
enum strictbind_cause sb_explain_node(const struct sb_failure *failure,
				      const struct sb_known_nodes *known,
				      const struct sb_nodeset *named);

/* Whether any node in the set may be used, and whether all may. */
bool sb_any_usable(const struct sb_known_nodes *known, const struct sb_nodeset *named);
bool sb_all_usable(const struct sb_known_nodes *known, const struct sb_nodeset *named);

#endif
