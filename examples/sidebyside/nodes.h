/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The memory nodes this process may use. Everywhere else nodes are numbered 0, 1, ... in their
 * order. */
#ifndef NODES_H
#define NODES_H

#include <stdbool.h>

enum { MASK_BITS = 1024 };

struct mask {
	unsigned long bits[MASK_BITS / (8 * sizeof(unsigned long))];
};

/* mbind and its like ignore the last bit that maxnode names. */
#define MAXNODE (MASK_BITS + 1UL)

/* How many there are. */
int nodes_find(void);

/* The kernel's number of our node, and the other way round; -1 if there is none. */
int node_number(int node);
int node_of_number(int number);

struct mask mask_of(int node);

/* New memory comes from this node; from where the thread runs. */
void allocate_on(int node);
void allocate_anywhere(void);

/* Go on running on a CPU of this node; false if it has none. */
bool run_on(int node);

#endif
