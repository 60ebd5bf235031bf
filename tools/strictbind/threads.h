/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The threads of a process: their policies, and the nodes that they may use. */
#ifndef THREADS_H
#define THREADS_H

#include "process.h"

/* No more than these are looked at. */
enum { THREADS_MOST = 256 };

/*
 * For a process that has been read: which nodes its threads may use, and where their policies
 * differ, which mappings have the policy of whichever thread. What cannot be read is left out.
 */
void threads_read(struct process *process);

#endif
