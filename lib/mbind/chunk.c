/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mbind/chunk.h"
#include "mbind/again.h"
#include "mbind/placing.h"
#include "mbind/strict.h"
#include "mbind/verdict.h"
#include "pages/file_blocks.h"
#include "pages/pfn.h"
#include "work/bisect.h"

/* ---- where the nodes of the pages tell ---- */

/* Pages are misplaced: which of them are to blame. */
static void judge(const struct sb_move *move, unsigned long start, unsigned long end,
		  struct sb_tally *tally)
{
	struct sb_tally found;

	if (tally->failed && !move->request->plan.counts)
		return;
	found = sb_search_unmoved(move->request, start, end, !move->request->plan.counts);
	/* Pages are left and cannot be told apart: a success must not be claimed. */
	found.failed |= found.unmoved.most > 0;
	sb_tally_add(tally, &found);
}

/*
 * The kernel has moved everything that had to move, and in this mode to nowhere but N. Misplaced
 * pages that are not shared have come since.
 */
static void add_shared(const struct sb_move *move, unsigned long start, unsigned long end,
		       struct sb_tally *tally)
{
	struct sb_tally found;

	if (!move->request->plan.counts || move->request->flags & SB_MF_MOVE_ALL ||
	    sb_none_misplaced(move->request, start, end))
		return;
	found = sb_search_unmoved(move->request, start, end, false);
	sb_bounds_add(&tally->shared, found.shared);
}

/*
 * A move without STRICT fails with EIO only when it met a huge page that someone else is just
 * moving; the kernel has done nothing then. That passes.
 */
static long move_leniently(const struct sb_request *request, unsigned long start, unsigned long end)
{
	long result = 0;

	for (int tries = 0; tries < 1000; tries++) {
		result = sb_bind_moving(request, start, end, request->flags & ~SB_MF_STRICT);
		if (result != -EIO)
			break;
		sb_sys_sched_yield();
	}
	/* EIO is dropped here: the verdict after the move finds every page that stayed. */
	return result == -EIO ? 0 : result;
}

/*
 * Whether a move may have left pages outside N that can be moved into it. failed: the kernel has
 * said that it left some; it may have given up before it came to the others.
 */
static bool leaves_rest(const struct sb_request *request, bool failed)
{
	return sb_may_place_outside(request) || request->plan.always_again ||
	       (failed && request->plan.failed_again);
}

/*
 * The kernel's own STRICT with MOVE, where it moves everything that its MOVE would: besides, it
 * tells whether some page was left.
 */
static long move_and_hear(const struct sb_move *move, unsigned long start, unsigned long end,
			  bool *failed)
{
	const struct sb_request *request = move->request;
	long result;

	if (request->plan.without_strict ||
	    (request->plan.verdict == SB_VERDICT_NONE && !request->plan.failed_again)) {
		*failed = false;
		return move_leniently(request, start, end);
	}
	result = sb_bind_moving(request, start, end, request->flags | SB_MF_STRICT);
	*failed = result == -EIO;
	return *failed ? 0 : result;
}

/* Moves everything movable; says nothing of what was left. */
static long move_all_movable(const struct sb_move *move, unsigned long start, unsigned long end)
{
	const struct sb_request *request = move->request;
	bool failed;
	long result = move_and_hear(move, start, end, &failed);

	if (result == 0 && leaves_rest(request, failed) && !sb_none_misplaced(request, start, end))
		sb_move_again(request, start, end);
	return result;
}

/* ---- where only the kernel tells ---- */

static void judge_anywhere(const struct sb_move *move, unsigned long start, unsigned long end,
			   bool failed, struct sb_tally *tally)
{
	struct sb_tally found;

	/* What could be moved at a second try, or had moved at the first, has not failed. */
	if (failed && (move->request->plan.counts || !tally->failed)) {
		found = sb_search_failing(move->request, start, end, !move->request->plan.counts);
		sb_tally_add(tally, &found);
	}
	if (move->request->plan.counts && !(move->request->flags & SB_MF_MOVE_ALL)) {
		found = sb_search_shared(move->request, start, end);
		sb_tally_add(tally, &found);
	}
}

/* ---- where page frames tell ---- */

/* At most SB_FRAMES pages. */
static long move_and_compare(const struct sb_move *move, struct sb_frames *frames,
			     unsigned long start, unsigned long end, struct sb_tally *tally)
{
	bool told = sb_frames_before(frames, start, end) == 0;
	long result = move_all_movable(move, start, end);
	struct sb_tally found;

	if (result < 0)
		return result;
	if (!told || sb_frames_after(frames) < 0) {
		sb_tally_unknown(tally);
		return 0;
	}
	found = sb_search_kept(move->request, frames);
	sb_tally_add(tally, &found);
	return 0;
}

static long move_by_frames(const struct sb_move *move, unsigned long start, unsigned long end,
			   struct sb_tally *tally)
{
	struct sb_bisect chunks = sb_bisect_of(start, end, SB_FRAMES * sb_page_size());
	struct sb_tally found = { .failed = false };
	struct sb_frames frames;
	long result = sb_frames_open(&frames);

	if (result < 0) {
		sb_tally_unknown(tally);
		return move_all_movable(move, start, end);
	}
	while (result == 0 && chunks.at < chunks.end) {
		unsigned long chunk_end = sb_bisect_end(&chunks);

		if (sb_none_misplaced(move->request, chunks.at, chunk_end)) {
			sb_bisect_next_grow(&chunks);
		} else if (!sb_bisect_shrink(&chunks)) {
			result = move_and_compare(move, &frames, chunks.at, chunk_end, &found);
			sb_bisect_next(&chunks);
		}
	}
	sb_frames_close(&frames);
	if (result == 0)
		sb_tally_add(tally, &found);
	return result;
}

/* ---- all ---- */

bool sb_is_settled(const struct sb_move *move, const struct sb_tally *tally)
{
	bool judged = move->request->plan.verdict == SB_VERDICT_NONE ||
		      (tally->failed && !move->request->plan.counts);

	return judged && !leaves_rest(move->request, false);
}

void sb_judge_moved(const struct sb_move *move, unsigned long start, unsigned long end,
		    struct sb_tally *tally)
{
	if (leaves_rest(move->request, true))
		sb_move_again(move->request, start, end);
	if (move->request->plan.verdict != SB_VERDICT_NONE)
		judge(move, start, end, tally);
}

/* Without STRICT the kernel moves everything movable, but does not say what it left. */
static long move_then_judge(const struct sb_move *move, unsigned long start, unsigned long end,
			    struct sb_tally *tally)
{
	const struct sb_request *request = move->request;
	long result = move_leniently(request, start, end);

	/* Most chunks end here, with a single question. */
	if (result < 0 || sb_is_settled(move, tally) || sb_none_misplaced(request, start, end))
		return result;
	sb_judge_moved(move, start, end, tally);
	return 0;
}

/*
 * One end of the range after a move that has failed. A policy for part of a huge page of a file has
 * cut the mapping there, and the kernel has taken the huge page out of the page table, with pages
 * that it then failed to move. False when nobody tells what is there.
 */
static bool judge_cut_end(const struct sb_move *move, unsigned long start, unsigned long end,
			  struct sb_tally *tally)
{
	int mapped = sb_file_block_map_cached(start, end);

	if (mapped > 0 && leaves_rest(move->request, true))
		sb_move_again(move->request, start, end);
	if (mapped > 0 && sb_nodes_tell(move->request))
		judge(move, start, end, tally);
	else if (mapped > 0)
		judge_anywhere(move, start, end, true, tally);
	return mapped >= 0;
}

/*
 * The kernel has said that it failed to move a page, and nobody has noted what was mapped before.
 * Misplaced pages of a file that are mapped anew were mapped before if nothing else explains what
 * the kernel has said; otherwise nobody knows whether they were.
 */
static void judge_cut_ends(const struct sb_move *move, unsigned long start, unsigned long end,
			   struct sb_tally *tally)
{
	struct sb_cut_ends cut = sb_cut_ends_of(start, end);
	struct sb_tally head = { .failed = false }, tail = { .failed = false };
	bool told;

	if (tally->failed && !move->request->plan.counts)
		return;
	told = judge_cut_end(move, start, cut.head_end, &head);
	told &= judge_cut_end(move, cut.tail_start, end, &tail);
	if (tally->failed + head.failed + tail.failed > 1)
		sb_tally_unknown(&head);
	/* Nothing was found, and not all could be looked at: the kernel knows better. */
	if (!told && !tally->failed && !head.failed && !tail.failed) {
		head.failed = true;
		sb_tally_unknown(&head);
	}
	sb_tally_add(tally, &head);
	sb_tally_add(tally, &tail);
}

/* With STRICT it says so, and on some kernels does not move everything. */
static long move_and_ask(const struct sb_move *move, unsigned long start, unsigned long end,
			 struct sb_tally *tally)
{
	const struct sb_request *request = move->request;
	long result = sb_bind_moving(request, start, end, request->flags | SB_MF_STRICT);
	bool failed = result == -EIO;

	if (failed && request->plan.again_without)
		result = move_leniently(request, start, end);
	if (result < 0 && result != -EIO)
		return result;
	/* The kernel has read the mask by now, so we can. */
	if (!sb_nodes_tell(request)) {
		if (leaves_rest(request, failed))
			sb_move_again(request, start, end);
		judge_anywhere(move, start, end, failed, tally);
	} else if (!failed && !leaves_rest(request, false)) {
		add_shared(move, start, end, tally);
	} else if (!sb_none_misplaced(request, start, end)) {
		sb_judge_moved(move, start, end, tally);
	}
	if (failed && !request->plan.maps_again)
		judge_cut_ends(move, start, end, tally);
	return 0;
}

bool sb_may_judge_later(const struct sb_move *move)
{
	return move->request->plan.without_strict &&
	       move->request->plan.verdict != SB_VERDICT_BY_FRAMES && sb_nodes_tell(move->request);
}

long sb_move_chunk(const struct sb_move *move, unsigned long start, unsigned long end,
		   struct sb_tally *tally)
{
	if (move->judged_later)
		return move_leniently(move->request, start, end);
	if (move->request->plan.verdict == SB_VERDICT_NONE)
		return move_all_movable(move, start, end);
	if (move->request->plan.verdict == SB_VERDICT_BY_FRAMES)
		return move_by_frames(move, start, end, tally);
	/* A lenient move comes after the policy was set, so the mask has been read. */
	if (move->request->plan.without_strict && sb_nodes_tell(move->request))
		return move_then_judge(move, start, end, tally);
	return move_and_ask(move, start, end, tally);
}

/*
 * The kernel was out of memory for the call itself. The policy of the range is set and other chunks
 * may have moved: no error says that, so the pages of this one are pages that could not be moved.
 * Where chunks are judged later, they are found then.
 */
static void stay(const struct sb_move *move, unsigned long start, unsigned long end,
		 struct sb_tally *tally)
{
	if (move->judged_later || move->request->plan.verdict == SB_VERDICT_NONE)
		return;
	if (sb_nodes_tell(move->request)) {
		judge(move, start, end, tally);
		return;
	}
	tally->failed = true;
	sb_tally_unknown(tally);
}

long sb_move_mapped(const struct sb_move *move, unsigned long start, unsigned long end,
		    struct sb_tally *tally)
{
	struct sb_bisect chunks = sb_bisect_of(start, end, sb_page_size());

	while (chunks.at < chunks.end) {
		long result = sb_move_chunk(move, chunks.at, sb_bisect_end(&chunks), tally);

		if (result == -ENOMEM) {
			stay(move, chunks.at, sb_bisect_end(&chunks), tally);
			result = 0;
		}
		if (result == 0)
			sb_bisect_next_grow(&chunks);
		else if (result == -EINVAL && sb_bisect_widen(&chunks))
			continue;
		else if (result != -EFAULT)
			return result;
		else if (move->request->plan.default_tells_holes || !sb_bisect_shrink(&chunks))
			sb_bisect_next(&chunks);
	}
	return 0;
}

void sb_leave_chunk(const struct sb_move *move, unsigned long start, unsigned long end,
		    struct sb_tally *tally)
{
	struct sb_tally found;

	if (!move->request->plan.counts || start >= end)
		return;
	/* With an empty N every present page is misplaced, so this counts them all. */
	found = sb_search_unmoved(move->request, start, end, false);
	sb_tally_add(tally, &found);
}
