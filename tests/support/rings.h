/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pages that cannot be isolated: rings that the kernel shares with a process. They are made once,
 * kept at a storage address, and moved into a range with mremap() and back.
 */
#ifndef TESTS_RINGS_H
#define TESTS_RINGS_H

#include <stdbool.h>
#include <stddef.h>

enum ring_type {
	RING_PERF,   /* no privileges needed; a device mapping on new kernels; one page */
	RING_PACKET, /* CAP_NET_RAW */
};

struct ring {
	enum ring_type type;
	int fd;
	int node; /* where the pages are */
	size_t pages;
	char *store;
	bool device; /* VM_PFNMAP or VM_IO: no policy governs it, never counted */
};

/* A perf ring lands on the node of the CPU; ask for any other node and it is not made. */
bool ring_open(struct ring *ring, enum ring_type type, int node, size_t pages);
void ring_close(struct ring *ring);

/* Map page number index of the ring at this address instead of the storage, and back. */
bool ring_put(const struct ring *ring, size_t index, void *at);
void ring_take(const struct ring *ring, size_t index, void *at);

/* Map the whole ring a second time, so that its pages are shared. */
char *ring_twin(const struct ring *ring);

/* A page that cannot be isolated and is counted, on this node: whichever type can be had. */
bool ring_open_counted(struct ring *ring, int node, size_t pages);

/* The mapping at this address has one of these two-letter flags of smaps, as "pf io". */
bool mapping_has_flag(const void *at, const char *flags);

#endif
