/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Node sets, wide enough for every kernel's, and for some bits too many. */
#ifndef TESTS_NODES_H
#define TESTS_NODES_H

#include <stdbool.h>
#include <stddef.h>

enum { NODES_BITS = 2048, NODES_WORDS = NODES_BITS / 64 };

struct nodes {
	unsigned long words[NODES_WORDS];
};

/* maxnode that names every bit of a struct nodes below 1024, and none above. */
#define NODES_MAXNODE 1025UL

struct nodes nodes_none(void);
struct nodes nodes_one(int node);
struct nodes nodes_two(int a, int b);
struct nodes nodes_and(const struct nodes *a, const struct nodes *b);
void nodes_add(struct nodes *set, int node);
bool nodes_has(const struct nodes *set, int node);
bool nodes_empty(const struct nodes *set);
bool nodes_equal(const struct nodes *a, const struct nodes *b);
int nodes_weight(const struct nodes *set);
/* First member at or after node, NODES_BITS if there is none. */
int nodes_next(const struct nodes *set, int node);
/* Member number n (from 0), -1 if there are not that many. */
int nodes_nth(const struct nodes *set, int n);
/* How many members are below node. */
int nodes_rank(const struct nodes *set, int node);
/* The set as the kernel sees it when it is passed with this maxnode. */
struct nodes nodes_cut(const struct nodes *set, unsigned long maxnode);
/* "0-1,3" into buf; returns buf. */
char *nodes_print(const struct nodes *set, char *buf, size_t size);

#endif
