/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pairs of nodes of a migrate_pages call, worked out the straightforward way. */
#ifndef FAKE_PAIRS_H
#define FAKE_PAIRS_H

#include "nodes.h"

struct pair {
	int source;
	int target;
};

/* Fills pairs, of which there are at most FAKE_MAX_NODES. Returns how many. */
int pairs_of(const struct fake_nodes *from, const struct fake_nodes *to, struct pair *pairs);

#endif
