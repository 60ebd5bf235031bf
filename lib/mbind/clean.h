/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where in a range whose policy is set misplaced pages are, by what the kernel says of pieces. */
#ifndef SB_MBIND_CLEAN_H
#define SB_MBIND_CLEAN_H

#include "mbind/request.h"
#include "work/bisect.h"

/*
 * Whether this kernel says of that policy that no page is misplaced. What "STRICT alone said 0"
 * means, and where it was seen:
 *  - It says that no page of the range is outside N, of whatever memory: base and huge pages,
 * shared ones too, merged, secret, in PROT_NONE mappings, and pages of which move_pages tells no
 * node.
 *  - It says nothing under MPOL_DEFAULT (rule 11), and nothing under strict-ignores-misplaced.
 *  - It says nothing of hugetlb mappings under strict-ignores-hugetlb: what may be one is in
 *    request->blind, and never counts as clean.
 *  - It is about N as the caller passed it, not about the nodes that relative ones stand for.
 */
bool sb_clean_told(const struct sb_request *request);

/*
 * Whether the kernel says, with STRICT alone, that no page is misplaced; with an empty N, that no
 * page is present. Changes nothing, and costs little: it stops at the first such page. False also
 * where the kernel does not say, and where another thread has unmapped part of the piece.
 */
bool sb_is_clean(const struct sb_request *request, unsigned long start, unsigned long end);

/* Small pieces that are not clean, one after the other. */
struct sb_dirty {
	const struct sb_request *request;
	struct sb_pieces pieces;
	unsigned long start; /* of the piece found last */
	unsigned long end;
};

struct sb_dirty sb_dirty_of(const struct sb_request *request, unsigned long start,
			    unsigned long end);

/* Finds the next one; false after the last. */
bool sb_dirty_next(struct sb_dirty *dirty);

#endif
