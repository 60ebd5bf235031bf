/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <time.h>

#include "memory.h"
#include "pace.h"

/* A piece is worth this many times what a call costs that moves nothing. */
#define WORTH 16
/* A piece that takes this many times what an empty one costs has much to move. */
#define DENSE 4
/*
 * So far, in huge pages, pieces grow that have not: what comes next may be full. What may be looked
 * at first is passed over in larger stretches anyway.
 */
#define SPARSE 8
/*
 * Where pieces take longer than was asked for, what a call costs is measured again after so many,
 * then after twice as many, and so on.
 */
#define STALE 16

uint64_t sb_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

struct sb_pace sb_pace_of(uint64_t target)
{
	unsigned long huge = sb_huge_size();

	return (struct sb_pace){
		.smallest = huge,
		.size = target ? huge : SB_PACE_LARGEST,
		.target = target,
		.sparse = SPARSE * huge,
	};
}

uint64_t sb_pace_bound(const struct sb_pace *pace)
{
	uint64_t worth = WORTH * pace->fixed;

	return pace->target > worth ? pace->target : worth;
}

bool sb_pace_is_dense(const struct sb_pace *pace, uint64_t nanoseconds)
{
	return pace->fixed && nanoseconds > DENSE * pace->fixed;
}

static bool may_grow(const struct sb_pace *pace, uint64_t nanoseconds)
{
	return pace->size < SB_PACE_LARGEST &&
	       (pace->size < pace->sparse || sb_pace_is_dense(pace, nanoseconds));
}

void sb_pace_learn(struct sb_pace *pace, unsigned long bytes, uint64_t nanoseconds)
{
	uint64_t bound = sb_pace_bound(pace);

	pace->since++;
	/* A last, shorter piece tells nothing about the size. */
	if (!pace->target || bytes < pace->size)
		return;
	if (nanoseconds > bound && pace->size > pace->smallest)
		pace->size /= 2;
	else if (nanoseconds < bound / 2 && may_grow(pace, nanoseconds))
		pace->size *= 2;
}

bool sb_pace_wants_fixed(const struct sb_pace *pace, uint64_t nanoseconds)
{
	if (!pace->target || !pace->fixed)
		return pace->target != 0;
	return pace->since >= pace->stale && nanoseconds > pace->target;
}

void sb_pace_learn_fixed(struct sb_pace *pace, uint64_t nanoseconds)
{
	bool less = !pace->fixed || nanoseconds < pace->fixed;

	/* What disturbs a measurement makes it longer, never shorter. */
	pace->fixed = less ? nanoseconds : (pace->fixed + nanoseconds) / 2;
	pace->since = 0;
	pace->stale = pace->stale ? 2 * pace->stale : STALE;
}
