/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <time.h>

#include "memory.h"
#include "pace.h"
#include "pieces.h"

/* A piece is worth this many times what a call costs that moves nothing. */
#define WORTH 16
/* So that growing never wraps around; hardly any range is longer. */
#define LARGEST (1UL << 58)

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
		.size = target ? huge : LARGEST,
		.target = target,
	};
}

/* How long a piece may take: none is so short that it is not worth its call. */
static uint64_t bound(const struct sb_pace *pace)
{
	uint64_t worth = WORTH * pace->fixed;

	return pace->target > worth ? pace->target : worth;
}

static void grow(struct sb_pace *pace, unsigned long factor)
{
	pace->size = sb_min(pace->size * factor, LARGEST);
}

void sb_pace_learn(struct sb_pace *pace, unsigned long bytes, uint64_t nanoseconds)
{
	/* A last, shorter piece tells nothing about the size. */
	if (!pace->target || bytes < pace->size)
		return;
	if (nanoseconds > bound(pace) && pace->size > pace->smallest)
		pace->size /= 2;
	else if (nanoseconds < bound(pace) / SB_PIECES_FACTOR)
		grow(pace, SB_PIECES_FACTOR);
	else if (nanoseconds < bound(pace) / 2)
		grow(pace, 2);
}

bool sb_pace_wants_fixed(const struct sb_pace *pace, unsigned long bytes, uint64_t nanoseconds)
{
	if (!pace->target || !pace->fixed)
		return pace->target != 0;
	return bytes <= pace->smallest && nanoseconds > bound(pace);
}

void sb_pace_learn_fixed(struct sb_pace *pace, uint64_t nanoseconds)
{
	pace->fixed = pace->fixed ? (pace->fixed + nanoseconds) / 2 : nanoseconds;
}
