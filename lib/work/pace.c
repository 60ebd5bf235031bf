/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <time.h>

#include "core/page.h"
#include "work/pace.h"

/* A chunk is worth this many times what a call costs that moves nothing. */
#define WORTH 16
/* A chunk that takes this many times what an empty one costs has much to move. */
#define DENSE 4
/*
 * So far, in huge pages, chunks grow that have not: what comes next may be full. What may be looked
 * at first is passed over in larger stretches anyway.
 */
#define SPARSE 8
/*
 * Where chunks take longer than was asked for, what a call costs is measured again after so many,
 * then after twice as many, and so on.
 */
#define STALE 16
/* Who waits for a chunk is not to wait for more than about this part of all. */
#define PARTS 16
/* A larger chunk that is tried has up to so many times the bytes. */
#define STEP 4
/* It is kept where at least so many percent of its time do not depend on its size. */
#define LOST 5
/* So many chunks of a size are timed before a larger one is tried. */
#define TIMED 2
/* What was found out holds for so many chunks. */
#define HOLDS 16
/*
 * Moving a page takes 1.4 to 6 times as long as populating one, and a processor that runs answers
 * an interrupt in some microseconds. Where a page takes more nanoseconds than this, and so many
 * times as long as populating one, in so many chunks in a row, a virtual machine is short of
 * processors: each page waits until one that spins gets its turn.
 */
#define DISTURBED_NS 100000
#define DISTURBED 12
#define ON_AND_ON 2

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now = { .tv_sec = 0 };
	int saved = errno;

	/* A sandbox may not know it: then it says 0. */
	if (clock_gettime(clock, &now) != 0)
		errno = saved;
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

uint64_t sb_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

struct sb_took sb_took_start(void)
{
	return (struct sb_took){ sb_now(), read_clock(CLOCK_THREAD_CPUTIME_ID) };
}

struct sb_took sb_took_since(const struct sb_took *start)
{
	struct sb_took took = sb_took_start();

	took.elapsed -= start->elapsed;
	/* 0: a sandbox that knows no such clock. */
	took.worked = took.worked ? took.worked - start->worked : took.elapsed;
	return took;
}

struct sb_pace sb_pace_of(uint64_t target, unsigned long smallest)
{
	return (struct sb_pace){
		.smallest = smallest,
		.size = target ? smallest : SB_PACE_LARGEST,
		.target = target,
		.sparse = SPARSE * smallest,
	};
}

uint64_t sb_pace_bound(const struct sb_pace *pace)
{
	uint64_t worth = WORTH * pace->fixed;

	return pace->target > worth ? pace->target : worth;
}

bool sb_pace_matters(const struct sb_pace *pace, uint64_t fixed)
{
	return fixed > pace->target / WORTH;
}

bool sb_pace_is_dense(const struct sb_pace *pace, uint64_t nanoseconds)
{
	return pace->fixed && nanoseconds > DENSE * pace->fixed;
}

/* ---- what chunks cost because they are chunks ---- */

void sb_pace_may_lose_less(struct sb_pace *pace, unsigned long bytes, bool rather_none)
{
	struct sb_losses *losses = &pace->losses;

	losses->most = pace->smallest;
	do
		losses->most *= 2;
	while (losses->most <= bytes / PARTS / 2);
	losses->rather_none = rather_none;
	losses->wait = TIMED;
}

void sb_pace_learn_page(struct sb_pace *pace, uint64_t nanoseconds)
{
	pace->losses.page = nanoseconds;
}

static void add_time(struct sb_times *times, unsigned long size, uint64_t nanoseconds)
{
	if (times->size != size)
		*times = (struct sb_times){ .size = size };
	times->count++;
	times->sum += nanoseconds;
	if (nanoseconds > times->longest)
		times->longest = nanoseconds;
}

/* Of many without the longest, as whatever else disturbs a chunk makes it longer. */
static uint64_t mean_of(const struct sb_times *times)
{
	if (times->count <= TIMED)
		return times->sum / times->count;
	return (times->sum - times->longest) / (times->count - 1);
}

/* Percent of the time of the larger chunks that do not depend on the size: t = lost + size * rate.
 */
static uint64_t lost_percent(const struct sb_times *smaller, const struct sb_times *larger)
{
	uint64_t ratio = larger->size / smaller->size;
	uint64_t small = mean_of(smaller) * ratio;
	uint64_t large = mean_of(larger);

	return small > large && large > 0 ? (small - large) * 100 / ((ratio - 1) * large) : 0;
}

static void try_larger(struct sb_pace *pace)
{
	struct sb_losses *losses = &pace->losses;

	losses->trying = true;
	losses->before = losses->now;
	pace->size = sb_min(pace->size * STEP, losses->most);
}

static void judge_larger(struct sb_pace *pace)
{
	struct sb_losses *losses = &pace->losses;

	losses->trying = false;
	if (lost_percent(&losses->before, &losses->now) >= LOST) {
		losses->earned = pace->size;
		losses->wait = TIMED;
	} else {
		pace->size = losses->before.size;
		losses->earned = 0;
		losses->wait *= 2;
	}
}

static bool is_disturbed(const struct sb_pace *pace, uint64_t nanoseconds)
{
	uint64_t page = nanoseconds / (pace->size / sb_page_size());

	return pace->losses.page && page > DISTURBED_NS && page > DISTURBED * pace->losses.page;
}

/* Smaller chunks would not even be shorter. */
static void flee(struct sb_pace *pace)
{
	struct sb_losses *losses = &pace->losses;

	losses->trying = false;
	if (pace->size < losses->most) {
		pace->size = sb_min(pace->size * STEP, losses->most);
		losses->earned = pace->size;
	} else if (losses->rather_none) {
		pace->size = SB_PACE_LARGEST;
		pace->target = 0;
	}
}

/* Whether that has determined the size. */
static bool learn_losses(struct sb_pace *pace, struct sb_took took)
{
	struct sb_losses *losses = &pace->losses;

	if (!losses->most)
		return false;
	add_time(&losses->now, pace->size, took.elapsed);
	losses->disturbed = is_disturbed(pace, took.worked) ? losses->disturbed + 1 : 0;
	if (losses->disturbed >= ON_AND_ON) {
		flee(pace);
	} else if (losses->trying) {
		judge_larger(pace);
	} else if (pace->size < losses->most && losses->now.count >= losses->wait &&
		   sb_pace_is_dense(pace, took.elapsed)) {
		try_larger(pace);
	} else if (pace->size == losses->earned && losses->now.count >= HOLDS) {
		pace->size = sb_max(pace->size / STEP, pace->smallest);
		losses->earned = pace->size;
	} else {
		return false;
	}
	return true;
}

/* ---- the size ---- */

/*
 * Where a call that moves nothing takes long, or seemed to when it was measured, chunks would grow
 * to a large part of all: what is not to be lost is bounded, too.
 */
static unsigned long most_dense(const struct sb_pace *pace)
{
	return pace->losses.most ? pace->losses.most : SB_PACE_LARGEST;
}

static bool may_grow(const struct sb_pace *pace, uint64_t nanoseconds)
{
	return pace->size < (sb_pace_is_dense(pace, nanoseconds) ? most_dense(pace) : pace->sparse);
}

static bool is_too_long(const struct sb_pace *pace, struct sb_took took)
{
	return took.worked > sb_pace_bound(pace) ||
	       (pace->size > most_dense(pace) && sb_pace_is_dense(pace, took.elapsed));
}

/*
 * A chunk is as long as the time that it takes on a processor. Where others want the processor,
 * too, it is interrupted whatever its size.
 */
void sb_pace_learn(struct sb_pace *pace, unsigned long bytes, struct sb_took took)
{
	pace->since++;
	/* A last, shorter chunk tells nothing about the size. */
	if (!pace->target || bytes < pace->size || learn_losses(pace, took))
		return;
	if (is_too_long(pace, took) && pace->size > sb_max(pace->smallest, pace->losses.earned))
		pace->size /= 2;
	else if (took.worked < sb_pace_bound(pace) / 2 && may_grow(pace, took.elapsed))
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
