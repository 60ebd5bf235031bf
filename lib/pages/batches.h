/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moving many pages of a process with move_pages, in large lists: nobody waits for long, threads
 * can share the work, and progress can be told. What the kernel does not move this way stays.
 */
#ifndef SB_PAGES_BATCHES_H
#define SB_PAGES_BATCHES_H

#include <stdatomic.h>
#include <stdbool.h>

#include "pages/scan.h"
#include "work/threads.h"

struct sb_batch; /* pages to move, of one thread */
struct sb_batch_part;

struct sb_batches {
	int pid;
	bool moves_shared;  /* the caller may move shared pages */
	bool one_thread;    /* the kernel lets only one at a time move pages */
	bool only_together; /* what one thread alone would do is left undone */
	struct sb_threads threads;

	/* Where a page is to go; negative: it may stay. Called by several threads. */
	int (*target_of)(const void *context, const struct sb_extent *page);
	const void *context;

	/* Its own. */
	_Atomic bool left; /* a page that was to go may have stayed */
	struct sb_batch *batch;
	struct sb_batch_part *part;
	unsigned parts;
	unsigned long pages; /* in them, to be moved as far as is known */
};

struct sb_batches sb_batches_of(int pid, const struct strictbind_options *options);

/* How many threads will be used. */
unsigned long sb_batches_threads(const struct sb_batches *batches);

/* Every successful begin needs an end. Returns 0 or a negative errno. */
int sb_batches_begin(struct sb_batches *batches);
void sb_batches_end(struct sb_batches *batches);

/* Adds part of the address space, in which so many pages are to be moved, and works off many. */
void sb_batches_add(struct sb_batches *batches, unsigned long start, unsigned long end,
		    unsigned long pages);

/* Works off what was added. */
void sb_batches_run(struct sb_batches *batches);

/* Whether the caller wants no more, or the kernel says so: not 0, a negative errno. */
static inline long sb_batches_result(struct sb_batches *batches)
{
	return sb_threads_result(&batches->threads);
}

/* Tells of pages that are not looked at. */
void sb_batches_skip(struct sb_batches *batches, unsigned long pages);

/*
 * Whether so few pages are in so much of the address space that looking through it costs more than
 * moving them, as the kernel does not let it be skipped.
 */
bool sb_batches_too_sparse(unsigned long start, unsigned long end, unsigned long pages);

#endif
