/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random calls of the library. What they answer must be one of the results that there are. */
#ifndef STRESS_CALLS_H
#define STRESS_CALLS_H

#include <sys/types.h>

#include "rng.h"

/* Before any thread is there. */
void calls_open(void);
/* Now and then it is the pages of other, which may have ended, that are migrated. */
void calls_make(struct rng *rng, pid_t other);
/* The pages of other, or of this process. */
void calls_migrate(struct rng *rng, pid_t other);
/* Prints how often what was answered. */
void calls_print(void);

#endif
