/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mbind/clean.h"

/* A piece of this many pages is looked at page by page. */
#define SMALL_PIECE 128

bool sb_clean_told(const struct sb_request *request)
{
	return request->plan.strict != SB_STRICT_TELLS_NOTHING;
}

bool sb_is_clean(const struct sb_request *request, unsigned long start, unsigned long end)
{
	return sb_clean_told(request) && !sb_stretch_meets(&request->blind, start, end) &&
	       sb_bind_part(request, start, end, SB_MF_STRICT) == 0;
}

struct sb_dirty sb_dirty_of(const struct sb_request *request, unsigned long start,
			    unsigned long end)
{
	return (struct sb_dirty){
		.request = request,
		.pieces = sb_pieces_of(start, end, SMALL_PIECE * sb_page_size()),
	};
}

bool sb_dirty_next(struct sb_dirty *dirty)
{
	struct sb_pieces *pieces = &dirty->pieces;

	while (pieces->at < pieces->end) {
		dirty->start = pieces->at;
		dirty->end = sb_piece_end(pieces);
		if (sb_is_clean(dirty->request, dirty->start, dirty->end)) {
			sb_piece_next_grow(pieces);
		} else if (!sb_piece_shrink(pieces)) {
			sb_piece_next(pieces);
			return true;
		}
	}
	return false;
}
