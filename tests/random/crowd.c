/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "crowd.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "observe.h"
#include "raw.h"

enum { MAPS_BYTES = 64 * 1024, CHUNK = 256 };

/* Static, so that a look does not change what is looked at. */
static char maps[MAPS_BYTES];

static bool read_maps(void)
{
	size_t used = 0;
	ssize_t got;
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	while ((got = read(fd, maps + used, MAPS_BYTES - 1 - used)) > 0)
		used += (size_t)got;
	close(fd);
	maps[used] = 0;
	return used > 0;
}

/* The kernel's own pages have no policy. */
static bool is_kernels(const char *line)
{
	return strstr(line, "[vdso]") || strstr(line, "[vvar") || strstr(line, "[vsyscall]");
}

static bool in_arena(const struct world *world, unsigned long address)
{
	return address >= (unsigned long)world->arena_low &&
	       address < (unsigned long)world->arena_high;
}

static bool in_ring(const struct ring *ring, unsigned long address)
{
	unsigned long store = (unsigned long)ring->store;

	return store && address >= store && address < store + ring->pages * machine()->page;
}

static bool is_stuck(const struct world *world, unsigned long address)
{
	for (int i = 0; i < machine()->node_count; i++) {
		unsigned long second = (unsigned long)world->packet_second[i];

		if (in_ring(&world->packet[i], address) || in_ring(&world->packet_twin[i], address))
			return true;
		if (second && address >= second &&
		    address < second + PACKET_PAGES * machine()->page)
			return true;
		for (int j = 0; j < PERF_RINGS; j++)
			if (in_ring(&world->perf[i][j], address))
				return true;
	}
	return false;
}

static void add_page(struct crowd *crowd, const struct world *world, unsigned long address,
		     uint64_t entry)
{
	struct crowd_page *page = &crowd->pages[crowd->count];

	if (!(entry & PAGEMAP_PRESENT))
		return;
	if (crowd->count == CROWD_PAGES) {
		fprintf(stderr, "random: more than %d pages\n", CROWD_PAGES);
		exit(2);
	}
	*page = (struct crowd_page){ address, NODE_NONE, !(entry & PAGEMAP_ONCE),
				     is_stuck(world, address) };
	crowd->count++;
}

static void add_range(struct crowd *crowd, const struct world *world, int pagemap,
		      unsigned long from, unsigned long to)
{
	uint64_t entries[CHUNK];
	unsigned long page = machine()->page;

	while (from < to) {
		size_t n = (to - from) / page < CHUNK ? (to - from) / page : CHUNK;
		ssize_t got = pread(pagemap, entries, n * sizeof(*entries),
				    (off_t)(from / page * sizeof(*entries)));

		for (size_t i = 0; got > 0 && i < (size_t)got / sizeof(*entries); i++)
			add_page(crowd, world, from + i * page, entries[i]);
		from += n * page;
	}
}

/* Pages that no node is told for (zero page, device mappings) are dropped. */
static void ask_nodes(struct crowd *crowd)
{
	void *addresses[CHUNK];
	int nodes[CHUNK];
	size_t kept = 0;

	for (size_t first = 0; first < crowd->count; first += CHUNK) {
		size_t n = crowd->count - first < CHUNK ? crowd->count - first : CHUNK;

		for (size_t i = 0; i < n; i++)
			addresses[i] = (void *)crowd->pages[first + i].address;
		if (raw_move_pages(0, n, addresses, NULL, nodes, 0) < 0)
			continue;
		for (size_t i = 0; i < n; i++) {
			if (nodes[i] < 0)
				continue;
			crowd->pages[kept] = crowd->pages[first + i];
			crowd->pages[kept++].node = (short)nodes[i];
		}
	}
	crowd->count = kept;
}

void crowd_look(struct crowd *crowd, const struct world *world)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	char *line, *next;
	unsigned long from, to;

	crowd->count = 0;
	if (pagemap < 0 || !read_maps()) {
		perror("random: /proc/self");
		exit(2);
	}
	for (line = maps; *line; line = next) {
		next = strchr(line, '\n');
		*next++ = 0;
		from = strtoul(line, &line, 16);
		to = strtoul(line + 1, NULL, 16);
		if (!is_kernels(line) && !in_arena(world, from))
			add_range(crowd, world, pagemap, from, to);
	}
	close(pagemap);
	ask_nodes(crowd);
}
