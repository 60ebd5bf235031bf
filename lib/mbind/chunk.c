/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mbind/chunk.h"
#include "mbind/again.h"
#include "mbind/clean.h"
#include "mbind/placing.h"
#include "mbind/verdict.h"
#include "pages/pfn.h"
#include "work/bisect.h"

void sb_left_add(struct sb_left *left, const struct sb_left *more)
{
	left->failed |= more->failed;
	left->unknown |= more->unknown;
	left->counts.unmoved += more->counts.unmoved;
	left->counts.shared += more->counts.shared;
	sb_counts_take_first(&left->counts, more->counts.first_unmoved);
}

static void add_search(struct sb_left *left, const struct sb_search *search)
{
	struct sb_left more = {
		.failed = search->found.unmoved > 0,
		.unknown = search->unknown,
		.counts = search->found,
	};

	sb_left_add(left, &more);
}

/* ---- where the nodes of the pages tell ---- */

/* Pages are misplaced: which of them are to blame. */
static void judge(const struct sb_move *move, unsigned long start, unsigned long end,
		  struct sb_left *left)
{
	struct sb_search search;

	if (left->failed && !move->request->plan.counts)
		return;
	search = sb_search_unmoved(move->request, start, end, !move->request->plan.counts);
	add_search(left, &search);
	/* Pages are left and cannot be told apart: a success must not be claimed. */
	left->failed |= search.unknown;
}

/*
 * The kernel has moved everything that had to move, and in this mode to nowhere but N. Misplaced
 * pages that are not shared have come since.
 */
static void add_shared(const struct sb_move *move, unsigned long start, unsigned long end,
		       struct sb_left *left)
{
	struct sb_search search;

	if (!move->request->plan.counts || move->request->flags & SB_MF_MOVE_ALL ||
	    sb_is_clean(move->request, start, end))
		return;
	search = sb_search_unmoved(move->request, start, end, false);
	left->unknown |= search.unknown;
	left->counts.shared += search.found.shared;
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

	if (result == 0 && leaves_rest(request, failed) && !sb_is_clean(request, start, end))
		sb_move_again(request, start, end);
	return result;
}

/* ---- where only the kernel tells ---- */

static void judge_anywhere(const struct sb_move *move, unsigned long start, unsigned long end,
			   bool failed, struct sb_left *left)
{
	struct sb_search search;

	/* What could be moved at a second try, or had moved at the first, has not failed. */
	if (failed && (move->request->plan.counts || !left->failed)) {
		search = sb_search_failing(move->request, start, end, !move->request->plan.counts);
		add_search(left, &search);
	}
	if (move->request->plan.counts && !(move->request->flags & SB_MF_MOVE_ALL)) {
		search = sb_search_shared(move->request, start, end);
		add_search(left, &search);
	}
}

/* ---- where page frames tell ---- */

/* At most SB_FRAMES pages. */
static long move_and_compare(const struct sb_move *move, struct sb_frames *frames,
			     unsigned long start, unsigned long end, struct sb_left *left)
{
	bool told = sb_frames_before(frames, start, end) == 0;
	long result = move_all_movable(move, start, end);
	struct sb_search search;

	if (result < 0)
		return result;
	if (!told || sb_frames_after(frames) < 0) {
		left->unknown = true;
		return 0;
	}
	search = sb_search_kept(move->request, frames);
	add_search(left, &search);
	return 0;
}

static long move_by_frames(const struct sb_move *move, unsigned long start, unsigned long end,
			   struct sb_left *left)
{
	struct sb_pieces pieces = sb_pieces_of(start, end, SB_FRAMES * sb_page_size());
	struct sb_left found = { .failed = false };
	struct sb_frames frames;
	long result = sb_frames_open(&frames);

	if (result < 0) {
		left->unknown = true;
		return move_all_movable(move, start, end);
	}
	while (result == 0 && pieces.at < pieces.end) {
		unsigned long piece = sb_piece_end(&pieces);

		if (sb_is_clean(move->request, pieces.at, piece)) {
			sb_piece_next_grow(&pieces);
		} else if (!sb_piece_shrink(&pieces)) {
			result = move_and_compare(move, &frames, pieces.at, piece, &found);
			sb_piece_next(&pieces);
		}
	}
	sb_frames_close(&frames);
	if (result == 0)
		sb_left_add(left, &found);
	return result;
}

/* ---- all ---- */

bool sb_is_settled(const struct sb_move *move, const struct sb_left *left)
{
	bool judged = move->request->plan.verdict == SB_VERDICT_NONE ||
		      (left->failed && !move->request->plan.counts);

	return judged && !leaves_rest(move->request, false);
}

void sb_judge_moved(const struct sb_move *move, unsigned long start, unsigned long end,
		    struct sb_left *left)
{
	if (leaves_rest(move->request, true))
		sb_move_again(move->request, start, end);
	if (move->request->plan.verdict != SB_VERDICT_NONE)
		judge(move, start, end, left);
}

/* Without STRICT the kernel moves everything movable, but does not say what it left. */
static long move_then_judge(const struct sb_move *move, unsigned long start, unsigned long end,
			    struct sb_left *left)
{
	const struct sb_request *request = move->request;
	long result = move_leniently(request, start, end);

	/* Most pieces end here, with a single question. */
	if (result < 0 || sb_is_settled(move, left) || sb_is_clean(request, start, end))
		return result;
	sb_judge_moved(move, start, end, left);
	return 0;
}

/* With STRICT it says so, and on some kernels does not move everything. */
static long move_and_ask(const struct sb_move *move, unsigned long start, unsigned long end,
			 struct sb_left *left)
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
		judge_anywhere(move, start, end, failed, left);
	} else if (!failed && !leaves_rest(request, false)) {
		add_shared(move, start, end, left);
	} else if (!sb_is_clean(request, start, end)) {
		sb_judge_moved(move, start, end, left);
	}
	return 0;
}

bool sb_may_judge_later(const struct sb_move *move)
{
	return move->request->plan.without_strict &&
	       move->request->plan.verdict != SB_VERDICT_BY_FRAMES && sb_nodes_tell(move->request);
}

long sb_move_piece(const struct sb_move *move, unsigned long start, unsigned long end,
		   struct sb_left *left)
{
	if (move->judged_later)
		return move_leniently(move->request, start, end);
	if (move->request->plan.verdict == SB_VERDICT_NONE)
		return move_all_movable(move, start, end);
	if (move->request->plan.verdict == SB_VERDICT_BY_FRAMES)
		return move_by_frames(move, start, end, left);
	/* A lenient move comes after the policy was set, so the mask has been read. */
	if (move->request->plan.without_strict && sb_nodes_tell(move->request))
		return move_then_judge(move, start, end, left);
	return move_and_ask(move, start, end, left);
}

/*
 * The kernel was out of memory for the call itself. The policy of the range is set and other pieces
 * may have moved: no error says that, so the pages of this one are pages that could not be moved.
 */
static void stay(const struct sb_move *move, unsigned long start, unsigned long end,
		 struct sb_left *left)
{
	if (move->request->plan.verdict == SB_VERDICT_NONE)
		return;
	if (sb_nodes_tell(move->request)) {
		judge(move, start, end, left);
		return;
	}
	left->failed = true;
	left->unknown = true;
}

long sb_move_mapped(const struct sb_move *move, unsigned long start, unsigned long end,
		    struct sb_left *left)
{
	struct sb_pieces pieces = sb_pieces_of(start, end, sb_page_size());

	while (pieces.at < pieces.end) {
		long result = sb_move_piece(move, pieces.at, sb_piece_end(&pieces), left);

		if (result == -ENOMEM) {
			stay(move, pieces.at, sb_piece_end(&pieces), left);
			result = 0;
		}
		if (result == 0)
			sb_piece_next_grow(&pieces);
		else if (result == -EINVAL && sb_piece_widen(&pieces))
			continue;
		else if (result != -EFAULT)
			return result;
		else if (move->request->plan.default_tells_holes || !sb_piece_shrink(&pieces))
			sb_piece_next(&pieces);
	}
	return 0;
}

void sb_leave_piece(const struct sb_move *move, unsigned long start, unsigned long end,
		    struct sb_left *left)
{
	struct sb_search search;

	if (!move->request->plan.counts || start >= end)
		return;
	/* With an empty N every present page is misplaced, so this counts them all. */
	search = sb_search_unmoved(move->request, start, end, false);
	add_search(left, &search);
}
