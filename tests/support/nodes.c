/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nodes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct nodes nodes_none(void)
{
	struct nodes set = { { 0 } };

	return set;
}

struct nodes nodes_one(int node)
{
	struct nodes set = nodes_none();

	nodes_add(&set, node);
	return set;
}

struct nodes nodes_two(int a, int b)
{
	struct nodes set = nodes_one(a);

	nodes_add(&set, b);
	return set;
}

struct nodes nodes_and(const struct nodes *a, const struct nodes *b)
{
	struct nodes set;

	for (int i = 0; i < NODES_WORDS; i++)
		set.words[i] = a->words[i] & b->words[i];
	return set;
}

void nodes_add(struct nodes *set, int node)
{
	/* Beyond the set there is other memory of the test. */
	if (node < 0 || node >= NODES_BITS)
		abort();
	set->words[node / 64] |= 1UL << (node % 64);
}

bool nodes_has(const struct nodes *set, int node)
{
	if (node < 0 || node >= NODES_BITS)
		return false;
	return set->words[node / 64] >> (node % 64) & 1;
}

bool nodes_empty(const struct nodes *set)
{
	for (int i = 0; i < NODES_WORDS; i++)
		if (set->words[i])
			return false;
	return true;
}

bool nodes_equal(const struct nodes *a, const struct nodes *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

int nodes_weight(const struct nodes *set)
{
	int weight = 0;

	for (int i = 0; i < NODES_WORDS; i++)
		weight += __builtin_popcountl(set->words[i]);
	return weight;
}

int nodes_next(const struct nodes *set, int node)
{
	while (node < NODES_BITS) {
		unsigned long rest = set->words[node / 64] >> (node % 64);

		if (rest)
			return node + __builtin_ctzl(rest);
		node = (node / 64 + 1) * 64;
	}
	return NODES_BITS;
}

int nodes_nth(const struct nodes *set, int n)
{
	int node = nodes_next(set, 0);

	while (n-- > 0 && node < NODES_BITS)
		node = nodes_next(set, node + 1);
	return node < NODES_BITS ? node : -1;
}

int nodes_rank(const struct nodes *set, int node)
{
	int rank = 0;

	for (int i = nodes_next(set, 0); i < node; i = nodes_next(set, i + 1))
		rank++;
	return rank;
}

struct nodes nodes_cut(const struct nodes *set, unsigned long maxnode)
{
	struct nodes cut = *set;
	/* The kernel takes maxnode - 1 bits; 0 wraps to more than it accepts. */
	unsigned long bits = maxnode - 1;

	for (int i = 0; i < NODES_WORDS; i++) {
		unsigned long first = (unsigned long)i * 64;

		if (bits <= first)
			cut.words[i] = 0;
		else if (bits < first + 64)
			cut.words[i] &= (1UL << (bits - first)) - 1;
	}
	return cut;
}

char *nodes_print(const struct nodes *set, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = 0;
	for (int from = nodes_next(set, 0); from < NODES_BITS;) {
		int to = from;
		int n;

		while (nodes_has(set, to + 1))
			to++;
		n = snprintf(buf + used, size - used, from == to ? "%s%d" : "%s%d-%d",
			     used ? "," : "", from, to);
		if (n < 0 || (size_t)n >= size - used)
			break;
		used += (size_t)n;
		from = nodes_next(set, to + 1);
	}
	return buf;
}
