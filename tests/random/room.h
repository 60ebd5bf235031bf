/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much room there is on the nodes. Cases come in eras of some: in most there is room
 * everywhere, in the others a child holds nearly all memory of a node or two, or the hugetlb pages
 * of one. An era depends on nothing but the seed and its number.
 */
#ifndef RANDOM_ROOM_H
#define RANDOM_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "nodes.h"

enum { CASES_OF_ERA = 24 };

struct room {
	uint64_t era;
	struct nodes full;	 /* nodes nearly without memory */
	size_t left;		 /* pages that each of them has left */
	struct nodes no_hugetlb; /* nodes whose hugetlb pool is used up */
	pid_t holder;
};

/* Nodes can be filled here: they are small enough, and there is where else to go. */
bool room_can_fill(void);

/* The era of this case; what the one before held is given back. */
void room_enter(struct room *room, uint64_t seed, uint64_t number);
void room_leave(struct room *room);

/* Is there so much room on a node, besides this many pages, that no allocation there can fail? */
bool room_is_ample(int node, size_t pages);

void room_print(const struct room *room, char *buf, size_t size);

#endif
