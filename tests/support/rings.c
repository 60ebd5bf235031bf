/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rings.h"

#include <linux/if_packet.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "machine.h"
#include "observe.h"
#include "raw.h"
#include "space.h"

static int open_perf(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};

	return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static int open_packet(size_t pages)
{
	unsigned page = (unsigned)machine()->page;
	struct tpacket_req req = {
		.tp_block_size = page,
		.tp_block_nr = (unsigned)pages,
		.tp_frame_size = page,
		.tp_frame_nr = (unsigned)pages,
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd >= 0 && setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req))) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool map_ring(struct ring *ring)
{
	size_t len = ring->pages * machine()->page;
	volatile char *byte;

	ring->store = mmap(space(ring->pages), len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			   ring->fd, 0);
	if (ring->store == MAP_FAILED)
		return false;
	for (size_t i = 0; i < ring->pages; i++) {
		byte = ring->store + i * machine()->page;
		(void)*byte;
	}
	/* A forked child that maps the ring as well would make its pages shared. */
	madvise(ring->store, len, MADV_DONTFORK);
	ring->device = mapping_has_flag(ring->store, "pf io");
	return true;
}

bool ring_open(struct ring *ring, enum ring_type type, int node, size_t pages)
{
	struct nodes set = nodes_one(node);

	*ring = (struct ring){ .type = type, .fd = -1, .node = node, .pages = pages };
	if (type == RING_PERF) {
		if (pages != 1 || !run_on_node(node))
			return false;
		ring->fd = open_perf();
	} else {
		raw_set_mempolicy(MPOL_BIND, set.words, NODES_MAXNODE);
		ring->fd = open_packet(pages);
		stop_numa_balancing();
	}
	if (ring->fd < 0)
		return false;
	if (!map_ring(ring) || (!ring->device && node_of(ring->store) != node)) {
		ring_close(ring);
		return false;
	}
	return true;
}

void ring_close(struct ring *ring)
{
	if (ring->store && ring->store != MAP_FAILED)
		unmap(ring->store, ring->pages);
	if (ring->fd >= 0)
		close(ring->fd);
	ring->fd = -1;
	ring->store = NULL;
}

bool ring_put(const struct ring *ring, size_t index, void *at)
{
	size_t page = machine()->page;

	return mremap(ring->store + index * page, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, at) ==
	       at;
}

void ring_take(const struct ring *ring, size_t index, void *at)
{
	size_t page = machine()->page;

	mremap(at, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, ring->store + index * page);
}

char *ring_twin(const struct ring *ring)
{
	size_t len = ring->pages * machine()->page;
	char *at = mmap(space(ring->pages), len, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_FIXED | MAP_POPULATE, ring->fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

bool ring_open_counted(struct ring *ring, int node, size_t pages)
{
	if (ring_open(ring, RING_PACKET, node, pages))
		return true;
	if (!ring_open(ring, RING_PERF, node, pages))
		return false;
	if (!ring->device)
		return true;
	ring_close(ring);
	return false;
}

static bool any_flag(const char *line, const char *flags)
{
	for (const char *f = flags; *f; f += f[2] ? 3 : 2) {
		char word[5] = { ' ', f[0], f[1], ' ', 0 };

		if (strstr(line, word))
			return true;
	}
	return false;
}

bool mapping_has_flag(const void *at, const char *flags)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	unsigned long from, to;
	bool here = false, found = false;
	char line[512];

	if (!smaps)
		return false;
	while (!found && fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = (unsigned long)at >= from && (unsigned long)at < to;
		else if (here && !strncmp(line, "VmFlags:", 8)) {
			line[strcspn(line, "\n")] = ' ';
			found = any_flag(line, flags);
			break;
		}
	}
	fclose(smaps);
	return found;
}
