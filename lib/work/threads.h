/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Work that threads share, the caller's alone or with others. Threads take shares off the front of
 * what is left.
 */
#ifndef SB_WORK_THREADS_H
#define SB_WORK_THREADS_H

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "strictbind.h"

/* Set up with sb_threads_of(); then start, end and work, and with more than one thread near. */
struct sb_threads {
	unsigned long start; /* what there is to do, in bytes */
	unsigned long end;
	unsigned long grain;   /* shares end at multiples of it */
	unsigned long count;   /* threads that may work, the caller's included */
	const cpu_set_t *near; /* processors that workers are kept on, or NULL */
	unsigned long total;   /* what progress is told as the whole, in pages */
	/* Does a share. Called by several threads at once; number is less than count. */
	void (*work)(struct sb_threads *threads, unsigned long number, unsigned long start,
		     unsigned long end);
	void *job;

	/* Its own. */
	const struct strictbind_options *options;
	_Atomic unsigned long alone; /* bytes of a share while the caller is alone, or 0 */
	_Atomic unsigned long next;  /* start of the next share */
	_Atomic unsigned long done;  /* pages gone over */
	_Atomic unsigned long moved; /* of them, those that were not skipped */
	_Atomic long result;	     /* not 0: stop */
};

/* One thread unless set otherwise. options outlives the threads. */
struct sb_threads sb_threads_of(const struct strictbind_options *options);

/* The most threads worth starting of those asked for, on this many processors. */
unsigned long sb_threads_worth(unsigned long asked, const cpu_set_t *processors);

/* Does what there is to do; returns when all threads have ended. May be called again. */
void sb_threads_run(struct sb_threads *threads);

/*
 * In work: so many pages were gone over, and so many of them had to be moved. Tells progress when
 * it is the caller's thread.
 */
void sb_threads_tell(struct sb_threads *threads, unsigned long number, unsigned long pages,
		     unsigned long moved);

/* Stops all threads; the first result given stays. */
void sb_threads_stop(struct sb_threads *threads, long result);

static inline long sb_threads_result(struct sb_threads *threads)
{
	return atomic_load(&threads->result);
}

/* What no thread has taken yet. */
static inline unsigned long sb_threads_next(struct sb_threads *threads)
{
	return atomic_load(&threads->next);
}

#endif
