/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check/check.h"

#include <limits.h>

#include "check/reasons.h"
#include "core/page.h"
#include "pages/cpuset.h"
#include "pages/mounts.h"
#include "pages/numa_maps.h"
#include "pages/scan.h"

/* Going through one mapping after the other. */
struct look {
	struct sb_check *check;
	struct sb_reasons reasons;
	struct sb_mounts mounts;
	struct sb_placement placement;
	bool no_sharing;      /* it is known that no page of it is shared */
	unsigned long seen;   /* misplaced pages that were found on their nodes */
	unsigned long hidden; /* pages whose node is not told */
	unsigned long first_hidden;
	bool untold; /* it is not known how many pages there are */
};

static bool is_hidden(const struct sb_extent *page)
{
	return page->seen == SB_SEEN_HIDDEN || page->seen == SB_SEEN_UNTOLD;
}

/* Whether the page is misplaced, or may be. */
static bool is_suspect(const struct look *look, const struct sb_extent *page)
{
	return page->seen == SB_SEEN_PRESENT
		       ? sb_nodeset_has(&look->placement.misplaced, page->node)
		       : is_hidden(page);
}

static void add_range(struct look *look, const struct sb_extent *page)
{
	struct strictbind_range range = {
		.address = (const void *)page->address, // NOLINT(performance-no-int-to-ptr)
		.length = page->pages * sb_page_size(),
	};

	if (!look->check->ranges)
		return;
	sb_reasons_find(&look->reasons, page, &range);
	sb_ranges_add(look->check->ranges, &range);
}

static void count_present(struct look *look, const struct sb_extent *page)
{
	const struct sb_check *check = look->check;
	struct sb_tally *tally = &look->check->tally;
	bool exclusive = look->no_sharing || page->sharing == SB_EXCLUSIVE;
	bool untold = !exclusive && page->sharing == SB_SHARING_UNTOLD;
	struct sb_bounds shared = { untold ? 0 : !exclusive, !exclusive };

	if (check->moves_shared) {
		sb_tally_unmoved(tally, page->address, 1);
		return;
	}
	sb_bounds_add(&tally->shared, shared);
	if (check->counts_shared)
		sb_tally_unmoved(tally, page->address, 1);
	else
		sb_tally_unmoved_of(tally, page->address, 1,
				    (struct sb_bounds){ exclusive, exclusive || untold });
}

static void add_page(struct look *look, const struct sb_extent *page)
{
	if (is_hidden(page)) {
		look->untold |= page->seen == SB_SEEN_UNTOLD;
		if (look->hidden++ == 0)
			look->first_hidden = page->address;
	} else {
		look->seen++;
		count_present(look, page);
	}
	add_range(look, page);
}

static int look_at(struct look *look, unsigned long start, unsigned long end)
{
	struct sb_extent page;
	struct sb_scan scan;

	sb_scan_pages(&scan, look->check->pid, start, end);
	while (sb_scan_next(&scan, &page))
		if (is_suspect(look, &page))
			add_page(look, &page);
	return sb_scan_close(&scan);
}

/*
 * Of pages whose node is not told it is known how many are misplaced where numa_maps has counted
 * all of the mapping; else that they may be.
 */
static void count_hidden(struct look *look, const struct sb_vmas *vma, bool whole)
{
	unsigned long misplaced = vma->pages > look->seen ? vma->pages - look->seen : 0;
	struct sb_bounds bounds = { 0, look->hidden };

	if (whole && misplaced <= look->hidden)
		bounds = (struct sb_bounds){ misplaced, misplaced };
	if (look->untold)
		sb_tally_unknown(&look->check->tally);
	else
		sb_tally_unmoved_of(&look->check->tally, look->first_hidden, look->hidden, bounds);
}

/* The pages of this memory are looked at next: where they should come to. */
static void begin_memory(struct look *look, const struct sb_memory *memory)
{
	struct sb_nodeset targets = look->placement.misplaced;

	sb_nodeset_invert(&targets);
	if (look->check->placed)
		targets = *look->check->targets;
	sb_nodeset_intersect(&targets, &look->placement.allowed);
	sb_reasons_of_memory(&look->reasons, memory, &targets);
}

static void begin_vma(struct look *look, const struct sb_vmas *vma)
{
	const struct sb_check *check = look->check;
	struct sb_memory memory = {
		.start = sb_max(vma->start, check->placed ? check->start : 0),
		.end = check->placed ? sb_min(vma->end, check->end) : vma->end,
		.unit = vma->unit,
		.backing = sb_mounts_backing(&look->mounts, &vma->line),
		.no_sharing = !vma->shared,
		.misplaced = vma->pages,
	};

	begin_memory(look, &memory);
}

static int look_at_vma(struct look *look, const struct sb_vmas *vma)
{
	const struct sb_check *check = look->check;
	unsigned long start = sb_max(vma->start, check->start);
	unsigned long end = sb_min(vma->end, check->end);
	int result;

	look->no_sharing = !vma->shared;
	look->seen = look->hidden = 0;
	look->untold = false;
	if (check->ranges)
		begin_vma(look, vma);
	result = look_at(look, start, end);
	if (result == 0 && look->hidden)
		count_hidden(look, vma, start == vma->start && end == vma->end);
	return result;
}

static int look_at_vmas(struct look *look, struct sb_vmas *vmas)
{
	const struct sb_check *check = look->check;
	int result = 0;

	while (result == 0 && sb_vmas_next(vmas) && vmas->start < check->end)
		if (vmas->end > check->start)
			result = look_at_vma(look, vmas);
	return result == 0 ? sb_vmas_error(vmas) : result;
}

/* Without numa_maps nothing is known of the memory but where it is. */
static int look_at_range(struct look *look)
{
	const struct sb_check *check = look->check;
	struct sb_memory memory = { .start = check->start, .end = check->end, .unit = 1 };

	begin_memory(look, &memory);
	return look_at(look, check->start, check->end);
}

static int look(struct look *look)
{
	const struct sb_check *check = look->check;
	struct sb_vmas vmas;
	int result = sb_vmas_open_misplaced(&vmas, check->pid, check->placed, &look->placement);

	if (result < 0 && check->placed && check->end != ULONG_MAX)
		return look_at_range(look);
	if (result < 0)
		return result;
	result = look_at_vmas(look, &vmas);
	sb_vmas_close(&vmas);
	return result;
}

/* Not a part of its caller, which would take more of the stack. */
__attribute__((noinline)) static int look_by_policy(struct look *looking)
{
	struct sb_thread_policies threads;

	sb_thread_policies_find(&threads, looking->check->pid, &looking->placement.allowed);
	looking->placement.threads = &threads;
	return look(looking);
}

int sb_check(struct sb_check *check)
{
	struct look looking = {
		.check = check,
		.reasons = { .tried = check->tried,
			     .moves_shared = check->moves_shared || check->may_move_shared },
		.mounts = { .pid = check->pid },
		.placement = { .threads = check->threads },
	};
	int result = sb_nodes_allowed(check->pid, &looking.placement.allowed);

	if (result < 0 && !check->placed)
		return result;
	/* Where that is not told, no page is said to stay for it. */
	if (result < 0)
		sb_nodeset_invert(&looking.placement.allowed);
	if (check->ranges)
		sb_reasons_open(&looking.reasons);
	result = check->placed || check->threads ? look(&looking) : look_by_policy(&looking);
	if (check->ranges)
		sb_reasons_close(&looking.reasons);
	return result;
}
