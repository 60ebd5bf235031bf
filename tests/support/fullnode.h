/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory nodes without room, or with little. */
#ifndef TESTS_FULLNODE_H
#define TESTS_FULLNODE_H

#include <stdbool.h>
#include <stddef.h>

/* Room is given back in pieces of so many pages. */
enum { ROOM_PIECE = 512 };

/* Why the node cannot be filled here, or NULL. */
const char *cannot_fill(int node);

/* Takes all memory of a node, but for so many pieces. Overflow goes to other nodes: nobody is
 * killed. */
bool fill_node(int node, size_t pieces_left);

/*
 * Whether something that is to meet the filled node did so. The kernel frees memory of its own
 * meanwhile, a huge page at a time at worst, and keeps some of which it may make a page after all:
 * what says false has found room, or shown nothing, and is tried again on a node filled again, a
 * few times.
 */
bool meets_full_node(bool (*meets)(void *arg), void *arg, int node, size_t pieces_left);

/* Gives back what was taken of all nodes. */
void empty_nodes(void);

/* Free pages of a node, by the kernel's own count; 0 where it is not told. */
long free_pages(int node);

/* False where some node is told to have fewer free pages: for what takes huge pages of any size. */
bool nodes_have_room(size_t pages);

#endif
