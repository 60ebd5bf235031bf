/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_WORK_NODE_CPUS_H
#define SB_WORK_NODE_CPUS_H

#include <sched.h>
#include <stdbool.h>

/* The processors that the calling thread may run on; false when that cannot be told. */
bool sb_cpus_allowed(cpu_set_t *cpus);

/* Those of them on the memory node of the processor it runs on; false when that cannot be told. */
bool sb_cpus_near(cpu_set_t *cpus);

#endif
