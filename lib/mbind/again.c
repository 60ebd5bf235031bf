/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <limits.h>

#include "core/nodeset.h"
#include "mbind/again.h"
#include "mbind/clean.h"
#include "mbind/placing.h"
#include "pages/hugetlb.h"
#include "pages/numa_maps.h"
#include "pages/room.h"
#include "pages/rss.h"
#include "pages/scan.h"

/* Pages handed to move_pages in one call. On the stack, with what goes with them: 1 KiB. */
#define LIST 64
#define NO_TARGET (-1)
/* In the place of a status that move_pages has not written; no errno is as large. */
#define NOT_WRITTEN (-4096)

struct again {
	int pid;		   /* 0 for the caller */
	struct sb_nodeset placed;  /* where pages are in place */
	struct sb_nodeset targets; /* where they may be moved to; first to those in placed */
	struct sb_nodeset full;	   /* targets that have no room for a base page */
	struct sb_stretch
		hugetlb; /* pages in here have room of their own; known once one is full */
	unsigned long start;
	unsigned long end;
	unsigned flags;
	bool refused;	    /* move_pages itself is */
	unsigned long skip; /* pages below belong to a huge page that cannot be moved */
	unsigned count;
	unsigned long addresses[LIST];
};

/* ---- a list of pages to one node ---- */

/* What a call of move_pages tells of the pages it was given, from the first on. */
struct told {
	long result;
	unsigned settled; /* they have a status: in place, or not to be moved at all */
	unsigned tried; /* behind those, without a status: some of them have moved, some have not */
};

/*
 * From 4.17 on move_pages collects pages until it meets one that it cannot isolate, writes the
 * status of that one, moves those it has collected, and goes on. When one of those does not move,
 * none of them gets a status, and the call ends: what comes behind them has not been tried.
 */
static struct told call_kernel(const struct again *again, const unsigned long *addresses,
			       unsigned count, int target)
{
	struct told told = { .settled = 0 };
	int nodes[LIST];
	int status[LIST];

	for (unsigned i = 0; i < count; i++) {
		nodes[i] = target;
		status[i] = NOT_WRITTEN;
	}
	told.result = sb_sys_move_pages(again->pid, count, addresses, nodes, status, again->flags);
	while (told.settled < count && (told.result == 0 || status[told.settled] != NOT_WRITTEN))
		told.settled++;
	while (told.settled + told.tried < count &&
	       status[told.settled + told.tried] == NOT_WRITTEN)
		told.tried++;
	return told;
}

/* Whether the kernel can isolate the page, and yet not move it there. */
static bool is_stuck(const struct again *again, unsigned long address, int target)
{
	struct told told = call_kernel(again, &address, 1, target);

	return (told.result > 0 || told.result == -ENOMEM) && told.tried == 1;
}

/*
 * Whether two pages, of which the first is stuck, are of one huge page: they are on one node, and
 * while the first is isolated the second cannot be, and alone it can.
 */
static bool are_one(const struct again *again, unsigned long first, unsigned long second,
		    int target)
{
	unsigned long both[] = { first, second };
	int nodes[] = { -1, -1 };
	struct told told;

	if (sb_sys_move_pages(again->pid, 2, both, NULL, nodes, 0) < 0 || nodes[0] < 0 ||
	    nodes[0] != nodes[1])
		return false;
	told = call_kernel(again, both, 2, target);
	return told.result != 0 && told.settled == 0 && told.tried == 1 &&
	       is_stuck(again, second, target);
}

/*
 * A page was stuck, and there is one behind it. When both are of one huge page, every page of that
 * would be tried alone, in vain: skips it.
 */
static void skip_huge(struct again *again, unsigned long stuck, unsigned long behind, int target)
{
	unsigned long page = sb_page_size();

	if (behind != stuck + page || !are_one(again, stuck, behind, target))
		return;
	again->skip = behind + page;
	for (unsigned long size = sb_huge_size(); size > 2 * page; size /= 2) {
		unsigned long end = sb_min((stuck | (size - 1)) + 1, again->end);

		if (end > again->skip && are_one(again, stuck, end - page, target)) {
			again->skip = end;
			return;
		}
	}
}

/* Keeps those of the pages [from, to) that are misplaced, behind the kept ones. Returns how many
 * are kept. */
static unsigned keep_misplaced(struct again *again, unsigned from, unsigned to, unsigned kept)
{
	int nodes[LIST];

	if (from == to ||
	    sb_sys_move_pages(again->pid, to - from, again->addresses + from, NULL, nodes, 0) < 0)
		return kept;
	for (unsigned i = from; i < to; i++)
		if (nodes[i - from] >= 0 && !sb_nodeset_has(&again->placed, nodes[i - from]))
			again->addresses[kept++] = again->addresses[i];
	return kept;
}

/* Whether no other target is left to be tried. */
static bool is_last_target(const struct again *again, int target)
{
	for (int node = 0; node < SB_MAX_NODES; node++)
		if (node != target && sb_nodeset_has(&again->targets, node) &&
		    !sb_nodeset_has(&again->full, node))
			return false;
	return true;
}

/* Notes that a target has no room. */
static void note_full(struct again *again, int target)
{
	if (sb_nodeset_is_empty(&again->full) && again->pid == 0)
		again->hugetlb = sb_hugetlb_stretch(again->start, again->end);
	sb_nodeset_add(&again->full, target);
}

static bool is_hugetlb(const struct again *again, unsigned long address)
{
	return again->pid || sb_stretch_meets(&again->hugetlb, address, address + 1);
}

/* Whether a full node is worth trying all the same. */
static bool has_hugetlb(const struct again *again)
{
	for (unsigned i = 0; i < again->count; i++)
		if (is_hugetlb(again, again->addresses[i]))
			return true;
	return false;
}

/* What is done about pages that a call has tried, and not moved. */
enum verdict {
	CANNOT_MOVE, /* to no node */
	NO_ROOM,     /* for them, but for others: huge ones need more */
	FULL,	     /* for no page */
};

/* Pages in use do not move, nor do pages that find no room: which was it? */
static enum verdict judge(struct again *again, const struct told *told, int target)
{
	bool no_room = told->result == -ENOMEM;

	if (!no_room && is_last_target(again, target))
		return CANNOT_MOVE;
	if (sb_has_room(target))
		return no_room ? NO_ROOM : CANNOT_MOVE;
	note_full(again, target);
	return FULL;
}

/*
 * Leaves in the list the pages that have found no room there, and may yet find it elsewhere. Where
 * there is room for some of several pages they are tried one by one: the kernel gives up at the
 * first that finds none.
 */
static void move_to(struct again *again, int target)
{
	unsigned kept = 0;
	unsigned at = 0;
	unsigned alone = 0; /* pages below are tried one by one */

	while (at < again->count) {
		unsigned count = at < alone ? 1 : again->count - at;
		struct told told = call_kernel(again, again->addresses + at, count, target);
		enum verdict verdict;
		unsigned end;

		if (told.result < 0 && told.result != -ENOMEM) {
			/* A node without memory is one that has no room. */
			again->refused = told.result != -ENODEV;
			return;
		}
		at += told.settled;
		end = at + told.tried;
		if (told.settled + told.tried == 0)
			break;
		if (told.tried == 0)
			continue;
		verdict = judge(again, &told, target);
		if (verdict == NO_ROOM && told.tried > 1) {
			alone = end;
			continue;
		}
		if (verdict == FULL && !has_hugetlb(again))
			end = again->count;
		if (verdict != CANNOT_MOVE)
			kept = keep_misplaced(again, at, end, kept);
		if (verdict != FULL && end < again->count)
			skip_huge(again, again->addresses[end - 1], again->addresses[end], target);
		at = end;
		while (at < again->count && again->addresses[at] < again->skip)
			at++;
	}
	again->count = kept;
}

static void place_on(struct again *again, bool in_place)
{
	for (int node = 0; node < SB_MAX_NODES && again->count > 0 && !again->refused; node++)
		if (sb_nodeset_has(&again->targets, node) &&
		    sb_nodeset_has(&again->placed, node) == in_place &&
		    (!sb_nodeset_has(&again->full, node) || has_hugetlb(again)))
			move_to(again, node);
}

/* Where the policy names no node, a page that finds no room on the caller's own may go elsewhere.
 */
static void place_list(struct again *again)
{
	place_on(again, true);
	place_on(again, false);
	again->count = 0;
}

/* ---- pages ---- */

/* Whether no node has room for this page, as far as is known. */
static bool is_hopeless(const struct again *again, unsigned long address)
{
	return !sb_nodeset_is_empty(&again->full) && is_last_target(again, NO_TARGET) &&
	       !is_hugetlb(again, address);
}

static bool visit(void *context, const struct sb_page *page)
{
	struct again *again = context;
	bool shared = page->told && !page->exclusive && !(again->flags & SB_MF_MOVE_ALL);

	if (page->node < 0 || shared || page->address < again->skip ||
	    sb_nodeset_has(&again->placed, page->node) || is_hopeless(again, page->address))
		return !again->refused;
	again->addresses[again->count++] = page->address;
	if (again->count == LIST)
		place_list(again);
	return !again->refused;
}

static void walk(struct again *again, unsigned long start, unsigned long end)
{
	struct sb_walk walk = { .pid = again->pid, .visit = visit, .context = again };

	if (!again->refused)
		sb_walk_pages(&walk, start, end);
}

/* Mappings with pages on other nodes than those where pages are in place. */
static void walk_misplaced(struct again *again)
{
	struct sb_nodeset elsewhere = again->placed;
	struct sb_vmas vmas;

	sb_nodeset_invert(&elsewhere);
	if (sb_vmas_open(&vmas, again->pid, &elsewhere) < 0)
		return;
	while (sb_vmas_next(&vmas)) {
		unsigned long from = sb_max(again->start, vmas.start);
		unsigned long to = sb_min(again->end, vmas.end);

		if (from < to)
			walk(again, from, to);
	}
	sb_vmas_close(&vmas);
}

static void walk_dirty(struct again *again, const struct sb_bind *bind)
{
	struct sb_dirty dirty = sb_dirty_of(bind, again->start, again->end);

	while (!again->refused && sb_dirty_next(&dirty))
		walk(again, dirty.start, dirty.end);
}

void sb_move_again(const struct sb_bind *bind, unsigned long start, unsigned long end)
{
	struct again again = {
		.start = start,
		.end = end,
		.flags = bind->flags & SB_MF_MOVE_ALL ? SB_MF_MOVE_ALL : SB_MF_MOVE,
	};

	if (!sb_placing_find(bind, &again.placed, &again.targets))
		return;
	/* Where STRICT says nothing, large ranges may be empty, or holes. */
	if (sb_clean_told(bind))
		walk_dirty(&again, bind);
	else if (end - start > sb_resident_bytes())
		walk_misplaced(&again);
	else
		walk(&again, start, end);
	place_list(&again);
}

void sb_migrate_again(int pid, int source, int target)
{
	struct again again = {
		.pid = pid,
		.end = ULONG_MAX,
		.flags = SB_MF_MOVE,
	};

	sb_nodeset_add(&again.placed, source);
	sb_nodeset_invert(&again.placed);
	sb_nodeset_add(&again.targets, target);
	walk_misplaced(&again);
	place_list(&again);
}
