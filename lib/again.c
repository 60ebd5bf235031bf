/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <limits.h>

#include "again.h"
#include "dirty.h"
#include "nodeset.h"
#include "pages.h"
#include "resident.h"
#include "vmas.h"

/*
 * Which pages are worth a try is not told. When so many in a row cannot be moved in the space
 * of one, they are there for another reason.
 */
#define MOST_FAILURES 8

struct again {
	int pid;		  /* 0 for the caller */
	struct sb_nodeset placed; /* where pages are in place */
	int target;
	unsigned flags;
	unsigned long huge; /* bytes of a huge page */
	unsigned long block;
	unsigned failures; /* in this block */
};

static bool visit(void *context, const struct sb_page *page)
{
	struct again *again = context;
	bool movable = again->flags & SB_MF_MOVE_ALL || (page->told && page->exclusive);
	int status = -EBUSY;

	if (page->node < 0 || !movable || sb_nodeset_has(&again->placed, page->node))
		return true;
	if (again->block != page->address / again->huge) {
		again->block = page->address / again->huge;
		again->failures = 0;
	}
	if (again->failures == MOST_FAILURES)
		return true;
	sb_sys_move_pages(again->pid, 1, &page->address, &again->target, &status, again->flags);
	again->failures = status >= 0 ? 0 : again->failures + 1;
	return true;
}

/* Relative nodes stand for the n-th of the allowed ones, which are gone through again and again. */
static void add_relative(struct sb_nodeset *placed, const struct sb_nodeset *wanted,
			 const struct sb_nodeset *allowed)
{
	int weight = sb_nodeset_weight(allowed);

	for (int node = 0; node < SB_MAX_NODES; node++)
		if (sb_nodeset_has(wanted, node))
			sb_nodeset_add(placed, sb_nodeset_nth(allowed, node % weight));
}

static bool add_local(struct sb_nodeset *placed)
{
	unsigned cpu, node;

	if (sb_syscall(SYS_getcpu, (long)(uintptr_t)&cpu, (long)(uintptr_t)&node, 0, 0, 0, 0) < 0)
		return false;
	sb_nodeset_add(placed, (int)node);
	return true;
}

/* The mode and the nodes that govern the range now: of MPOL_DEFAULT, those of the thread. */
static bool find_policy(const struct sb_bind *bind, int *mode, struct sb_nodeset *wanted)
{
	*mode = bind->mode;
	sb_nodeset_read(wanted, bind->mask, bind->maxnode);
	return !sb_bind_is_default(bind) ||
	       sb_sys_get_mempolicy(mode, wanted->bits, SB_MAX_NODES, 0, 0) == 0;
}

/* The nodes on which the policy places pages; the caller's own when it names none. */
static bool find_placed(const struct sb_bind *bind, struct sb_nodeset *placed)
{
	struct sb_nodeset wanted, allowed;
	int mode;

	*placed = (struct sb_nodeset){ .bits = { 0 } };
	if (!find_policy(bind, &mode, &wanted))
		return false;
	if (sb_nodeset_is_empty(&wanted))
		return add_local(placed);
	if (sb_nodeset_allowed(&allowed) < 0 || sb_nodeset_is_empty(&allowed))
		return false;
	if (mode & SB_MPOL_F_RELATIVE_NODES) {
		add_relative(placed, &wanted, &allowed);
		return true;
	}
	*placed = wanted;
	sb_nodeset_intersect(placed, &allowed);
	return true;
}

/* The pages that a process has on other nodes than these, between start and end. */
static void walk_misplaced(const struct sb_walk *walk, const struct sb_nodeset *placed,
			   unsigned long start, unsigned long end)
{
	struct sb_nodeset elsewhere = *placed;
	struct sb_vmas vmas;

	sb_nodeset_invert(&elsewhere);
	if (sb_vmas_open(&vmas, walk->pid, &elsewhere) < 0)
		return;
	while (sb_vmas_next(&vmas)) {
		unsigned long from = sb_max(start, vmas.start);
		unsigned long to = sb_min(end, vmas.end);

		if (from < to)
			sb_walk_pages(walk, from, to);
	}
	sb_vmas_close(&vmas);
}

static void walk_dirty(const struct sb_walk *walk, const struct sb_bind *bind, unsigned long start,
		       unsigned long end)
{
	struct sb_dirty dirty = sb_dirty_of(bind, start, end);

	while (sb_dirty_next(&dirty))
		sb_walk_pages(walk, dirty.start, dirty.end);
}

void sb_move_again(const struct sb_bind *bind, unsigned long start, unsigned long end)
{
	struct again again = {
		.flags = bind->flags & SB_MF_MOVE_ALL ? SB_MF_MOVE_ALL : SB_MF_MOVE,
		.huge = sb_huge_size(),
	};
	struct sb_walk walk = { .visit = visit, .context = &again };

	if (!find_placed(bind, &again.placed))
		return;
	again.target = sb_nodeset_nth(&again.placed, 0);
	if (again.target < 0)
		return;
	/* STRICT says nothing of MPOL_DEFAULT. Large ranges may be empty, or holes. */
	if (!sb_bind_is_default(bind))
		walk_dirty(&walk, bind, start, end);
	else if (end - start > sb_resident_bytes())
		walk_misplaced(&walk, &again.placed, start, end);
	else
		sb_walk_pages(&walk, start, end);
}

void sb_migrate_again(int pid, int source, int target)
{
	struct again again = {
		.pid = pid,
		.target = target,
		.flags = SB_MF_MOVE,
		.huge = sb_huge_size(),
	};
	struct sb_walk walk = { .pid = pid, .visit = visit, .context = &again };

	sb_nodeset_add(&again.placed, source);
	sb_nodeset_invert(&again.placed);
	walk_misplaced(&walk, &again.placed, 0, ULONG_MAX);
}
