/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages/move_list.h"
#include "core/huge_size.h"
#include "core/page.h"
#include "pages/numa_maps.h"
#include "pages/room.h"
#include "pages/scan.h"

#define NO_TARGET (-1)
/*
 * So many pages that do not move to one target are tried with the others all the same. They may
 * have been in use for a moment only, or the target full, which it no longer is.
 */
#define STUCK_TRIES 64
/* In the place of a status that move_pages has not written; no errno is as large. */
#define NOT_WRITTEN (-4096)

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
 * none of them gets a status, and the call ends: what comes behind them has not been tried. The
 * result is no help: some kernels, as 5.10, leave one out of those that did not move at the end of
 * the list, and say 0 when that was all.
 */
static struct told call_kernel(const struct sb_move_list *list, const unsigned long *addresses,
			       unsigned count, int target)
{
	struct told told = { .settled = 0 };
	int nodes[SB_MOVE_LIST];
	int status[SB_MOVE_LIST];

	for (unsigned i = 0; i < count; i++) {
		nodes[i] = target;
		status[i] = NOT_WRITTEN;
	}
	told.result = sb_sys_move_pages(list->pid, count, addresses, nodes, status, list->flags);
	while (told.settled < count && status[told.settled] != NOT_WRITTEN)
		told.settled++;
	while (told.settled + told.tried < count &&
	       status[told.settled + told.tried] == NOT_WRITTEN)
		told.tried++;
	return told;
}

/* Whether the kernel can isolate the page, and yet not move it there. */
static bool is_stuck(const struct sb_move_list *list, unsigned long address, int target)
{
	struct told told = call_kernel(list, &address, 1, target);

	return (told.result >= 0 || told.result == -ENOMEM) && told.tried == 1;
}

/*
 * Whether two pages, of which the first is stuck, are of one huge page: they are on one node, and
 * while the first is isolated the second cannot be, and alone it can.
 */
static bool are_one(const struct sb_move_list *list, unsigned long first, unsigned long second,
		    int target)
{
	unsigned long both[] = { first, second };
	int nodes[] = { -1, -1 };
	struct told told;

	if (sb_sys_move_pages(list->pid, 2, both, NULL, nodes, 0) < 0 || nodes[0] < 0 ||
	    nodes[0] != nodes[1])
		return false;
	told = call_kernel(list, both, 2, target);
	return told.settled == 0 && told.tried == 1 && is_stuck(list, second, target);
}

static bool is_hugetlb(const struct sb_move_list *list, unsigned long address)
{
	return list->pid || sb_stretch_meets(&list->hugetlb, address, address + 1);
}

/* Whether the stuck page's aligned block of this size is one: then it is skipped. */
static bool skip_block(struct sb_move_list *list, unsigned long stuck, unsigned long size,
		       int target)
{
	unsigned long end = sb_min((stuck | (size - 1)) + 1, list->end);

	if (end <= list->skip || !are_one(list, stuck, end - sb_page_size(), target))
		return false;
	list->skip = end;
	return true;
}

/*
 * A page was stuck, and there is one behind it. When both are of one huge page, every page of that
 * would be tried alone, in vain: skips it.
 */
static void skip_huge(struct sb_move_list *list, unsigned long stuck, unsigned long behind,
		      int target)
{
	unsigned long page = sb_page_size(), size = sb_huge_size();

	if (behind != stuck + page || !are_one(list, stuck, behind, target))
		return;
	list->skip = behind + page;
	while (size > 2 * page && !skip_block(list, stuck, size, target))
		size /= 2;
	/* Pages of hugetlb may be larger. */
	while (size > 2 * page && is_hugetlb(list, stuck) &&
	       skip_block(list, stuck, size * 2, target))
		size *= 2;
}

/* Keeps those of the pages [from, to) that are misplaced, behind the kept ones. Returns how many
 * are kept. */
static unsigned keep_misplaced(struct sb_move_list *list, unsigned from, unsigned to, unsigned kept)
{
	int nodes[SB_MOVE_LIST];

	if (from == to ||
	    sb_sys_move_pages(list->pid, to - from, list->addresses + from, NULL, nodes, 0) < 0)
		return kept;
	for (unsigned i = from; i < to; i++)
		if (nodes[i - from] >= 0 && !sb_nodeset_has(&list->placed, nodes[i - from]))
			list->addresses[kept++] = list->addresses[i];
	return kept;
}

/* Whether pages that do not move to this target are tried with another that is as good. */
static bool tries_stuck(const struct sb_move_list *list, int target)
{
	for (int node = target + 1; node < SB_MAX_NODES && list->stuck < STUCK_TRIES; node++)
		if (sb_nodeset_has(&list->targets, node) &&
		    sb_nodeset_has(&list->placed, node) == sb_nodeset_has(&list->placed, target) &&
		    !sb_nodeset_has(&list->full, node))
			return true;
	return false;
}

static unsigned keep_stuck(struct sb_move_list *list, unsigned from, unsigned to, unsigned kept)
{
	unsigned with_them = keep_misplaced(list, from, to, kept);

	list->stuck += with_them - kept;
	return with_them;
}

/* Whether no other target is left to be tried. */
static bool is_last_target(const struct sb_move_list *list, int target)
{
	for (int node = 0; node < SB_MAX_NODES; node++)
		if (node != target && sb_nodeset_has(&list->targets, node) &&
		    !sb_nodeset_has(&list->full, node))
			return false;
	return true;
}

/* Notes that a target has no room. */
static void note_full(struct sb_move_list *list, int target)
{
	if (sb_nodeset_is_empty(&list->full) && list->pid == 0)
		sb_hugetlb_find(list->start, list->end, &list->hugetlb);
	sb_nodeset_add(&list->full, target);
}

/* Whether a full node is worth trying all the same. */
static bool has_hugetlb(const struct sb_move_list *list)
{
	for (unsigned i = 0; i < list->count; i++)
		if (is_hugetlb(list, list->addresses[i]))
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
static enum verdict judge(struct sb_move_list *list, const struct told *told, int target)
{
	bool no_room = told->result == -ENOMEM;

	if (!no_room && is_last_target(list, target))
		return CANNOT_MOVE;
	if (sb_has_room(target, 1))
		return no_room ? NO_ROOM : CANNOT_MOVE;
	note_full(list, target);
	return FULL;
}

/*
 * Leaves in the list the pages that may yet move elsewhere. Where there is room for some of several
 * pages they are tried one by one: the kernel gives up at the first that finds none.
 */
static void move_to(struct sb_move_list *list, int target)
{
	unsigned kept = 0;
	unsigned at = 0;
	unsigned alone = 0; /* pages below are tried one by one */

	while (at < list->count) {
		unsigned count = at < alone ? 1 : list->count - at;
		struct told told = call_kernel(list, list->addresses + at, count, target);
		enum verdict verdict;
		unsigned end;

		if (told.result < 0 && told.result != -ENOMEM) {
			/* A node without memory is one that has no room. */
			list->refused = told.result != -ENODEV;
			return;
		}
		at += told.settled;
		end = at + told.tried;
		if (told.settled + told.tried == 0)
			break;
		if (told.tried == 0)
			continue;
		verdict = judge(list, &told, target);
		if (verdict == NO_ROOM && told.tried > 1) {
			alone = end;
			continue;
		}
		if (verdict == FULL && !has_hugetlb(list))
			end = list->count;
		if (verdict != CANNOT_MOVE)
			kept = keep_misplaced(list, at, end, kept);
		else if (tries_stuck(list, target))
			kept = keep_stuck(list, at, end, kept);
		if (end < list->count)
			skip_huge(list, list->addresses[end - 1], list->addresses[end], target);
		at = end;
		while (at < list->count && list->addresses[at] < list->skip)
			at++;
	}
	list->count = kept;
}

static void place_on(struct sb_move_list *list, bool in_place)
{
	for (int node = 0; node < SB_MAX_NODES && list->count > 0 && !list->refused; node++)
		if (sb_nodeset_has(&list->targets, node) &&
		    sb_nodeset_has(&list->placed, node) == in_place &&
		    (!sb_nodeset_has(&list->full, node) || has_hugetlb(list)))
			move_to(list, node);
}

/* Where the policy names no node, a page that finds no room on the caller's own may go elsewhere.
 */
void sb_move_list_flush(struct sb_move_list *list)
{
	place_on(list, true);
	place_on(list, false);
	list->count = 0;
}

bool sb_may_move_shared(void)
{
	return sb_sys_mbind(0, 0, SB_MPOL_DEFAULT, NULL, 0, SB_MF_MOVE_ALL) == 0;
}

/* ---- pages ---- */

/* Whether no node has room for this page, as far as is known. */
static bool is_hopeless(const struct sb_move_list *list, unsigned long address)
{
	return !sb_nodeset_is_empty(&list->full) && is_last_target(list, NO_TARGET) &&
	       !is_hugetlb(list, address);
}

static bool is_wanted(const struct sb_move_list *list, const struct sb_extent *page)
{
	bool left_alone = page->sharing == SB_SHARED && !(list->flags & SB_MF_MOVE_ALL);

	return page->seen == SB_SEEN_PRESENT && !left_alone && page->address >= list->skip &&
	       !sb_nodeset_has(&list->placed, page->node) && !is_hopeless(list, page->address);
}

void sb_move_list_walk(struct sb_move_list *list, unsigned long start, unsigned long end)
{
	struct sb_extent page;
	struct sb_scan scan;

	if (list->refused)
		return;
	sb_scan_pages(&scan, list->pid, start, end);
	while (!list->refused && sb_scan_next(&scan, &page)) {
		if (!is_wanted(list, &page))
			continue;
		list->addresses[list->count++] = page.address;
		if (list->count == SB_MOVE_LIST)
			sb_move_list_flush(list);
	}
	sb_scan_close(&scan);
}

/* Mappings with pages on other nodes than those where pages are in place. */
void sb_move_list_walk_vmas(struct sb_move_list *list)
{
	struct sb_nodeset elsewhere = list->placed;
	struct sb_vmas vmas;

	sb_nodeset_invert(&elsewhere);
	if (sb_vmas_open(&vmas, list->pid, &elsewhere) < 0)
		return;
	while (sb_vmas_next(&vmas)) {
		unsigned long from = sb_max(list->start, vmas.start);
		unsigned long to = sb_min(list->end, vmas.end);

		if (from < to)
			sb_move_list_walk(list, from, to);
	}
	sb_vmas_close(&vmas);
}
