/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Going over a range in pieces whose size follows what is found there: a piece that gives trouble
 * is taken again in eighths, one that does not is followed by one eight times as large. Trouble at
 * k of n places costs about k log n steps, and an empty terabyte one.
 */
#ifndef SB_WORK_BISECT_H
#define SB_WORK_BISECT_H

#include <stdbool.h>

#include "core/page.h"

#define SB_PIECES_FACTOR 8

struct sb_pieces {
	unsigned long at; /* start of the piece; the caller is done when it reaches end */
	unsigned long end;
	unsigned long size;	/* a power of two */
	unsigned long smallest; /* as well */
};

/* The first piece is the whole range. */
static inline struct sb_pieces sb_pieces_of(unsigned long start, unsigned long end,
					    unsigned long smallest)
{
	struct sb_pieces pieces = {
		.at = start, .end = end, .size = smallest, .smallest = smallest
	};

	while (pieces.size < end - start)
		pieces.size *= SB_PIECES_FACTOR;
	return pieces;
}

/* The end of the piece: aligned to its size, so that pieces do not cut huge pages. */
static inline unsigned long sb_piece_end(const struct sb_pieces *pieces)
{
	if (pieces->end - pieces->at <= pieces->size)
		return pieces->end;
	return sb_min((pieces->at | (pieces->size - 1)) + 1, pieces->end);
}

/* Takes the piece again, smaller. False when it is as small as can be. */
static inline bool sb_piece_shrink(struct sb_pieces *pieces)
{
	if (pieces->size <= pieces->smallest)
		return false;
	pieces->size /= SB_PIECES_FACTOR;
	return true;
}

/*
 * Takes the piece again, larger, as it cuts a page of hugetlb. False when it cannot be that: such a
 * page begins at a multiple of its size.
 */
static inline bool sb_piece_widen(struct sb_pieces *pieces)
{
	unsigned long size = pieces->size * SB_PIECES_FACTOR;

	if (pieces->end - pieces->at <= pieces->size || pieces->at % size != 0)
		return false;
	pieces->size = size;
	return true;
}

/* Goes on behind the piece, with pieces of the same size. */
static inline void sb_piece_next(struct sb_pieces *pieces)
{
	pieces->at = sb_piece_end(pieces);
}

/* Goes on behind the piece, with larger pieces. */
static inline void sb_piece_next_grow(struct sb_pieces *pieces)
{
	sb_piece_next(pieces);
	if (pieces->size < pieces->end - pieces->at)
		pieces->size *= SB_PIECES_FACTOR;
}

#endif
