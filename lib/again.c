/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "again.h"
#include "dirty.h"
#include "nodeset.h"
#include "pages.h"
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

/* The nodes on which the policy places pages; the caller's own when it names none. */
static bool find_placed(const struct sb_bind *bind, struct sb_nodeset *placed)
{
	struct sb_nodeset wanted, allowed;
	unsigned cpu, node;

	*placed = (struct sb_nodeset){ .bits = { 0 } };
	sb_nodeset_read(&wanted, bind->mask, bind->maxnode);
	if (sb_nodeset_is_empty(&wanted)) {
		if (sb_syscall(SYS_getcpu, (long)(uintptr_t)&cpu, (long)(uintptr_t)&node, 0, 0, 0,
			       0) < 0)
			return false;
		sb_nodeset_add(placed, (int)node);
		return true;
	}
	if (sb_nodeset_allowed(&allowed) < 0 || sb_nodeset_is_empty(&allowed))
		return false;
	if (bind->mode & SB_MPOL_F_RELATIVE_NODES) {
		add_relative(placed, &wanted, &allowed);
		return true;
	}
	*placed = wanted;
	sb_nodeset_intersect(placed, &allowed);
	return true;
}

void sb_move_again(const struct sb_bind *bind, unsigned long start, unsigned long end)
{
	struct again again = {
		.flags = bind->flags & SB_MF_MOVE_ALL ? SB_MF_MOVE_ALL : SB_MF_MOVE,
		.huge = sb_huge_size(),
	};
	struct sb_walk walk = { .visit = visit, .context = &again };
	struct sb_dirty dirty = sb_dirty_of(bind, start, end);

	if (!find_placed(bind, &again.placed))
		return;
	again.target = sb_nodeset_nth(&again.placed, 0);
	while (again.target >= 0 && sb_dirty_next(&dirty))
		sb_walk_pages(&walk, dirty.start, dirty.end);
}

void sb_migrate_again(int pid, int source, int target)
{
	struct sb_nodeset sources = { .bits = { 0 } };
	struct again again = {
		.pid = pid,
		.target = target,
		.flags = SB_MF_MOVE,
		.huge = sb_huge_size(),
	};
	struct sb_walk walk = { .pid = pid, .visit = visit, .context = &again };
	struct sb_vmas vmas;

	sb_nodeset_add(&sources, source);
	again.placed = sources;
	sb_nodeset_invert(&again.placed);
	if (sb_vmas_open(&vmas, pid, &sources) < 0)
		return;
	while (sb_vmas_next(&vmas))
		sb_walk_pages(&walk, vmas.start, vmas.end);
	sb_vmas_close(&vmas);
}
