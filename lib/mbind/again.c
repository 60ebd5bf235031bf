/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mbind/again.h"
#include "mbind/placing.h"
#include "mbind/strict.h"
#include "pages/file_blocks.h"
#include "pages/move_list.h"
#include "pages/rss.h"
#include "pages/scan.h"

static void walk_misplaced(struct sb_move_list *list, const struct sb_request *request)
{
	struct sb_misplaced_parts parts = sb_misplaced_parts_of(request, list->start, list->end);

	while (!list->refused && sb_misplaced_parts_next(&parts))
		sb_move_list_walk(list, parts.start, parts.end);
}

/* ---- pages that move_pages does not find ---- */

/* So often a policy is set again when the kernel has no memory for it. */
#define TRIES 1000

/*
 * Moves pages whose policy may place them outside N under one that may not, and gives them their
 * own back. Who faults a page in meanwhile gets one of N, too.
 */
static void move_bound(const struct sb_request *request, const struct sb_nodeset *nodes,
		       unsigned long start, unsigned long end)
{
	if (sb_sys_mbind(start, end - start, SB_MPOL_BIND, nodes->bits, SB_MAX_NODES + 1,
			 request->flags & SB_MF_ANY_MOVE) < 0)
		return;
	for (int tries = 0; tries < TRIES && sb_bind_part(request, start, end, 0) == -ENOMEM;
	     tries++)
		sb_sys_sched_yield();
}

static bool is_hidden(const struct sb_extent *page)
{
	return page->seen == SB_SEEN_HIDDEN || page->seen == SB_SEEN_HIDDEN_OR_NOBODYS ||
	       page->seen == SB_SEEN_UNTOLD;
}

/* Moves each stretch of such pages in one. */
static void move_hidden(const struct sb_request *request, const struct sb_nodeset *nodes,
			unsigned long start, unsigned long end)
{
	unsigned long from = 0, to = 0; /* the stretch so far */
	struct sb_extent page;
	struct sb_scan scan;

	sb_scan_pages(&scan, 0, start, end);
	while (sb_scan_next(&scan, &page)) {
		if (!is_hidden(&page))
			continue;
		if (page.address != to) {
			if (from < to)
				move_bound(request, nodes, from, to);
			from = page.address;
		}
		to = page.address + page.pages * sb_page_size();
	}
	sb_scan_close(&scan);
	if (from < to)
		move_bound(request, nodes, from, to);
}

static void move_hidden_pages(const struct sb_request *request, const struct sb_nodeset *nodes,
			      unsigned long start, unsigned long end)
{
	struct sb_misplaced_parts parts = sb_misplaced_parts_of(request, start, end);

	while (sb_misplaced_parts_next(&parts))
		move_hidden(request, nodes, parts.start, parts.end);
}

/* ---- all ---- */

static void move_again(const struct sb_request *request, unsigned long start, unsigned long end)
{
	struct sb_move_list list = {
		.start = start,
		.end = end,
		.flags = request->flags & SB_MF_MOVE_ALL ? SB_MF_MOVE_ALL : SB_MF_MOVE,
	};

	if (!sb_placing_find(request, &list.placed, &list.targets))
		return;
	/* Where STRICT says nothing, large ranges may be empty, or holes. */
	if (sb_strict_tells(request))
		walk_misplaced(&list, request);
	else if (end - start > sb_resident_bytes())
		sb_move_list_walk_vmas(&list);
	else
		sb_move_list_walk(&list, start, end);
	sb_move_list_flush(&list);
	if (request->plan.hidden_again && sb_nodes_tell(request))
		move_hidden_pages(request, &list.targets, start, end);
}

/* Returns whether huge pages of files were taken out of the page table, as mbind does it too. */
static bool move_again_and_map(const struct sb_request *request, unsigned long start,
			       unsigned long end)
{
	struct sb_file_blocks blocks = { .mapped = 0 };

	if (sb_file_blocks_fit(start, end))
		sb_file_blocks_note(&blocks, start, end);
	move_again(request, start, end);
	return sb_file_blocks_map_again(&blocks);
}

/*
 * A huge page of a file that finds no room is split, and taken out of the page table before its
 * pages are moved one by one. Mapped again, they can be.
 */
void sb_move_again(const struct sb_request *request, unsigned long start, unsigned long end)
{
	if (move_again_and_map(request, start, end))
		move_again_and_map(request, start, end);
}
