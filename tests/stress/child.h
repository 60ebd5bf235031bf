/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Other processes: short-lived ones that verify what they inherit, and one that is migrated. */
#ifndef STRESS_CHILD_H
#define STRESS_CHILD_H

#include <stddef.h>
#include <sys/types.h>

#include "rng.h"

/* By the owner of every step-th slot from first on. Waits for the child. */
void child_verifies(struct rng *rng, size_t first, size_t step);

/* One that calls the library while this thread waits, and shares all memory with it. */
void child_calls(struct rng *rng);

/* A process with pages of its own, which it looks at all the time. */
void target_start(void);
void target_end(void);
/* May have ended. */
pid_t target_pid(void);

#endif
