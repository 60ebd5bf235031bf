/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mbind/clean.h"
#include "kernel/quirks.h"

/* A piece of this many pages is looked at page by page. */
#define SMALL_PIECE 128

bool sb_clean_told(const struct sb_bind *bind)
{
	return !sb_bind_is_default(bind) && !sb_has(SB_STRICT_IGNORES_MISPLACED);
}

bool sb_is_clean(const struct sb_bind *bind, unsigned long start, unsigned long end)
{
	return sb_clean_told(bind) && !sb_stretch_meets(&bind->blind, start, end) &&
	       sb_bind_part(bind, start, end, SB_MF_STRICT) == 0;
}

struct sb_dirty sb_dirty_of(const struct sb_bind *bind, unsigned long start, unsigned long end)
{
	return (struct sb_dirty){
		.bind = bind,
		.pieces = sb_pieces_of(start, end, SMALL_PIECE * sb_page_size()),
	};
}

bool sb_dirty_next(struct sb_dirty *dirty)
{
	struct sb_pieces *pieces = &dirty->pieces;

	while (pieces->at < pieces->end) {
		dirty->start = pieces->at;
		dirty->end = sb_piece_end(pieces);
		if (sb_is_clean(dirty->bind, dirty->start, dirty->end)) {
			sb_piece_next_grow(pieces);
		} else if (!sb_piece_shrink(pieces)) {
			sb_piece_next(pieces);
			return true;
		}
	}
	return false;
}
