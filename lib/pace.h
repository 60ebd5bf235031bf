/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How large a piece may be so that moving it keeps nobody waiting for long, learned from the pieces
 * moved so far.
 */
#ifndef SB_PACE_H
#define SB_PACE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Where the kernel keeps everybody waiting while it moves pages: how long a piece may take unless
 * told otherwise, and the bytes that are moved in about that time.
 */
#define SB_STALL_US 2000
#define SB_STALL_BYTES (4 * sb_huge_size())

struct sb_pace {
	unsigned long smallest; /* bytes, a power of two: a huge page */
	unsigned long size;	/* bytes, a power of two */
	uint64_t target;	/* nanoseconds; 0: any size will do */
	uint64_t fixed;		/* what a call costs that moves nothing; 0: not known */
};

struct sb_pace sb_pace_of(uint64_t target);

/* A piece of this many bytes took this long. */
void sb_pace_learn(struct sb_pace *pace, unsigned long bytes, uint64_t nanoseconds);

/*
 * Whether to measure what a call costs that moves nothing. Not only once: with busy processors it
 * grows, and when a small piece takes long that may be all there is to it.
 */
bool sb_pace_wants_fixed(const struct sb_pace *pace, unsigned long bytes, uint64_t nanoseconds);
void sb_pace_learn_fixed(struct sb_pace *pace, uint64_t nanoseconds);

/* Monotonic time in nanoseconds. */
uint64_t sb_now(void);

#endif
