/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets of nodes, as large as the kernel's largest. */
#ifndef SB_CORE_NODESET_H
#define SB_CORE_NODESET_H

#include <stdbool.h>

#define SB_MAX_NODES 1024
#define SB_BITS_PER_LONG ((int)(8 * sizeof(long)))
#define SB_NODESET_LONGS (SB_MAX_NODES / SB_BITS_PER_LONG)

struct sb_nodeset {
	unsigned long bits[SB_NODESET_LONGS];
};

static inline bool sb_nodeset_has(const struct sb_nodeset *set, int node)
{
	return node >= 0 && node < SB_MAX_NODES &&
	       set->bits[node / SB_BITS_PER_LONG] >> (node % SB_BITS_PER_LONG) & 1;
}

static inline void sb_nodeset_add(struct sb_nodeset *set, int node)
{
	set->bits[node / SB_BITS_PER_LONG] |= 1UL << (node % SB_BITS_PER_LONG);
}

static inline void sb_nodeset_remove(struct sb_nodeset *set, int node)
{
	set->bits[node / SB_BITS_PER_LONG] &= ~(1UL << (node % SB_BITS_PER_LONG));
}

static inline void sb_nodeset_intersect(struct sb_nodeset *set, const struct sb_nodeset *other)
{
	for (int i = 0; i < SB_NODESET_LONGS; i++)
		set->bits[i] &= other->bits[i];
}

static inline void sb_nodeset_unite(struct sb_nodeset *set, const struct sb_nodeset *other)
{
	for (int i = 0; i < SB_NODESET_LONGS; i++)
		set->bits[i] |= other->bits[i];
}

static inline void sb_nodeset_invert(struct sb_nodeset *set)
{
	for (int i = 0; i < SB_NODESET_LONGS; i++)
		set->bits[i] = ~set->bits[i];
}

bool sb_nodeset_equal(const struct sb_nodeset *a, const struct sb_nodeset *b);
bool sb_nodeset_is_empty(const struct sb_nodeset *set);
int sb_nodeset_weight(const struct sb_nodeset *set);

/* The member that has n members below it, or -1. */
int sb_nodeset_nth(const struct sb_nodeset *set, int n);

/*
 * Reads a mask as the kernel does: the last bit that maxnode names is ignored. Only for masks that
 * the kernel has just read without an error, or that sb_nodeset_readable() passed.
 */
void sb_nodeset_read(struct sb_nodeset *set, const unsigned long *mask, unsigned long maxnode);

/* The kernel takes no mask longer than a page, of which it reads nothing then. */
bool sb_nodeset_too_long(unsigned long maxnode);

/*
 * Whether the kernel can read the mask, which is not too long; a caller's bad pointer must be
 * EFAULT and not a crash.
 */
bool sb_nodeset_readable(const unsigned long *mask, unsigned long maxnode);

/* The nodes that this thread's cpuset allows. 0 or a negative errno. */
long sb_nodeset_allowed(struct sb_nodeset *set);

/* The lowest node that this thread's cpuset allows and that is not taken, or -1. */
int sb_nodeset_other_allowed(int taken);

#endif
