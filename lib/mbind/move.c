/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mbind with MOVE, rules 8 to 10: in one call where that is best, else first the policy, all or
 * nothing, and then the pages in chunks.
 */
#include "mbind/move.h"
#include "mbind/chunk.h"
#include "mbind/chunks.h"
#include "mbind/placing.h"
#include "mbind/strict.h"
#include "pages/file_blocks.h"

/* Sets the policy of the whole range, or fails with nothing done (rules 1 and 3). */
static long set_policy(const struct sb_request *request)
{
	/* Without MOVE_ALL the kernel does not ask for the privilege that MOVE_ALL takes. */
	if (request->flags & SB_MF_MOVE_ALL) {
		long result = sb_sys_mbind(request->start, 0, request->mode, request->mask,
					   request->maxnode, request->flags);

		if (result < 0)
			return result;
	}
	return sb_bind_policy(request);
}

/* After the kernel has refused the range as a whole, nothing was moved, and nothing counts. */
static long finish(const struct sb_request *request, long result, struct sb_tally *tally)
{
	static const struct sb_tally nothing;

	if (result < 0 && result != -ECANCELED)
		*tally = nothing;
	if (result == 0 && tally->failed && request->flags & SB_MF_STRICT)
		return -EIO;
	return result;
}

/* ---- in one call, and what it takes after it ---- */

/* Nothing was done, or it has to be done once more with the policy set before. */
#define NOT_AT_ONCE 1

/* The kernel's own STRICT with MOVE is right, or there is nobody to want its verdict. */
static long move_as_asked(const struct sb_move *move, struct sb_tally *tally)
{
	const struct sb_request *request = move->request;

	if (!request->plan.governed && !request->plan.always_again)
		return sb_bind_flags(request, request->flags);
	return sb_move_chunk(move, request->range.start, request->range.end, tally);
}

/* MOVE alone: it judges the range first, then sets the policy, then moves all that can be moved. */
static long move_without_strict(const struct sb_move *move, struct sb_tally *tally)
{
	const struct sb_request *request = move->request;
	unsigned long start = request->range.start;
	unsigned long end = request->range.end;
	long result = sb_bind_moving(request, start, end, request->flags & ~SB_MF_STRICT);

	if (result == -EIO || (result == -EFAULT && request->plan.parts_at_devices))
		return NOT_AT_ONCE;
	if (result < 0)
		return result;
	if (!sb_nodes_tell(request))
		return NOT_AT_ONCE;
	if (!sb_is_settled(move, tally) && !sb_none_misplaced(request, start, end))
		sb_judge_moved(move, start, end, tally);
	return 0;
}

/*
 * STRICT alone sets the policy when no page is misplaced: then this one call was all. It says EIO,
 * and has done nothing, when there is something to move.
 */
static long set_policy_unless_misplaced(const struct sb_request *request)
{
	long result;

	if (!request->plan.strict_first ||
	    sb_stretch_meets(&request->blind, request->range.start, request->range.end))
		return NOT_AT_ONCE;
	result = sb_bind_flags(request, SB_MF_STRICT);
	if (result == -EIO || (result == -EFAULT && request->plan.parts_at_devices))
		return NOT_AT_ONCE;
	return result;
}

static long move_at_once(const struct sb_move *move, struct sb_tally *tally)
{
	return move->request->plan.without_strict ? move_without_strict(move, tally)
						  : move_as_asked(move, tally);
}

/* ---- the policy first ---- */

/*
 * A policy for part of a huge page of a file cuts the mapping there, and the kernel then takes all
 * of the huge page out of the page table: a move that comes after it would find nothing.
 */
static long set_policy_and_keep_ends(const struct sb_request *request)
{
	unsigned long start = request->range.start, end = request->range.end;
	struct sb_cut_ends cut = sb_cut_ends_of(start, end);
	struct sb_file_blocks at_start, at_end;
	long result;

	sb_file_blocks_note(&at_start, start, cut.head_end);
	sb_file_blocks_note(&at_end, cut.tail_start, end);
	result = set_policy(request);
	sb_file_blocks_map_again(&at_start);
	sb_file_blocks_map_again(&at_end);
	return result;
}

long sb_move(const struct sb_request *request, const struct strictbind_options *options,
	     struct sb_tally *tally)
{
	struct sb_move move = { .request = request };
	long result = set_policy_unless_misplaced(request);

	if (result == NOT_AT_ONCE && request->plan.one_call)
		result = move_at_once(&move, tally);
	if (result != NOT_AT_ONCE)
		return finish(request, result, tally);
	result = request->plan.maps_again ? set_policy_and_keep_ends(request) : set_policy(request);
	if (result < 0)
		return result;
	if (request->plan.chunks)
		result = sb_move_in_chunks(&move, options, tally);
	else
		result = sb_move_mapped(&move, request->range.start, request->range.end, tally);
	return finish(request, result, tally);
}
