/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads that each move memory of their own, all at the same time, as those of OpenMP do. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

enum { MOST_THREADS = 4 };

struct together {
	struct move moves[MOST_THREADS];
	int count;
	pthread_barrier_t begin;
	pthread_barrier_t end;
	void (*do_move)(const struct move *move);
};

struct worker {
	struct together *together;
	const struct move *move;
	pthread_t thread;
};

static void *work(void *arg)
{
	const struct worker *worker = arg;

	pthread_barrier_wait(&worker->together->begin);
	worker->together->do_move(worker->move);
	pthread_barrier_wait(&worker->together->end);
	return NULL;
}

static void start(struct worker *worker, struct together *together, int number)
{
	worker->together = together;
	worker->move = &together->moves[number];
	if (pthread_create(&worker->thread, NULL, work, worker) != 0) {
		fprintf(stderr, "No thread.\n");
		exit(1);
	}
}

/* From when all begin to when the last has ended. */
static double time_together(struct together *together, void (*do_move)(const struct move *))
{
	struct worker workers[MOST_THREADS];
	uint64_t before;
	double time;

	together->do_move = do_move;
	for (int i = 0; i < together->count; i++) {
		move_back(&together->moves[i]);
		start(&workers[i], together, i);
	}
	before = now_ns();
	pthread_barrier_wait(&together->begin);
	pthread_barrier_wait(&together->end);
	time = (double)(now_ns() - before);
	for (int i = 0; i < together->count; i++)
		pthread_join(workers[i].thread, NULL);
	return time;
}

static double time_ours(void *together)
{
	return time_together(together, move_ours);
}

static double time_raw(void *together)
{
	return time_together(together, move_raw);
}

static void compare(const struct bench *bench, int count)
{
	struct together together = { .count = count };
	size_t size = bench_fit(bench, 48 * MIB);
	char name[24], what[80];

	snprintf(name, sizeof(name), "together-%d", count);
	if (!bench_wants(bench, name))
		return;
	pthread_barrier_init(&together.begin, NULL, (unsigned)count + 1);
	pthread_barrier_init(&together.end, NULL, (unsigned)count + 1);
	for (int i = 0; i < count; i++)
		together.moves[i] = (struct move){ .bench = bench,
						   .start = bench_map(size, false),
						   .size = size };
	snprintf(what, sizeof(what), "%d threads that each move %zu MiB of their own", count,
		 size / MIB);
	bench_run(bench, &(struct comparison){ name, what, "the same with the raw call", time_ours,
					       time_raw, &together, 1.1, 0, 0 });
	for (int i = 0; i < count; i++)
		bench_unmap(together.moves[i].start, size);
	pthread_barrier_destroy(&together.begin);
	pthread_barrier_destroy(&together.end);
}

void bench_together(const struct bench *bench)
{
	compare(bench, 2);
	compare(bench, 4);
}
