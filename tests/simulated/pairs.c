/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pairs.h"

static int list_members(const struct fake_nodes *set, int *members)
{
	int count = 0;

	for (int node = 0; node < FAKE_MAX_NODES; node++)
		if (fake_has(set, node))
			members[count++] = node;
	return count;
}

struct plan {
	int count;
	struct pair wanted[FAKE_MAX_NODES]; /* by source */
	bool taken[FAKE_MAX_NODES];
};

/* Who goes where, the order aside. */
static void make_plan(struct plan *plan, const struct fake_nodes *from, const struct fake_nodes *to)
{
	int sources[FAKE_MAX_NODES], targets[FAKE_MAX_NODES];
	int source_count = list_members(from, sources);
	int target_count = list_members(to, targets);

	plan->count = 0;
	for (int i = 0; i < source_count && target_count > 0; i++) {
		int target = targets[i % target_count];

		if (source_count != target_count && fake_has(to, sources[i]))
			continue;
		if (target == sources[i])
			continue;
		plan->taken[plan->count] = false;
		plan->wanted[plan->count++] = (struct pair){ sources[i], target };
	}
}

/*
 * The first pair whose target is not waiting to be emptied; the last one when there is no such.
 * Nodes that stay as they are wait for ever.
 */
static int choose(const struct plan *plan, const struct fake_nodes *waiting)
{
	int last = -1;

	for (int i = 0; i < plan->count; i++) {
		if (plan->taken[i])
			continue;
		last = i;
		if (!fake_has(waiting, plan->wanted[i].target))
			break;
	}
	return last;
}

int pairs_of(const struct fake_nodes *from, const struct fake_nodes *to, struct pair *pairs)
{
	struct fake_nodes waiting = *from;
	struct plan plan;
	int count = 0;

	make_plan(&plan, from, to);
	for (int i = choose(&plan, &waiting); i >= 0; i = choose(&plan, &waiting)) {
		plan.taken[i] = true;
		fake_remove(&waiting, plan.wanted[i].source);
		pairs[count++] = plan.wanted[i];
	}
	return count;
}
