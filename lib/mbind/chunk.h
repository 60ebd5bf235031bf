/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Moving one chunk of a range and judging what was left of it. */
#ifndef SB_MBIND_CHUNK_H
#define SB_MBIND_CHUNK_H

#include "mbind/request.h"
#include "pages/tally.h"

/* How the chunks of a call are moved, besides what its plan says; the same for all of them. */
struct sb_move {
	const struct sb_request *request;
	bool judged_later; /* what is left is found out of many chunks in one go */
};

/*
 * Moves the chunk and adds what is left to tally. Returns 0, or the negative errno with which the
 * kernel refused the chunk: -EFAULT when part of it is unmapped, and then nothing was moved.
 */
long sb_move_chunk(const struct sb_move *move, unsigned long start, unsigned long end,
		   struct sb_tally *tally);

/* The same where parts of the chunk may have been unmapped by another thread: leaves those out. */
long sb_move_mapped(const struct sb_move *move, unsigned long start, unsigned long end,
		    struct sb_tally *tally);

/*
 * Whether chunks may be judged later: sb_move_chunk then moves and nothing else. Only after the
 * policy was set.
 */
bool sb_may_judge_later(const struct sb_move *move);

/* Whether nothing more is to be found out, or done, about chunks that have been moved. */
bool sb_is_settled(const struct sb_move *move, const struct sb_tally *tally);

/* Judges chunks that have been moved and have misplaced pages. */
void sb_judge_moved(const struct sb_move *move, unsigned long start, unsigned long end,
		    struct sb_tally *tally);

/* Adds a chunk that was not moved, because the call was cancelled. */
void sb_leave_chunk(const struct sb_move *move, unsigned long start, unsigned long end,
		    struct sb_tally *tally);

#endif
