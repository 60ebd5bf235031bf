/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where in a range whose policy is set misplaced pages are, by what the kernel says of pieces. */
#ifndef SB_DIRTY_H
#define SB_DIRTY_H

#include "bind.h"
#include "pieces.h"

/* Whether this kernel says of that policy that no page is misplaced. */
bool sb_clean_told(const struct sb_bind *bind);

/*
 * Whether the kernel says, with STRICT alone, that no page is misplaced; with an empty N, that no
 * page is present. Changes nothing, and costs little: it stops at the first such page. False also
 * where the kernel does not say, and where another thread has unmapped part of the piece.
 */
bool sb_is_clean(const struct sb_bind *bind, unsigned long start, unsigned long end);

/* Small pieces that are not clean, one after the other. */
struct sb_dirty {
	const struct sb_bind *bind;
	struct sb_pieces pieces;
	unsigned long start; /* of the piece found last */
	unsigned long end;
};

struct sb_dirty sb_dirty_of(const struct sb_bind *bind, unsigned long start, unsigned long end);

/* Finds the next one; false after the last. */
bool sb_dirty_next(struct sb_dirty *dirty);

#endif
