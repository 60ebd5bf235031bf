/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets of memory nodes, and the nodes of this machine. */
#ifndef NODES_H
#define NODES_H

#include <stdbool.h>

enum { NODES_MOST = 1024, NODES_WORDS = NODES_MOST / 64 };

struct nodes {
	unsigned long words[NODES_WORDS];
};

/* maxnode for such a set, as the library takes it. */
#define NODES_MAXNODE (NODES_MOST + 1UL)

bool nodes_has(const struct nodes *set, int node);
void nodes_add(struct nodes *set, int node);
bool nodes_empty(const struct nodes *set);
int nodes_weight(const struct nodes *set);
/* The highest node, -1 if there is none. */
int nodes_last(const struct nodes *set);
struct nodes nodes_both(const struct nodes *a, const struct nodes *b);
struct nodes nodes_without(const struct nodes *a, const struct nodes *b);

/* "0-1,3" as a new string, "none" for an empty set. */
char *nodes_print(const struct nodes *set);

/* "3 memory nodes: 0-1,3", or that they are not told. */
char *nodes_describe(const struct nodes *set);

/* The same back, as the kernel writes it; stops at the first character that does not belong. */
const char *nodes_read(const char *text, struct nodes *set);

/*
 * An argument: a string as numactl takes it ("0,2-3", "all", "!1", "+0", "netdev:eth0", ...).
 * Ends the program when it is not one, names a node that is not online, or is empty.
 */
struct nodes nodes_argument(const char *what, const char *text);

/* The nodes that this process may use; empty: it is not told. */
struct nodes nodes_allowed(void);
/* The same by /proc, where that call is refused. */
struct nodes nodes_by_status(void);

/* The nodes with memory. Without /sys: those this process may use. Empty: it is not told. */
struct nodes nodes_of_machine(void);

/* Bytes that are free on a node: in huge pages of so many KiB, or, 0, all. Far too many: not told.
 */
unsigned long nodes_free(int node, unsigned long huge_kib);
/* The same of all nodes of a set, without what the kernel keeps for itself. */
unsigned long nodes_room(const struct nodes *set, unsigned long huge_kib);

/* Above the highest node that pages can be on. */
int nodes_limit(void);

#endif
