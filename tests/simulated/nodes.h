/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Node sets of the simulated kernel. Its own, so that it shares no mistake with the library. */
#ifndef FAKE_NODES_H
#define FAKE_NODES_H

#include <stdbool.h>
#include <string.h>

enum { FAKE_MAX_NODES = 1024, FAKE_LONG_BITS = 64, FAKE_NODE_LONGS = 16 };

struct fake_nodes {
	unsigned long bits[FAKE_NODE_LONGS];
};

static inline struct fake_nodes fake_no_nodes(void)
{
	return (struct fake_nodes){ { 0 } };
}

static inline bool fake_has(const struct fake_nodes *set, int node)
{
	return node >= 0 && node < FAKE_MAX_NODES &&
	       (set->bits[node / FAKE_LONG_BITS] >> (node % FAKE_LONG_BITS) & 1);
}

static inline void fake_add(struct fake_nodes *set, int node)
{
	set->bits[node / FAKE_LONG_BITS] |= 1UL << (node % FAKE_LONG_BITS);
}

static inline void fake_remove(struct fake_nodes *set, int node)
{
	set->bits[node / FAKE_LONG_BITS] &= ~(1UL << (node % FAKE_LONG_BITS));
}

/* The lowest node of the set from this one on, or -1. */
static inline int fake_next(const struct fake_nodes *set, int node)
{
	while (node < FAKE_MAX_NODES) {
		unsigned long rest = set->bits[node / FAKE_LONG_BITS] >> (node % FAKE_LONG_BITS);

		if (rest)
			return node + __builtin_ctzl(rest);
		node = (node / FAKE_LONG_BITS + 1) * FAKE_LONG_BITS;
	}
	return -1;
}

static inline int fake_weight(const struct fake_nodes *set)
{
	int weight = 0;

	for (int i = 0; i < FAKE_NODE_LONGS; i++)
		weight += __builtin_popcountl(set->bits[i]);
	return weight;
}

static inline bool fake_is_empty(const struct fake_nodes *set)
{
	unsigned long all = 0;

	for (int i = 0; i < FAKE_NODE_LONGS; i++)
		all |= set->bits[i];
	return all == 0;
}

static inline struct fake_nodes fake_and(const struct fake_nodes *a, const struct fake_nodes *b)
{
	struct fake_nodes both;

	for (int i = 0; i < FAKE_NODE_LONGS; i++)
		both.bits[i] = a->bits[i] & b->bits[i];
	return both;
}

static inline bool fake_equal(const struct fake_nodes *a, const struct fake_nodes *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* The first count nodes. */
static inline struct fake_nodes fake_first_nodes(int count)
{
	struct fake_nodes set = fake_no_nodes();

	for (int node = 0; node < count; node++)
		fake_add(&set, node);
	return set;
}

static inline struct fake_nodes fake_one_node(int node)
{
	struct fake_nodes set = fake_no_nodes();

	fake_add(&set, node);
	return set;
}

static inline struct fake_nodes fake_two_nodes(int a, int b)
{
	struct fake_nodes set = fake_one_node(a);

	fake_add(&set, b);
	return set;
}

#endif
