/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "measure.h"
#include "other.h"

enum { STARTING, RUNNING, WATCHED, OVER };

/* Pages that are given back and touched again: most of the memory is to be left to the move. */
#define RENEWED 64
/* A stretch of computing; on any machine shorter than a slice of its processor. */
#define STEPS 10000

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

void other_touch(struct other *other)
{
	if (other->at == other->size) {
		madvise(other->memory, other->size, MADV_DONTNEED);
		other->at = 0;
	}
	*(volatile char *)(other->memory + other->at) = 1;
	other->at += page_size();
}

void other_renew(struct other *other)
{
	char *page = other->memory + other->at;

	madvise(page, page_size(), MADV_DONTNEED);
	*(volatile char *)page = 1;
	other->at = (other->at + other->size / RENEWED) % other->size;
}

void other_map(struct other *other)
{
	size_t size = page_size();
	char *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)other;
	if (page != MAP_FAILED)
		munmap(page, size);
}

void other_compute(struct other *other)
{
	(void)other;
	for (volatile int i = 0; i < STEPS; i++)
		;
}

static void *act_all_the_time(void *argument)
{
	struct other *other = argument;
	int phase;

	other->act(other);
	atomic_store(&other->phase, RUNNING);
	do {
		uint64_t before = now_ns();
		uint64_t wait;

		other->act(other);
		wait = now_ns() - before;
		/* The last wait of all may be the one that ended with the move. */
		phase = atomic_load(&other->phase);
		if (phase >= WATCHED && wait > other->worst)
			other->worst = wait;
	} while (phase != OVER);
	return NULL;
}

void other_start(struct other *other)
{
	if (pthread_create(&other->thread, NULL, act_all_the_time, other) != 0)
		abort();
	while (atomic_load(&other->phase) == STARTING)
		sched_yield();
}

void other_watch(struct other *other)
{
	atomic_store(&other->phase, WATCHED);
}

void other_stop(struct other *other)
{
	atomic_store(&other->phase, OVER);
	pthread_join(other->thread, NULL);
}
