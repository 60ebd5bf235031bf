/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Another thread of the process, which does one thing all the time, and how long that takes at
 * worst. */
#ifndef BENCH_OTHER_H
#define BENCH_OTHER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct other;

/* Does the thing once. */
typedef void other_fn(struct other *other);

struct other {
	other_fn *act;
	char *memory; /* what it works on, and the bytes of it */
	size_t size;
	size_t at; /* where in it the next thing is done */

	/* Its own. */
	pthread_t thread;
	_Atomic int phase;
	uint64_t worst; /* nanoseconds, of what ended after other_watch() */
};

/* Returns when the thread has done the thing for the first time. */
void other_start(struct other *other);
/* From now on it counts how long a thing takes. */
void other_watch(struct other *other);
void other_stop(struct other *other);

/* Touches one fresh page of the memory after the other; after the last one, gives all back first.
 */
void other_touch(struct other *other);
/* Gives back a page and touches it again, here and there in the memory. */
void other_renew(struct other *other);
/* Maps and unmaps a page of its own, as allocators do. */
void other_map(struct other *other);
/* Computes, and never waits for the kernel. */
void other_compute(struct other *other);

#endif
