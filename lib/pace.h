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

/* So that growing never wraps around; hardly any range is longer. */
#define SB_PACE_LARGEST (1UL << 58)

struct sb_pace {
	unsigned long smallest; /* bytes, a power of two: a huge page */
	unsigned long size;	/* bytes, a power of two */
	uint64_t target;	/* nanoseconds; 0: any size will do */
	uint64_t fixed;		/* what a call costs that moves nothing; 0: not known */
	unsigned long sparse;	/* pieces with next to nothing in them make it grow up to this */
	unsigned long since;	/* pieces since fixed was measured */
	unsigned long stale;	/* so many later it is measured again */
};

struct sb_pace sb_pace_of(uint64_t target);

/* How long a piece may take: none is so short that it is not worth its call. */
uint64_t sb_pace_bound(const struct sb_pace *pace);

/* Whether a piece took so long that there was much to move in it. */
bool sb_pace_is_dense(const struct sb_pace *pace, uint64_t nanoseconds);

/* A piece of this many bytes took this long. */
void sb_pace_learn(struct sb_pace *pace, unsigned long bytes, uint64_t nanoseconds);

/*
 * After a piece: whether to measure what a call costs that moves nothing. Not only once, as that
 * may have been disturbed, and costs more where processors are busy. Not often: it takes the lock,
 * too.
 */
bool sb_pace_wants_fixed(const struct sb_pace *pace, uint64_t nanoseconds);
void sb_pace_learn_fixed(struct sb_pace *pace, uint64_t nanoseconds);

/* Monotonic time in nanoseconds. */
uint64_t sb_now(void);

#endif
