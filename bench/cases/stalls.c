/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a move and another thread of the process get on, where the kernel keeps one waiting for the
 * other. */
#include <stdio.h>
#include <unistd.h>

#include "bench.h"
#include "other.h"

#define PAGES 4096

struct stall {
	struct move move;
	other_fn *act; /* what the other thread does */
	bool whole;    /* what counts is the time of the move, not the worst wait */
};

/* What the other thread works on: the range that moves, or pages of its own. */
static struct other other_of(const struct stall *stall)
{
	struct other other = { .act = stall->act };

	if (stall->act == other_renew) {
		other.memory = stall->move.start;
		other.size = stall->move.size;
	} else if (stall->act == other_touch) {
		other.size = PAGES * (size_t)sysconf(_SC_PAGESIZE);
		other.at = other.size;
		other.memory = bench_map(other.size, false);
	}
	return other;
}

static double time_watched(const struct stall *stall, void (*do_move)(const struct move *))
{
	struct other other = other_of(stall);
	uint64_t before, took;

	move_back(&stall->move);
	other_start(&other);
	other_watch(&other);
	before = now_ns();
	do_move(&stall->move);
	took = now_ns() - before;
	other_stop(&other);
	if (stall->act == other_touch)
		bench_unmap(other.memory, other.size);
	return (double)(stall->whole ? took : other.worst);
}

static double time_ours(void *context)
{
	return time_watched(context, move_ours);
}

static double time_raw(void *context)
{
	return time_watched(context, move_raw);
}

/* The two sides get the stall, with memory to move. */
static void run(const struct bench *bench, struct comparison comparison, struct stall *stall)
{
	stall->move.bench = bench;
	stall->move.start = bench_map(stall->move.size, false);
	comparison.context = stall;
	bench_run(bench, &comparison);
	bench_unmap(stall->move.start, stall->move.size);
}

static void compare(const struct bench *bench, const char *name, const char *what,
		    struct stall stall, double aim)
{
	if (!bench_wants(bench, name))
		return;
	/* A page just faulted in cannot be isolated yet, and the kernel's move may end there. */
	stall.move.raw_lenient = stall.act == other_renew;
	run(bench,
	    (struct comparison){ .name = name,
				 .what = what,
				 .against = "raw",
				 .ours = time_ours,
				 .theirs = time_raw,
				 .aim = aim },
	    &stall);
}

static void compare_faults(const struct bench *bench, const char *kind, size_t size, bool whole,
			   double aim)
{
	struct stall stall = { { .size = size }, other_touch, whole };
	char name[40], what[80];

	snprintf(name, sizeof(name), "%s-%zum", kind, size / MIB);
	snprintf(what, sizeof(what), "%s, strict move of %zu MiB",
		 whole ? "time while another thread faults"
		       : "worst wait of another thread's fault",
		 size / MIB);
	compare(bench, name, what, stall, aim);
}

/* ---- whatever the other thread does ---- */

static const struct beside {
	const char *name;
	const char *what;
	other_fn *act;
	bool waits; /* for a lock that the move holds */
} besides[] = {
	{ "fault", "faults elsewhere", other_touch, true },
	{ "renew", "faults in the range", other_renew, true },
	{ "map", "maps and unmaps a page", other_map, true },
	{ "compute", "computes", other_compute, false },
};

/* Where other work wants the processors, too, a wait is as long as the scheduler makes it. */
static double wait_aim(const struct bench *bench, const struct beside *beside, bool locked)
{
	return locked && beside->waits && bench->busy == 0 ? 0.125 : 0;
}

static void compare_beside(const struct bench *bench, const struct beside *beside, size_t size,
			   bool locked)
{
	struct stall time = { { .size = size }, beside->act, true };
	struct stall wait = { { .size = size }, beside->act, false };
	char name[40], what[120];

	snprintf(name, sizeof(name), "beside-%s-time", beside->name);
	snprintf(what, sizeof(what), "strict move of %zu MiB while another thread %s", size / MIB,
		 beside->what);
	compare(bench, name, what, time, bench->busy ? 2 : 1.2);
	snprintf(name, sizeof(name), "beside-%s-wait", beside->name);
	snprintf(what, sizeof(what), "worst wait of a thread that %s, strict move of %zu MiB",
		 beside->what, size / MIB);
	compare(bench, name, what, wait, wait_aim(bench, beside, locked));
}

/* ---- what the kernel alone does ---- */

static double time_raw_part(const struct stall *stall, bool whole)
{
	struct stall part = *stall;

	part.whole = whole;
	return time_raw(&part);
}

static double time_raw_wait(void *stall)
{
	return time_raw_part(stall, false);
}

static double time_raw_whole(void *stall)
{
	return time_raw_part(stall, true);
}

/* As long as the move itself where the kernel keeps the address space locked all the while. */
static void compare_locked(const struct bench *bench, const struct beside *beside, size_t size,
			   bool locked)
{
	struct stall stall = { { .size = size }, beside->act, false };
	char name[40], what[120];

	snprintf(name, sizeof(name), "locked-%s", beside->name);
	if (!bench_wants(bench, name))
		return;
	snprintf(what, sizeof(what),
		 "raw move of %zu MiB: worst wait of a thread that %s (locked-while-moving: %s)",
		 size / MIB, beside->what, locked ? "yes" : "no");
	run(bench,
	    (struct comparison){ .name = name,
				 .what = what,
				 .against = "the move",
				 .ours = time_raw_wait,
				 .theirs = time_raw_whole },
	    &stall);
}

void bench_stalls(const struct bench *bench)
{
	bool locked = bench_quirk("locked-while-moving");
	size_t size = bench_fit(bench, 200 * MIB);

	for (size_t i = 0; i < sizeof(besides) / sizeof(*besides); i++)
		if (besides[i].waits && besides[i].act != other_renew)
			compare_locked(bench, &besides[i], bench_fit(bench, 96 * MIB), locked);
	compare_faults(bench, "stalled-wait", size, false, locked ? 0.125 : 0);
	compare_faults(bench, "stalled-time", size, true, locked ? 1.3 : 1.05);
	for (size_t i = 0; i < sizeof(besides) / sizeof(*besides); i++)
		compare_beside(bench, &besides[i], bench_fit(bench, 96 * MIB), locked);
	for (size = MIB; size <= bench->room && size <= GIB; size *= 4)
		compare_faults(bench, "stall", size, false, 0);
}
