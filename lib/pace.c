/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <time.h>

#include "memory.h"
#include "pace.h"

/* A piece is worth this many times what a call costs that moves nothing. */
#define WORTH 16

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
		.size = target ? huge : 1UL << 62,
		.target = target,
	};
}

void sb_pace_learn(struct sb_pace *pace, unsigned long bytes, uint64_t nanoseconds)
{
	uint64_t target = pace->target;

	/* A last, shorter piece tells nothing about the size. */
	if (!target || bytes < pace->size)
		return;
	if (target < WORTH * pace->fixed)
		target = WORTH * pace->fixed;
	if (nanoseconds > target && pace->size > pace->smallest)
		pace->size /= 2;
	else if (nanoseconds < target / 2)
		pace->size *= 2;
}
