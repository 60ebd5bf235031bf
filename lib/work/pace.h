/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How large a chunk may be so that moving it keeps nobody waiting for long, learned from the chunks
 * moved so far.
 */
#ifndef SB_WORK_PACE_H
#define SB_WORK_PACE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * No chunk need be smaller. It does not depend on the sizes of pages and huge pages, as what takes
 * time is copying. A huge page that is larger moves with the first chunk that has a part of it.
 */
#define SB_SMALLEST_CHUNK (2UL << 20)

/*
 * Where the kernel keeps everybody waiting while it moves pages: how long a chunk may take unless
 * told otherwise, and the bytes that are moved in about that time.
 */
#define SB_STALL_US 2000
#define SB_STALL_BYTES (4 * SB_SMALLEST_CHUNK)

/* So that growing never wraps around; hardly any range is longer. */
#define SB_PACE_LARGEST (1UL << 58)

/* How long something took, in nanoseconds: by the clock, and of that on a processor. */
struct sb_took {
	uint64_t elapsed;
	uint64_t worked;
};

/* How long chunks of one size took. */
struct sb_times {
	unsigned long size;
	unsigned count;
	uint64_t sum;
	uint64_t longest;
};

/*
 * What chunks cost because they are chunks. Between two of them another thread that waits for the
 * lock gets it. It is woken for that, and wants the lock again; then it does not sleep at once but
 * spins, and as long as it does, its processor is interrupted for every page that moves, and has to
 * answer. In one call for everything that happens once, and then the other thread sleeps.
 */
struct sb_losses {
	unsigned long most; /* bytes that a chunk may have in order to lose less; 0: do not care */
	bool rather_none; /* no chunks at all where pages take many times as long as they should */
	uint64_t page;	  /* nanoseconds that it takes to populate a page; 0: not known */
	unsigned disturbed;   /* chunks in a row whose pages took many times that */
	unsigned wait;	      /* after so many chunks of one size a larger one is tried */
	bool trying;	      /* such a one is under way */
	unsigned long earned; /* chunks of this size lose less than smaller ones */
	struct sb_times now;
	struct sb_times before; /* of the smaller size */
};

struct sb_pace {
	unsigned long smallest; /* bytes, a power of two */
	unsigned long size;	/* bytes, a power of two */
	uint64_t target;	/* nanoseconds; 0: any size will do */
	uint64_t fixed;		/* what a call costs that moves nothing; 0: not known */
	unsigned long sparse;	/* chunks with next to nothing in them make it grow up to this */
	unsigned long since;	/* chunks since fixed was measured */
	unsigned long stale;	/* so many later it is measured again */
	struct sb_losses losses;
};

/* smallest: bytes of the smallest chunk, a power of two. */
struct sb_pace sb_pace_of(uint64_t target, unsigned long smallest);

/*
 * For a target that nobody has asked for: chunks may take longer where they would cost much time
 * compared with one call for everything, which keeps everybody waiting until all is done. bytes:
 * how much there is to move, at most. rather_none: in the end the rest may become one chunk.
 */
void sb_pace_may_lose_less(struct sb_pace *pace, unsigned long bytes, bool rather_none);

/* How long it takes to populate a page: what moving one costs is a small multiple of that. */
void sb_pace_learn_page(struct sb_pace *pace, uint64_t nanoseconds);

/* How long a chunk may take: none is so short that it is not worth its call. */
uint64_t sb_pace_bound(const struct sb_pace *pace);

/* Whether a chunk took so long that there was much to move in it. */
bool sb_pace_is_dense(const struct sb_pace *pace, uint64_t nanoseconds);

/* A chunk of this many bytes took this long. */
void sb_pace_learn(struct sb_pace *pace, unsigned long bytes, struct sb_took took);

/*
 * After a chunk: whether to measure what a call costs that moves nothing. Not only once, as that
 * may have been disturbed, and costs more where processors are busy. Not often: it takes the lock,
 * too.
 */
bool sb_pace_wants_fixed(const struct sb_pace *pace, uint64_t nanoseconds);
void sb_pace_learn_fixed(struct sb_pace *pace, uint64_t nanoseconds);

/* Whether a call that moves nothing costs so much that chunks take longer than was asked for. */
bool sb_pace_matters(const struct sb_pace *pace, uint64_t fixed);

/* Monotonic time in nanoseconds. */
uint64_t sb_now(void);

/* Now, and how long it took since. */
struct sb_took sb_took_start(void);
struct sb_took sb_took_since(const struct sb_took *start);

#endif
