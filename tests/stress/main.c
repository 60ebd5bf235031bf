/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads map, unmap, protect and touch memory, fork, and are interrupted by a handler that calls
 * the library, while others call the library for the same memory. Contents must survive that, each
 * call must return what it may return, and nothing may be left over when the threads have ended.
 *
 * stress [--seed N] [--seconds N] [--hardships NAME[,NAME]...]
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "calls.h"
#include "child.h"
#include "hardships.h"
#include "leaks.h"
#include "machine.h"
#include "memory.h"
#include "signals.h"
#include "wrong.h"

enum {
	OWNERS = 3,
	CALLERS = 3,
	ROUNDS = 4,
	MOST_ROUNDS = 20,
	WARM_UP = 2,
	TICK_US = 50000,
	PAUSE_US = 500
};

struct thread {
	pthread_t id;
	size_t number;
	struct rng rng;
	unsigned long done;
};

static struct thread threads[OWNERS + CALLERS];
static atomic_bool go, stop;

static void wait_to_go(void)
{
	while (!atomic_load(&go))
		usleep(PAUSE_US);
}

static void *own(void *argument)
{
	struct thread *self = argument;

	wait_to_go();
	signals_join(self->number);
	while (!atomic_load(&stop)) {
		size_t slot = self->number + OWNERS * rng_below(&self->rng, SLOTS / OWNERS);

		if (rng_percent(&self->rng, 1))
			child_verifies(&self->rng, self->number, OWNERS);
		if (rng_percent(&self->rng, 1))
			child_calls(&self->rng);
		memory_change(&self->rng, slot);
		memory_verify(slot, "owner");
		usleep(PAUSE_US);
		self->done++;
	}
	signals_leave(self->number);
	return NULL;
}

static void *call(void *argument)
{
	struct thread *self = argument;

	wait_to_go();
	signals_join(self->number);
	while (!atomic_load(&stop)) {
		calls_make(&self->rng, target_pid());
		self->done++;
	}
	signals_leave(self->number);
	return NULL;
}

static uint64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* A thread that ends after a few calls. */
static void *call_and_end(void *argument)
{
	struct rng *rng = argument;

	for (size_t calls = rng_between(rng, 1, 4); calls > 0; calls--)
		calls_make(rng, target_pid());
	return NULL;
}

static bool try_start(pthread_t *id, void *(*run)(void *), void *argument)
{
	pthread_attr_t attributes;
	bool started;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, (hardship_is(STACK) ? LITTLE_STACK_KIB : STACK_KIB)
						       << 10);
	started = pthread_create(id, &attributes, run, argument) == 0;
	pthread_attr_destroy(&attributes);
	return started;
}

static void start(pthread_t *id, void *(*run)(void *), void *argument)
{
	if (!try_start(id, run, argument)) {
		fprintf(stderr, "stress: no thread\n");
		exit(1);
	}
}

/* Meanwhile threads come and go, and a process that is migrated ends, and another takes its place.
 */
static void let_run(struct rng *rng, uint64_t duration)
{
	uint64_t until = milliseconds() + duration;
	struct rng calls = rng_for(rng_next(rng), 0, 0);

	while (milliseconds() < until && !wrong_count()) {
		pthread_t passer_by;
		bool passes = try_start(&passer_by, call_and_end, &calls);

		usleep(TICK_US);
		if (passes)
			pthread_join(passer_by, NULL);
		if (rng_percent(rng, 20)) {
			target_end();
			target_start();
		}
	}
}

static void run_round(uint64_t seed, uint64_t number, uint64_t duration)
{
	struct rng rng = rng_for(seed, number, OWNERS + CALLERS);
	pthread_t storm;

	atomic_store(&go, false);
	atomic_store(&stop, false);
	target_start();
	for (size_t i = 0; i < OWNERS + CALLERS; i++) {
		threads[i].number = i;
		threads[i].rng = rng_for(seed, number, i);
		start(&threads[i].id, i < OWNERS ? own : call, &threads[i]);
	}
	start(&storm, signals_storm, &stop);
	hardships_begin(memory_holes());
	atomic_store(&go, true);
	let_run(&rng, duration);
	atomic_store(&stop, true);
	pthread_join(storm, NULL);
	for (size_t i = 0; i < OWNERS + CALLERS; i++)
		pthread_join(threads[i].id, NULL);
	hardships_end();
	target_end();
	for (size_t i = 0; i < SLOTS; i++)
		memory_verify(i, "main");
}

/* On a slow machine a hardship may take longer to be met. */
static bool is_enough(uint64_t rounds)
{
	return rounds >= MOST_ROUNDS || (rounds >= ROUNDS && hardships_all_met());
}

static void run(uint64_t seed, uint64_t seconds)
{
	struct held before = { 0 };

	for (uint64_t i = 0; !is_enough(i) && !wrong_count(); i++) {
		struct held now;

		run_round(seed, i, seconds * 1000 / ROUNDS);
		now = held_now();
		if (i >= WARM_UP)
			held_compare(&before, &now);
		before = now;
	}
}

static void print_summary(void)
{
	unsigned long changes = 0, calls = 0;

	for (size_t i = 0; i < OWNERS + CALLERS; i++)
		*(i < OWNERS ? &changes : &calls) += threads[i].done;
	calls_print();
	printf("stress: %lu changes, %lu calls, %lu interruptions, %u wrong\n", changes, calls,
	       signals_handled(), wrong_count());
}

int main(int argc, char **argv)
{
	uint64_t seed = 1, seconds = 5;
	const char *hardships = "", *why;

	for (int i = 1; i < argc; i += 2) {
		if (i + 1 < argc && !strcmp(argv[i], "--seed")) {
			seed = strtoul(argv[i + 1], NULL, 0);
		} else if (i + 1 < argc && !strcmp(argv[i], "--seconds")) {
			seconds = strtoul(argv[i + 1], NULL, 0);
		} else if (i + 1 < argc && !strcmp(argv[i], "--hardships") &&
			   hardships_choose(argv[i + 1])) {
			hardships = argv[i + 1];
		} else {
			fprintf(stderr, "usage: stress [--seed N] [--seconds N] "
					"[--hardships NAME[,NAME]...]\n");
			return 2;
		}
	}
	leaks_start(argv);
	wrong_start();
	calls_open();
	why = hardships_open();
	if (why) {
		printf("skipped: %s: %s\n", hardships, why);
		return 77;
	}
	memory_open();
	signals_open(OWNERS + CALLERS);
	run(seed, seconds);
	hardships_close();
	print_summary();
	if (wrong_count())
		printf("again, more or less: --seed %lu --seconds %lu --hardships '%s'\n", seed,
		       seconds, hardships);
	return wrong_count() != 0;
}
