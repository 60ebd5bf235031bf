/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where in a range whose policy is set misplaced pages are, by what the kernel says of parts. */
#ifndef SB_MBIND_STRICT_H
#define SB_MBIND_STRICT_H

#include "mbind/request.h"
#include "work/bisect.h"

/*
 * Whether this kernel says of that policy that no page is misplaced. What "STRICT alone said 0"
 * means, and where it was seen:
 *  - It says that no page of the range is outside N, of whatever memory: base and huge pages,
 *    shared ones too, merged, secret, in PROT_NONE mappings, and those of unknown node.
 *  - It says nothing under MPOL_DEFAULT (rule 11), and nothing under strict-ignores-misplaced.
 *  - It says nothing of hugetlb mappings under strict-ignores-hugetlb: what may be one is in
 *    request->blind, and is never said to be without misplaced pages.
 *  - It is about N as the caller passed it, not about the nodes that relative ones stand for.
 */
bool sb_strict_tells(const struct sb_request *request);

/*
 * Whether the kernel says, with STRICT alone, that no page is misplaced; with an empty N, that no
 * page is present. Changes nothing, and costs little: it stops at the first such page. False also
 * where the kernel does not say, and where another thread has unmapped part of that.
 */
bool sb_none_misplaced(const struct sb_request *request, unsigned long start, unsigned long end);

/* Small parts that have misplaced pages, one after the other. */
struct sb_misplaced_parts {
	const struct sb_request *request;
	struct sb_bisect bisect;
	unsigned long start; /* of the part found last */
	unsigned long end;
};

struct sb_misplaced_parts sb_misplaced_parts_of(const struct sb_request *request,
						unsigned long start, unsigned long end);

/* Finds the next one; false after the last. */
bool sb_misplaced_parts_next(struct sb_misplaced_parts *parts);

#endif
