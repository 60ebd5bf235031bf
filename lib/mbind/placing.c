/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mbind/placing.h"

/* Relative nodes stand for the n-th of the allowed ones, which are gone through again and again. */
static struct sb_nodeset fold(const struct sb_nodeset *wanted, const struct sb_nodeset *allowed)
{
	struct sb_nodeset folded = { .bits = { 0 } };
	int weight = sb_nodeset_weight(allowed);

	for (int node = 0; node < SB_MAX_NODES; node++)
		if (sb_nodeset_has(wanted, node))
			sb_nodeset_add(&folded, sb_nodeset_nth(allowed, node % weight));
	return folded;
}

/* The nodes that this thread's cpuset allows; false when that is not told. */
static bool find_allowed(struct sb_nodeset *allowed)
{
	return sb_nodeset_allowed(allowed) == 0 && !sb_nodeset_is_empty(allowed);
}

bool sb_nodes_tell(const struct sb_request *request)
{
	struct sb_nodeset wanted, allowed;

	sb_nodeset_read(&wanted, request->mask, request->maxnode);
	if (sb_nodeset_is_empty(&wanted))
		return false;
	if (!(request->mode & SB_MPOL_F_RELATIVE_NODES))
		return true;
	if (!find_allowed(&allowed))
		return false;
	allowed = fold(&wanted, &allowed);
	return sb_nodeset_equal(&allowed, &wanted);
}

bool sb_may_place_outside(const struct sb_request *request)
{
	return request->plan.outside_again && sb_nodes_tell(request);
}

static bool find_local(struct sb_nodeset *placed)
{
	unsigned cpu, node;

	if (sb_syscall(SYS_getcpu, (long)(uintptr_t)&cpu, (long)(uintptr_t)&node, 0, 0, 0, 0) < 0)
		return false;
	*placed = (struct sb_nodeset){ .bits = { 0 } };
	sb_nodeset_add(placed, (int)node);
	return true;
}

/* The mode and the nodes that govern the range now: of MPOL_DEFAULT, those of the thread. */
static bool find_policy(const struct sb_request *request, int *mode, struct sb_nodeset *wanted)
{
	*mode = request->mode;
	sb_nodeset_read(wanted, request->mask, request->maxnode);
	return request->plan.governed ||
	       sb_sys_get_mempolicy(mode, wanted->bits, SB_MAX_NODES, 0, 0) == 0;
}

bool sb_placing_find(const struct sb_request *request, struct sb_nodeset *placed,
		     struct sb_nodeset *targets)
{
	int mode;

	if (!find_policy(request, &mode, placed))
		return false;
	if (!find_allowed(targets))
		return false;
	if (sb_nodeset_is_empty(placed))
		return find_local(placed);
	if (mode & SB_MPOL_F_RELATIVE_NODES)
		*placed = fold(placed, targets);
	sb_nodeset_intersect(targets, placed);
	return true;
}
