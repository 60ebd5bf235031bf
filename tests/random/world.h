/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is expensive to make and serves all cases of a process. */
#ifndef RANDOM_WORLD_H
#define RANDOM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "kinds.h"
#include "machine.h"
#include "pins.h"
#include "rings.h"

enum { POOL_PAGES = 64, PACKET_PAGES = 12, PERF_RINGS = 2 };
enum { MOST_BUFFERS = 64, MOST_FOLIO_SIZES = 12 };
enum { MOST_PLACED = MACHINE_NODES * (2 * PACKET_PAGES + PERF_RINGS) };

struct world {
	char *arena; /* where the first huge page of a scene is, with room before and behind */
	char *arena_low, *arena_high;
	char *twins; /* second mappings, in parallel to the arena */
	int local;   /* node of the CPU that this process keeps to */

	struct ring packet[MACHINE_NODES];	/* one per node */
	struct ring packet_twin[MACHINE_NODES]; /* mapped twice */
	char *packet_second[MACHINE_NODES];
	struct ring perf[MACHINE_NODES][PERF_RINGS];

	int pool; /* memfd, its pages also mapped by the helper */
	char *pool_map;
	int pool_home[POOL_PAGES];
	pid_t helper;

	/* Ring pages that are in a scene and have to go back. */
	struct {
		const struct ring *ring;
		size_t index;
		char *at;
	} placed[MOST_PLACED];
	size_t placed_count;

	struct pins pins;

	int uring, uffd;		    /* -1 when there is none */
	struct iovec buffers[MOST_BUFFERS]; /* to be registered with the io_uring */
	unsigned buffer_count;

	size_t folio_units[MOST_FOLIO_SIZES]; /* pages in large folios of each size */
	size_t folio_sizes;
	long pool_each;		     /* hugetlb pages on each node, the smallest number of all */
	long hugetlb[MACHINE_NODES]; /* how many there are on node[i] */
	bool can[KIND_COUNT];
};

/* Addresses for scenes; part of world_open(). */
void world_place(struct world *world);

/* What kinds there are is for world_try_kinds(). */
void world_open(struct world *world, int local);
void world_close(struct world *world);

/* Pages of the pool that a case has moved go home, so that no case depends on those before. */
void world_restore(struct world *world);

/* The same for hugetlb pages, whose pool goes to another node with a page: as far as root may do
 * that. */
void world_restore_hugetlb(const struct world *world);

/* Number of machine()->node[] whose rings are meant. */
int node_index(int node);

#endif
