/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mbind with MOVE, rules 8 to 10: in one call where that is best, else first the policy, all or
 * nothing, and then the pages in pieces.
 */
#include "mbind/move.h"
#include "kernel/quirks.h"
#include "mbind/chunk.h"
#include "mbind/chunks.h"
#include "mbind/clean.h"
#include "mbind/placing.h"
#include "pages/hugetlb.h"
#include "pages/pfn.h"
#include "pages/rss.h"
#include "work/pace.h"

/* So often somebody who watches sees progress. */
#define PROGRESS_INTERVAL_US 50000

/*
 * Whether N is empty, at a glance: then the node of a page does not tell whether it was moved. The
 * mask is not read, as the kernel has not judged it yet.
 */
static bool names_no_node(const struct sb_bind *bind)
{
	return !bind->mask || bind->maxnode <= 1;
}

static struct sb_move move_of(const struct sb_bind *bind, const struct sb_counts *counts)
{
	bool governed = !sb_bind_is_default(bind);

	return (struct sb_move){
		.bind = bind,
		.lenient =
			governed && (sb_has(SB_STOPS_AT_UNMOVABLE) || sb_has(SB_MISSES_UNMOVABLE) ||
				     sb_has(SB_HALF_DONE_BEFORE_HOLE)),
		.want_verdict = governed && (counts || bind->flags & SB_MF_STRICT),
		.want_counts = governed && counts,
		.by_frames = governed && counts && names_no_node(bind) && sb_frames_told(),
	};
}

/* Sets the policy of the whole range, or fails with nothing done (rules 1 and 3). */
static long set_policy(const struct sb_bind *bind)
{
	/* Without MOVE_ALL the kernel does not ask for the privilege that MOVE_ALL takes. */
	if (bind->flags & SB_MF_MOVE_ALL) {
		long result = sb_sys_mbind(bind->start, 0, bind->mode, bind->mask, bind->maxnode,
					   bind->flags);

		if (result < 0)
			return result;
	}
	return sb_bind_policy(bind);
}

/*
 * In a mode that may put pages elsewhere, a success does not tell that pages are in N. STRICT alone
 * tells, and sets the policy when none is misplaced: then this one call was all. -EIO, and nothing
 * done, when there is something to move; also with MOVE_ALL, for whose privilege it would not ask.
 */
static long set_if_in_place(const struct sb_bind *bind)
{
	if (bind->flags & SB_MF_MOVE_ALL || sb_has(SB_STRICT_IGNORES_MISPLACED))
		return -EIO;
	return sb_bind_flags(bind, SB_MF_STRICT);
}

/* How long a piece may take, in nanoseconds; 0 when pieces are not needed for that. */
static uint64_t stall_of(const struct sb_bind *bind, const struct strictbind_options *options)
{
	unsigned long stall = options->stall_us;

	/* Not when everything the process has would not keep anybody waiting for long. */
	if (stall == 0 && !sb_bind_is_default(bind) && sb_has(SB_LOCKED_WHILE_MOVING) &&
	    bind->len > SB_STALL_BYTES && sb_resident_bytes() > SB_STALL_BYTES)
		stall = SB_STALL_US;
	if (stall == 0 && options->progress)
		stall = PROGRESS_INTERVAL_US;
	return (uint64_t)stall * 1000;
}

/* After the kernel has refused the range as a whole, counts stay 0: nothing was moved. */
static long finish(const struct sb_bind *bind, long result, const struct sb_left *left,
		   struct sb_counts *counts)
{
	if (counts && (result == 0 || result == -ECANCELED)) {
		*counts = left->counts;
		if (left->unknown)
			*counts = sb_unknown_counts;
	}
	if (result == 0 && left->failed && bind->flags & SB_MF_STRICT)
		return -EIO;
	return result;
}

/* ---- in one call, and what it takes after it ---- */

/* Nothing was done, or it has to be done once more with the policy set before. */
#define NOT_AT_ONCE 1

/* The kernel's own STRICT with MOVE is right, or there is nobody to want its verdict. */
static long move_as_asked(const struct sb_move *move, struct sb_left *left)
{
	const struct sb_bind *bind = move->bind;
	bool outside = sb_mode_may_place_outside(bind);
	long result;

	if (sb_bind_is_default(bind) && !sb_has(SB_LEAVES_MOVABLE))
		return sb_bind_flags(bind, bind->flags);
	result = outside ? set_if_in_place(bind) : -EIO;
	if (result == -EIO)
		result = sb_move_piece(move, sb_bind_start(bind), sb_bind_end(bind), left);
	return result;
}

/* MOVE alone: it judges the range first, then sets the policy, then moves all that can be moved. */
static long move_without_strict(const struct sb_move *move, struct sb_left *left)
{
	const struct sb_bind *bind = move->bind;
	unsigned long start = sb_bind_start(bind);
	unsigned long end = sb_bind_end(bind);
	long result = sb_bind_flags(bind, bind->flags & ~SB_MF_STRICT);

	if (result == -EIO || (result == -EFAULT && sb_has(SB_DEVICE_TAKEN_FOR_HOLE)))
		return NOT_AT_ONCE;
	if (result < 0)
		return result;
	if (!sb_nodes_tell(bind))
		return NOT_AT_ONCE;
	if (!sb_is_settled(move, left) && !sb_is_clean(bind, start, end))
		sb_judge_moved(move, start, end, left);
	return 0;
}

static long move_at_once(const struct sb_move *move, struct sb_left *left)
{
	const struct sb_bind *bind = move->bind;

	/* Where no node tells what was moved, pages must not be moved twice for the verdict. */
	if (move->by_frames ||
	    (move->lenient && (names_no_node(bind) || bind->mode & SB_MPOL_F_RELATIVE_NODES)))
		return NOT_AT_ONCE;
	return move->lenient ? move_without_strict(move, left) : move_as_asked(move, left);
}

/* ---- the policy first ---- */

/*
 * A policy for part of a huge page of a file cuts the mapping there, and the kernel then takes all
 * of the huge page out of the page table: a move that comes after it finds nothing. So what is cut
 * at the two ends of the range is moved first, as the raw call does. Not where setting the policy
 * may yet fail, for a hole or for a page of hugetlb that is cut: then no page may have been moved.
 */
static long move_cut_ends(const struct sb_bind *bind)
{
	unsigned long huge = sb_huge_size();
	unsigned long start = sb_bind_start(bind), end = sb_bind_end(bind);
	unsigned long head = sb_min((start + huge - 1) & -huge, end);
	unsigned long tail = sb_max(end & -huge, head);
	unsigned flags = bind->flags & ~SB_MF_STRICT;
	struct sb_cuts cuts;
	long result = 0;

	if ((start == head && tail == end) || !sb_is_mapped(bind->start, bind->len))
		return 0;
	cuts = sb_cuts_of(start, end);
	if (cuts.hugetlb)
		return 0;
	/* A range within one huge page is all head, and may be cut at its end. */
	if (start < head && (cuts.start || (head == end && cuts.end)))
		result = sb_bind_part(bind, start, head, flags);
	if (result == 0 && tail < end && cuts.end)
		result = sb_bind_part(bind, tail, end, flags);
	/* A huge page that somebody else is moving, a device: nothing that ends the call. */
	return result == -EIO || result == -EFAULT ? 0 : result;
}

long sb_move(const struct sb_bind *bind, const struct strictbind_options *options,
	     struct sb_counts *counts)
{
	struct sb_move move = move_of(bind, counts);
	struct sb_left left = { .failed = false };
	uint64_t stall = stall_of(bind, options);
	bool pieces = stall != 0 || options->threads > 1;
	long result = pieces ? NOT_AT_ONCE : move_at_once(&move, &left);

	if (result != NOT_AT_ONCE)
		return finish(bind, result, &left, counts);
	result = move_cut_ends(bind);
	if (result == 0)
		result = set_policy(bind);
	if (result < 0)
		return result;
	if (pieces)
		result = sb_move_in_pieces(&move, options, stall, &left);
	else
		result = sb_move_mapped(&move, sb_bind_start(bind), sb_bind_end(bind), &left);
	return finish(bind, result, &left, counts);
}
