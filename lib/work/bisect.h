/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Going over a range in parts whose size follows what is found there: a part that gives trouble
 * is taken again in eighths, one that does not is followed by one eight times as large. Trouble at
 * k of n places costs about k log n steps, and an empty terabyte one.
 */
#ifndef SB_WORK_BISECT_H
#define SB_WORK_BISECT_H

#include <limits.h>
#include <stdbool.h>

#include "core/page.h"

#define SB_BISECT_FACTOR 8

struct sb_bisect {
	unsigned long at; /* start of the part; the caller is done when it reaches end */
	unsigned long end;
	unsigned long size;	/* a power of two */
	unsigned long smallest; /* as well */
};

/* The next larger size; the largest that there is stays as it is. */
static inline unsigned long sb_bisect_larger(unsigned long size)
{
	return size <= ULONG_MAX / SB_BISECT_FACTOR ? size * SB_BISECT_FACTOR : size;
}

/* The first part is the whole range, but of one that is half of all addresses, or more. */
static inline struct sb_bisect sb_bisect_of(unsigned long start, unsigned long end,
					    unsigned long smallest)
{
	struct sb_bisect parts = {
		.at = start, .end = end, .size = smallest, .smallest = smallest
	};

	while (parts.size < end - start && parts.size < sb_bisect_larger(parts.size))
		parts.size = sb_bisect_larger(parts.size);
	return parts;
}

/* The end of the part: aligned to its size, so that parts do not cut huge pages. */
static inline unsigned long sb_bisect_end(const struct sb_bisect *parts)
{
	if (parts->end - parts->at <= parts->size)
		return parts->end;
	return sb_min((parts->at | (parts->size - 1)) + 1, parts->end);
}

/* Takes the part again, smaller. False when it is as small as can be. */
static inline bool sb_bisect_shrink(struct sb_bisect *parts)
{
	if (parts->size <= parts->smallest)
		return false;
	parts->size /= SB_BISECT_FACTOR;
	return true;
}

/*
 * Takes the part again, larger, as it cuts a page of hugetlb. False when it cannot be that: such a
 * page begins at a multiple of its size.
 */
static inline bool sb_bisect_widen(struct sb_bisect *parts)
{
	unsigned long size = sb_bisect_larger(parts->size);

	if (parts->end - parts->at <= parts->size || size == parts->size || parts->at % size != 0)
		return false;
	parts->size = size;
	return true;
}

/* Goes on behind the part, with parts of the same size. */
static inline void sb_bisect_next(struct sb_bisect *parts)
{
	parts->at = sb_bisect_end(parts);
}

/* Goes on behind the part, with larger parts. */
static inline void sb_bisect_next_grow(struct sb_bisect *parts)
{
	sb_bisect_next(parts);
	if (parts->size < parts->end - parts->at)
		parts->size = sb_bisect_larger(parts->size);
}

#endif
