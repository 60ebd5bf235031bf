/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long a move keeps another thread of the process from faulting pages in. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

enum phase { STARTING, WAITING, MOVING, OVER };

#define PAGES 4096

/* A thread that touches one fresh page after the other, all the time. */
struct toucher {
	char *pages;
	size_t page;   /* size of one */
	size_t number; /* of the next one */
	_Atomic enum phase phase;
	uint64_t worst; /* wait while pages were moving */
};

struct stall {
	struct move move;
	bool whole; /* what counts is the time of the move, not the worst wait */
};

/* Touches the next page; after the last one, gives all back first. Returns how long it took. */
static uint64_t touch(struct toucher *toucher)
{
	uint64_t before = now_ns();

	if (toucher->number == PAGES) {
		madvise(toucher->pages, PAGES * toucher->page, MADV_DONTNEED);
		toucher->number = 0;
	}
	*(volatile char *)(toucher->pages + toucher->number++ * toucher->page) = 1;
	return now_ns() - before;
}

static void *touch_all_the_time(void *argument)
{
	struct toucher *toucher = argument;
	enum phase phase;

	touch(toucher);
	atomic_store(&toucher->phase, WAITING);
	do {
		uint64_t wait = touch(toucher);

		/* The last wait of all may be the one that ended with the move. */
		phase = atomic_load(&toucher->phase);
		if (phase >= MOVING && wait > toucher->worst)
			toucher->worst = wait;
	} while (phase != OVER);
	return NULL;
}

static double time_watched(struct stall *stall, void (*do_move)(const struct move *))
{
	struct toucher toucher = { .page = (size_t)sysconf(_SC_PAGESIZE), .number = PAGES };
	pthread_t thread;
	uint64_t before, took;

	toucher.pages = bench_map(PAGES * toucher.page, false);
	move_back(&stall->move);
	if (pthread_create(&thread, NULL, touch_all_the_time, &toucher) != 0)
		abort();
	while (atomic_load(&toucher.phase) == STARTING)
		sched_yield();
	atomic_store(&toucher.phase, MOVING);
	before = now_ns();
	do_move(&stall->move);
	took = now_ns() - before;
	atomic_store(&toucher.phase, OVER);
	pthread_join(thread, NULL);
	bench_unmap(toucher.pages, PAGES * toucher.page);
	return (double)(stall->whole ? took : toucher.worst);
}

static double time_ours(void *context)
{
	return time_watched(context, move_ours);
}

static double time_raw(void *context)
{
	return time_watched(context, move_raw);
}

static void compare(const struct bench *bench, const char *kind, size_t size, bool whole,
		    double aim)
{
	struct stall stall = { { .bench = bench, .size = size }, whole };
	char name[40], what[80];

	snprintf(name, sizeof(name), "%s-%zum", kind, size / MIB);
	if (!bench_wants(bench, name))
		return;
	snprintf(what, sizeof(what), "%s, strict move of %zu MiB",
		 whole ? "time while another thread faults"
		       : "worst wait of another thread's fault",
		 size / MIB);
	stall.move.start = bench_map(size, false);
	bench_run(bench, &(struct comparison){ name, what, "raw", time_ours, time_raw, &stall, aim,
					       0, 0 });
	bench_unmap(stall.move.start, size);
}

void bench_stalls(const struct bench *bench)
{
	bool locked = bench_quirk("locked-while-moving");
	size_t size = bench_fit(bench, 200 * MIB);

	compare(bench, "stalled-wait", size, false, locked ? 0.125 : 0);
	compare(bench, "stalled-time", size, true, locked ? 1.3 : 1.05);
	for (size = MIB; size <= bench->room && size <= GIB; size *= 4)
		compare(bench, "stall", size, false, 0);
}
