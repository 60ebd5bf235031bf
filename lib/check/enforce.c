/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check/enforce.h"

#include <limits.h>

#include "check/check.h"
#include "core/huge_size.h"
#include "core/page.h"
#include "core/proc_file.h"
#include "kernel/quirks.h"
#include "pages/batches.h"
#include "pages/cpuset.h"
#include "pages/mounts.h"
#include "pages/move_list.h"
#include "pages/numa_maps.h"
#include "pages/room.h"
#include "pages/smaps.h"
#include "pages/split.h"

/* Moving the pages of one mapping after the other. */
struct moving {
	const struct sb_enforce *enforce;
	struct sb_placement placement;
	struct sb_thread_policies policies;
	bool moves_shared;
	bool spreads; /* also what is on another node of those that get pages in turn */
	struct sb_mounts mounts;
	struct sb_smaps smaps;
	struct sb_splitting splitting;
	unsigned long folio; /* base pages of the largest folio below a huge page; 0: not known */
	struct sb_batches batches;
	unsigned char weights[SB_MAX_NODES]; /* 0: not asked for yet */

	/* Of this mapping. */
	struct sb_nodeset placed;
	struct sb_nodeset targets;
	bool in_turn;		   /* the nodes have their shares of the pages, each in its turn */
	unsigned long turn;	   /* base pages that a turn gives to a node */
	unsigned long shares;	   /* of all of them */
	unsigned long first_share; /* of the node whose turn it is, */
	unsigned long end_share;   /* and what is behind its last one */
	int target;		   /* this node */
};

static int target_of(const void *context, const struct sb_extent *page)
{
	const struct moving *moving = context;
	unsigned long share = page->address / sb_page_size() / moving->turn % moving->shares;
	bool stays = moving->spreads && moving->in_turn
			     ? page->node == moving->target
			     : !sb_nodeset_has(&moving->placement.misplaced, page->node);

	if (stays || share < moving->first_share || share >= moving->end_share)
		return -1;
	return moving->target;
}

/*
 * As the kernel gives out private pages under such a policy: a node gets so many one after the
 * other.
 */
static unsigned long shares_of(struct moving *moving, int node)
{
	unsigned char *weight = &moving->weights[node];

	if (moving->placement.policy.mode != SB_MPOL_WEIGHTED_INTERLEAVE)
		return 1;
	if (!*weight)
		*weight = (unsigned char)sb_max(
			1, sb_min(UCHAR_MAX, sb_number_in(sb_node_open_weight((unsigned)node))));
	return *weight;
}

/* The first of the nodes, or each in its turn. */
static int nodes_in_turn(const struct moving *moving)
{
	return moving->in_turn ? sb_nodeset_weight(&moving->targets) : 1;
}

static void count_shares(struct moving *moving)
{
	moving->shares = 0;
	for (int i = 0; i < nodes_in_turn(moving); i++)
		moving->shares += shares_of(moving, sb_nodeset_nth(&moving->targets, i));
}

/* Whether the caller wants no more. A full node is no reason to give up. */
static bool go_on(struct moving *moving)
{
	if (sb_batches_result(&moving->batches) == -ECANCELED)
		return false;
	atomic_store(&moving->batches.threads.result, 0);
	return true;
}

/* All pages at once to one node, or to each node its part of them. */
static void move_batches(struct moving *moving, unsigned long start, unsigned long end,
			 unsigned long pages)
{
	count_shares(moving);
	moving->end_share = 0;
	for (int i = 0; i < nodes_in_turn(moving); i++) {
		moving->target = sb_nodeset_nth(&moving->targets, i);
		moving->first_share = moving->end_share;
		moving->end_share += shares_of(moving, moving->target);
		sb_batches_add(&moving->batches, start, end,
			       pages * (moving->end_share - moving->first_share) / moving->shares);
		sb_batches_run(&moving->batches);
		if (!go_on(moving))
			return;
	}
}

/* How often what finds no room is tried in all. */
enum { TRIES = 4 };

static bool has_room_again(const struct sb_move_list *list, unsigned long pages)
{
	for (int node = 0; node < SB_MAX_NODES; node++)
		if (sb_nodeset_has(&list->full, node) &&
		    sb_has_room(node, sb_max(1, sb_min(pages, SB_ROOM_PAGES))))
			return true;
	return false;
}

/*
 * What was left, one by one if need be, to whichever node has room. A node that was full may soon
 * have room again: the kernel gives back what each processor kept for itself.
 */
static void move_rest(struct moving *moving, unsigned long start, unsigned long end,
		      unsigned long pages)
{
	struct sb_move_list list;
	unsigned tries = 0;

	do {
		list = (struct sb_move_list){
			.pid = moving->enforce->pid,
			.placed = moving->placed,
			.targets = moving->targets,
			.start = start,
			.end = end,
			.flags = moving->batches.moves_shared ? SB_MF_MOVE_ALL : SB_MF_MOVE,
		};
		sb_move_list_walk(&list, start, end);
		sb_move_list_flush(&list);
		/* The caller may want no more. */
		sb_batches_skip(&moving->batches, 0);
	} while (++tries < TRIES && go_on(moving) && has_room_again(&list, pages));
}

/* ---- huge pages across two policies ---- */

/* address is that of a misplaced page, if the pages on both sides of the end may be of one folio.
 */
static void split_at(struct moving *moving, unsigned long end, unsigned long address)
{
	unsigned long sides[] = { end - sb_page_size(), end };
	int nodes[] = { -1, -1 };

	if (sb_sys_move_pages(moving->enforce->pid, 2, sides, NULL, nodes, 0) == 0 &&
	    nodes[0] >= 0 && nodes[0] == nodes[1] &&
	    sb_nodeset_has(&moving->placement.misplaced, nodes[0]))
		sb_split_folio(&moving->splitting, address);
}

/*
 * What lies across an end of the memory moves as a whole: to where one of its policies wants it,
 * and then to where the other does.
 */
static void split_ends(struct moving *moving, unsigned long start, unsigned long end)
{
	if (start % sb_huge_size())
		split_at(moving, start, start);
	if (end % sb_huge_size())
		split_at(moving, end, end - sb_page_size());
}

static void set_nodes(struct moving *moving)
{
	moving->placed = moving->placement.misplaced;
	sb_nodeset_invert(&moving->placed);
	moving->targets = moving->placed;
	sb_nodeset_intersect(&moving->targets, &moving->placement.allowed);
	moving->in_turn =
		!moving->enforce->placed && sb_policy_interleaves(&moving->placement.policy);
}

/* Huge pages of hugetlb, transparent ones and large folios go to a node as wholes. */
static unsigned long turn_of(struct moving *moving, const struct sb_vmas *vma)
{
	unsigned long huge = sb_huge_size() / sb_page_size();

	if (vma->unit > 1)
		return vma->unit;
	if ((vma->end - vma->start) / sb_page_size() >= huge &&
	    sb_smaps_has_huge(&moving->smaps, vma->start))
		return huge;
	if (!moving->folio)
		moving->folio = sb_folio_size() / sb_page_size();
	return moving->folio;
}

/* Of pages that are where their turn is progress has not been told. */
static void tell_in_place(struct moving *moving, unsigned long before, unsigned long pages)
{
	unsigned long told = atomic_load(&moving->batches.threads.done) - before;

	if (moving->spreads && told < pages)
		sb_batches_skip(&moving->batches, pages - told);
}

static void move_vma(struct moving *moving, const struct sb_vmas *vma)
{
	unsigned long start = sb_max(vma->start, moving->enforce->start);
	unsigned long end = sb_min(vma->end, moving->enforce->end);
	unsigned long done = atomic_load(&moving->batches.threads.done);
	bool on_disk;

	set_nodes(moving);
	if (start >= end || sb_nodeset_is_empty(&moving->targets))
		return;
	on_disk = sb_mounts_backing(&moving->mounts, &vma->line) == SB_BACKING_DISK;
	/* The page cache is others' as well: a page of it that they have mapped is not ours. */
	moving->batches.moves_shared = moving->moves_shared && !on_disk;
	if (!on_disk && vma->unit <= 1)
		split_ends(moving, start, end);
	moving->turn = moving->in_turn ? turn_of(moving, vma) : 1;
	atomic_store(&moving->batches.left, false);
	move_batches(moving, start, end, vma->pages);
	if (!go_on(moving))
		return;
	if (atomic_load(&moving->batches.left))
		move_rest(moving, start, end, vma->pages);
	tell_in_place(moving, done, vma->pages);
}

static int open_vmas(struct moving *moving, struct sb_vmas *vmas)
{
	int result = sb_vmas_open_misplaced(vmas, moving->enforce->pid, moving->enforce->placed,
					    &moving->placement);

	vmas->interleaved = moving->spreads;
	return result;
}

/* How many pages there are to move, as progress tells it; without numa_maps, at most. */
static unsigned long count_pages(struct moving *moving)
{
	const struct sb_enforce *enforce = moving->enforce;
	struct sb_vmas vmas;
	unsigned long pages = 0;

	if (!enforce->options->progress)
		return 0;
	if (open_vmas(moving, &vmas) < 0)
		return (enforce->end - enforce->start) / sb_page_size();
	while (sb_vmas_next(&vmas) && vmas.start < enforce->end)
		if (vmas.end > enforce->start)
			pages += vmas.pages;
	sb_vmas_close(&vmas);
	return pages;
}

/* Without numa_maps the range is taken for one mapping. Returns 0 or a negative errno. */
static int move_range(struct moving *moving)
{
	struct sb_vmas range = {
		.start = moving->enforce->start,
		.end = moving->enforce->end,
		.pages = (moving->enforce->end - moving->enforce->start) / sb_page_size(),
	};

	move_vma(moving, &range);
	return (int)sb_batches_result(&moving->batches);
}

/* Returns 0 or a negative errno. */
static int move(struct moving *moving)
{
	struct sb_vmas vmas;
	int result = open_vmas(moving, &vmas);

	if (result < 0)
		return moving->enforce->placed ? move_range(moving) : result;
	while (sb_batches_result(&moving->batches) == 0 && sb_vmas_next(&vmas) &&
	       vmas.start < moving->enforce->end)
		move_vma(moving, &vmas);
	result = sb_vmas_error(&vmas);
	sb_vmas_close(&vmas);
	return result < 0 ? result : (int)sb_batches_result(&moving->batches);
}

/* What stayed, also when the caller wanted no more of it to be moved. */
static int look(const struct moving *moving, struct sb_tally *tally)
{
	const struct sb_enforce *enforce = moving->enforce;
	struct sb_check check = {
		.pid = enforce->pid,
		.start = enforce->start,
		.end = enforce->end,
		.placed = enforce->placed,
		.threads = moving->placement.threads,
		.targets = enforce->placed,
		.tried = true,
		.moves_shared = moving->moves_shared,
		.ranges = enforce->ranges,
	};
	int result = sb_check(&check);

	*tally = check.tally;
	return result;
}

int sb_enforce(const struct sb_enforce *enforce, struct sb_tally *tally)
{
	struct moving moving = {
		.enforce = enforce,
		.moves_shared = sb_may_move_shared(),
		.spreads = enforce->options->spread && !enforce->placed,
		.mounts = { .pid = enforce->pid },
		.smaps = { .pid = enforce->pid },
		.splitting = { .pid = enforce->pid },
		.batches = sb_batches_of(enforce->pid, enforce->options),
	};
	int result = sb_nodes_allowed(enforce->pid, &moving.placement.allowed);
	int looked;

	if (result < 0 && !enforce->placed)
		return result;
	/* Where that is not told, the kernel knows and refuses. */
	if (result < 0)
		sb_nodeset_invert(&moving.placement.allowed);
	if (!enforce->placed) {
		sb_thread_policies_find(&moving.policies, enforce->pid, &moving.placement.allowed);
		moving.placement.threads = &moving.policies;
	}
	moving.batches.one_thread = sb_has(SB_LOCKED_WHILE_MOVING);
	moving.batches.target_of = target_of;
	moving.batches.context = &moving;
	moving.batches.threads.total = count_pages(&moving);
	result = sb_batches_begin(&moving.batches);
	if (result < 0)
		return result;
	result = move(&moving);
	sb_smaps_close(&moving.smaps);
	sb_split_close(&moving.splitting);
	sb_batches_end(&moving.batches);
	if (result < 0 && result != -ECANCELED)
		return result;
	looked = look(&moving, tally);
	return result < 0 ? result : looked;
}
