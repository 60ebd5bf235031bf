/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the pages of a process are where they belong. */
#ifndef JUDGE_H
#define JUDGE_H

#include "process.h"

struct judge {
	bool asked; /* there is an option --nodes */
	struct nodes nodes;
	bool spread; /* pages beyond a node's share are misplaced */
};

/*
 * Of each mapping of a process that has been read: whether it is judged, by what, and how many
 * pages are misplaced. The nodes of a mapping are then those on which its pages are in their place.
 */
void judge(struct process *process, const struct judge *how);

/* How many of the pages of an interleaved mapping are due on each of its nodes. */
void judge_shares(const struct process *process, const struct mapping *mapping,
		  unsigned long *shares);

/* After judge() with spread: pages that are on one of their nodes, which has more than its share.
 */
unsigned long judge_surplus(const struct process *process, const struct mapping *mapping);

/* No thread of the process may use any of the nodes where the pages belong. */
bool judge_allowed_nowhere(const struct process *process, const struct mapping *mapping);

#endif
