/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the policy of a call places pages, and what the node of a page tells of it. */
#ifndef SB_MBIND_PLACING_H
#define SB_MBIND_PLACING_H

#include "core/nodeset.h"
#include "mbind/request.h"

/*
 * Whether a page that was moved is in N. Not where N is empty, and not where relative nodes stand
 * for others: pages are judged by the numbers the caller passed, but placed on the nodes those
 * stand for. Only after the kernel has read the mask.
 */
bool sb_nodes_tell(const struct sb_request *request);

/*
 * Whether a success of mbind with MOVE may have left pages outside N: in every mode but MPOL_BIND,
 * which alone moves pages to no other nodes (SB_PLACES_OUTSIDE). Only after the kernel has read the
 * mask.
 */
bool sb_may_place_outside(const struct sb_request *request);

/*
 * placed: the nodes on which pages are in place, the caller's own when the policy names none.
 * targets: those of them on which the caller's cpuset lets pages be; when the policy names none,
 * all on which it does. False when that is not told.
 */
bool sb_placing_find(const struct sb_request *request, struct sb_nodeset *placed,
		     struct sb_nodeset *targets);

#endif
