/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is expensive to make and serves all cases of a process. */
#ifndef RANDOM_WORLD_H
#define RANDOM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "kinds.h"
#include "machine.h"
#include "pins.h"
#include "rings.h"

enum { POOL_PAGES = 64, PACKET_PAGES = 6, PERF_RINGS = 2 };

struct world {
	char *arena;  /* address of the huge page, with room before and behind */
	char *twins;  /* second mappings, in parallel to the arena */
	int local;    /* node of the CPU that this process keeps to */

	struct ring packet[MACHINE_NODES];       /* one per node */
	struct ring packet_twin[MACHINE_NODES];  /* mapped twice */
	char *packet_second[MACHINE_NODES];
	struct ring perf[MACHINE_NODES][PERF_RINGS];

	int pool;     /* memfd, its pages also mapped by the helper */
	char *pool_map;
	int pool_home[POOL_PAGES];
	pid_t helper;

	struct pins pins;
	bool can[KIND_COUNT];
};

void world_open(struct world *world, int local);
void world_close(struct world *world);

/* Pages of the pool that a case has moved go home, so that no case depends on those before. */
void world_restore(struct world *world);

/* Number of machine()->node[] whose rings are meant. */
int node_index(int node);

#endif
