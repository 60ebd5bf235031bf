/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "migrate/node_pairs.h"

struct sb_nodepairs sb_nodepairs_of(const struct sb_nodeset *from, const struct sb_nodeset *to)
{
	return (struct sb_nodepairs){ .from = *from, .to = *to, .left = *from };
}

/* How many members of the set are below node. */
static int rank_of(const struct sb_nodeset *set, int node)
{
	int rank = 0;

	for (int i = 0; i < node; i++)
		rank += sb_nodeset_has(set, i);
	return rank;
}

/* The n-th node of from goes to the n-th of to, which is gone through again when it is smaller. */
static int target_of(const struct sb_nodepairs *pairs, int source, int to_weight)
{
	return sb_nodeset_nth(&pairs->to, rank_of(&pairs->from, source) % to_weight);
}

/*
 * Relative placement is kept where both sets have the same size; else nodes of both sets stay as
 * they are. A node whose target still waits to be emptied itself comes after that one, so that no
 * page moves twice.
 */
bool sb_nodepairs_next(struct sb_nodepairs *pairs, int *source, int *target)
{
	int to_weight = sb_nodeset_weight(&pairs->to);
	bool same_size = sb_nodeset_weight(&pairs->from) == to_weight;
	bool found = false;

	for (int node = 0; node < SB_MAX_NODES && to_weight > 0; node++) {
		int goal;

		if (!sb_nodeset_has(&pairs->left, node))
			continue;
		if (!same_size && sb_nodeset_has(&pairs->to, node))
			continue;
		goal = target_of(pairs, node, to_weight);
		if (goal == node)
			continue;
		found = true;
		*source = node;
		*target = goal;
		if (!sb_nodeset_has(&pairs->left, goal))
			break;
	}
	if (found)
		sb_nodeset_remove(&pairs->left, *source);
	return found;
}
