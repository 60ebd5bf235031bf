/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory that is called upon: slots, each changed by one thread only, its owner, while calls of
 * all threads go over it. A page carries its address and a generation that its owner knows.
 */
#ifndef STRESS_MEMORY_H
#define STRESS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "rng.h"

enum {
	SMALL_SLOTS = 24, /* with holes */
	SMALL_PAGES = 32,
	BULK_SLOTS = 6, /* of huge pages, never with a hole */
	BULK_PAGES = 512,
	SLOTS = SMALL_SLOTS + BULK_SLOTS,
};

void memory_open(void);
/* Whether the kernel may have none for this process. */
bool memory_may_be_refused(void);
/* One operation on a slot, by its owner. */
void memory_change(struct rng *rng, size_t slot);
/* Every page of the slot that can be read is as its owner left it. */
void memory_verify(size_t slot, const char *who);

/* A range of whole pages for a call; true when it has no hole whatever happens meanwhile. */
bool memory_range(struct rng *rng, char **start, size_t *pages);
/* Pages of it that are not mapped, while no thread changes it. */
size_t memory_holes(void);
bool memory_is_ours(unsigned long address);

#endif
