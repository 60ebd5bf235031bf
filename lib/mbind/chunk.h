/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Moving one piece of a range and judging what was left of it. */
#ifndef SB_MBIND_CHUNK_H
#define SB_MBIND_CHUNK_H

#include "mbind/request.h"
#include "pages/tally.h"

/* How the pieces of a call are moved, besides what its plan says; the same for all of them. */
struct sb_move {
	const struct sb_request *request;
	bool judged_later; /* what is left is found out of many pieces in one go */
};

/* What was left; adds up over pieces. */
struct sb_left {
	bool failed;  /* some page that had to move could not */
	bool unknown; /* some page could not be judged */
	struct sb_counts counts;
};

void sb_left_add(struct sb_left *left, const struct sb_left *more);

/*
 * Moves the piece and adds what is left to left. Returns 0, or the negative errno with which the
 * kernel refused the piece: -EFAULT when part of it is unmapped, and then nothing was moved.
 */
long sb_move_piece(const struct sb_move *move, unsigned long start, unsigned long end,
		   struct sb_left *left);

/* The same where parts of the piece may have been unmapped by another thread: leaves those out. */
long sb_move_mapped(const struct sb_move *move, unsigned long start, unsigned long end,
		    struct sb_left *left);

/*
 * Whether pieces may be judged later: sb_move_piece then moves and nothing else. Only after the
 * policy was set.
 */
bool sb_may_judge_later(const struct sb_move *move);

/* Whether nothing more is to be found out, or done, about pieces that have been moved. */
bool sb_is_settled(const struct sb_move *move, const struct sb_left *left);

/* Judges pieces that have been moved and are not clean. */
void sb_judge_moved(const struct sb_move *move, unsigned long start, unsigned long end,
		    struct sb_left *left);

/* Adds a piece that was not moved, because the call was cancelled. */
void sb_leave_piece(const struct sb_move *move, unsigned long start, unsigned long end,
		    struct sb_left *left);

#endif
