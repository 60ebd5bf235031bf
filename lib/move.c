/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mbind with MOVE, rules 8 to 10: in one call where that is best, else first the policy, all or
 * nothing, and then the pages in pieces.
 */
#include "move.h"
#include "facts.h"
#include "frames.h"
#include "inpieces.h"
#include "pace.h"
#include "piece.h"
#include "placing.h"
#include "resident.h"

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

long sb_move(const struct sb_bind *bind, const struct strictbind_options *options,
	     struct sb_counts *counts)
{
	struct sb_move move = move_of(bind, counts);
	struct sb_left left = { .failed = false };
	unsigned long start = sb_bind_start(bind);
	unsigned long end = sb_bind_end(bind);
	uint64_t stall = stall_of(bind, options);
	bool pieces = stall != 0 || options->threads > 1;
	bool outside = sb_mode_may_place_outside(bind);
	long result;

	if (!pieces && !move.want_verdict && !outside && !sb_has(SB_LEAVES_MOVABLE)) {
		result = sb_bind_flags(bind, bind->flags);
		/* EIO is no result of this: the kernel met a huge page that is just being moved. */
		if (result != -EIO)
			return result;
	} else if (!pieces && !move.lenient && !move.by_frames) {
		result = outside ? set_if_in_place(bind) : -EIO;
		if (result == -EIO)
			result = sb_move_piece(&move, start, end, &left);
		return finish(bind, result, &left, counts);
	}
	result = set_policy(bind);
	if (result < 0)
		return result;
	if (pieces)
		result = sb_move_in_pieces(&move, options, stall, &left);
	else
		result = sb_move_mapped(&move, start, end, &left);
	/* Such as ENOMEM halfway: some pages have moved, others have not been looked at. */
	if (counts && result < 0)
		*counts = sb_unknown_counts;
	return finish(bind, result, &left, counts);
}
