/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "room.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine.h"
#include "observe.h"
#include "raw.h"
#include "rng.h"

/*
 * A node with more memory is not filled: that takes too long, and it may be a machine that others
 * use. CHUNK pages are touched at a time. SPARE pages above all marks of the kernel are room for
 * certain, even while some are on their way from one list of free pages to another.
 */
enum { MOST_MIB = 1024, CHUNK = 256, SPARE = 512, NEAR = 4096 };

enum { STREAM_ROOM = 77 };

/* What the kernel tells of a node ------------------------------------------------------------- */

/* The greatest number in "        protection: (0, 900, 900)". */
static size_t protection(const char *line)
{
	size_t most = 0;
	char *end;

	for (line = strpbrk(line, "0123456789"); line; line = strpbrk(end, "0123456789")) {
		size_t value = strtoul(line, &end, 10);

		if (value > most)
			most = value;
	}
	return most;
}

/* Free pages of a node that an allocation which must not dip into reserves can have. */
static size_t pages_to_be_had(int node)
{
	size_t total = 0, free = 0, high = 0;
	char line[256];
	int at = -1;
	FILE *zones = fopen("/proc/zoneinfo", "re");

	if (!zones)
		return SIZE_MAX; /* nothing that was left is excused then */
	while (fgets(line, sizeof(line), zones)) {
		size_t kept;

		if (sscanf(line, "Node %d,", &at) == 1)
			free = high = 0;
		if (at != node || sscanf(line, " pages free %zu", &free) == 1 ||
		    sscanf(line, " high %zu", &high) == 1)
			continue;
		if (!strstr(line, "protection:"))
			continue;
		kept = high + protection(line);
		total += free > kept ? free - kept : 0;
	}
	fclose(zones);
	return total;
}

bool room_is_ample(int node, size_t pages)
{
	size_t room = pages_to_be_had(node);

	return room > pages && room - pages > SPARE;
}

static size_t mib_of_node(int node)
{
	char path[64], line[128];
	unsigned long kib = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/meminfo", node);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Node %*d MemTotal: %lu", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib / 1024;
}

bool room_can_fill(void)
{
	const struct machine *m = machine();

	if (m->node_count < 3 || has_swap())
		return false;
	for (int i = 0; i < m->node_count; i++)
		if (!mib_of_node(m->node[i]) || mib_of_node(m->node[i]) > MOST_MIB)
			return false;
	return true;
}

/* The child that holds memory ----------------------------------------------------------------- */

static char *reserve(size_t bytes, int flags)
{
	char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

static void prefer(int node)
{
	struct nodes set = nodes_one(node);

	raw_set_mempolicy(MPOL_PREFERRED, set.words, NODES_MAXNODE);
}

/* Huge pages are quick, but what is given back later has to be small pages. */
static void take_huge_pages(int node, size_t leave)
{
	size_t huge = machine()->huge, bytes = mib_of_node(node) << 20;
	size_t room = pages_to_be_had(node), keep = leave + NEAR;
	size_t take = room > keep ? (room - keep) * machine()->page : 0;
	char *at = reserve(bytes + huge, 0);
	char *from = at + huge - (size_t)(at - (char *)NULL) % huge;

	if (!at || madvise(from, bytes, MADV_HUGEPAGE))
		return;
	/* The kernel takes its time to tell, so it is asked once. */
	for (size_t i = 0; i < take && i + huge <= bytes; i += huge)
		*(volatile char *)(from + i) = 1;
}

static size_t on_node(const char *at, size_t pages, int node)
{
	int nodes[CHUNK];
	size_t count = 0;

	nodes_of(at, pages, nodes);
	for (size_t i = 0; i < pages; i++)
		count += nodes[i] == node;
	return count;
}

/* Until pages come from elsewhere; then some are given back. */
static void take_small_pages(int node, size_t leave)
{
	size_t page = machine()->page, pages = (mib_of_node(node) << 20) / page, taken = 0;
	char *at = reserve(pages * page, 0);

	if (!at)
		return;
	madvise(at, pages * page, MADV_NOHUGEPAGE);
	for (; taken + CHUNK <= pages; taken += CHUNK) {
		for (size_t i = 0; i < CHUNK; i++)
			*(volatile char *)(at + (taken + i) * page) = 1;
		if (on_node(at + taken * page, CHUNK, node) < CHUNK / 2)
			break;
	}
	munmap(at + taken * page, (pages - taken) * page);
	munmap(at, (leave < taken ? leave : taken) * page);
}

static void take_hugetlb(int node)
{
	size_t size = machine()->hugetlb, pages = (size_t)free_hugetlb_on(node);
	struct nodes set = nodes_one(node);
	char *at = pages ? mmap(NULL, pages * size, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0)
			 : MAP_FAILED;

	if (at == MAP_FAILED)
		return;
	raw_set_mempolicy(MPOL_BIND, set.words, NODES_MAXNODE);
	for (size_t i = 0; i < pages; i++)
		*(volatile char *)(at + i * size) = 1;
	stop_numa_balancing();
}

static void hold(const struct room *room, int ready)
{
	const struct machine *m = machine();

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0; i < m->node_count; i++)
		if (nodes_has(&room->no_hugetlb, m->node[i]))
			take_hugetlb(m->node[i]);
	for (int i = 0; i < m->node_count; i++) {
		if (!nodes_has(&room->full, m->node[i]))
			continue;
		prefer(m->node[i]);
		if (has_thp())
			take_huge_pages(m->node[i], room->left);
		take_small_pages(m->node[i], room->left);
	}
	stop_numa_balancing();
	if (write(ready, "", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void start_holder(struct room *room)
{
	int ends[2];
	char byte;

	if (pipe(ends))
		return;
	room->holder = fork();
	if (room->holder == 0)
		hold(room, ends[1]);
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 1)
		fprintf(stderr, "random: era %lu: the process that holds memory has died\n",
			(unsigned long)room->era);
	close(ends[0]);
}

void room_leave(struct room *room)
{
	if (room->holder > 0) {
		kill(room->holder, SIGKILL);
		waitpid(room->holder, NULL, 0);
	}
	room->holder = 0;
}

/* Eras ---------------------------------------------------------------------------------------- */

static void fill_some(struct room *room, struct rng *rng)
{
	static const size_t left[] = { 0, 20, 150, 700, 2000 };
	const struct machine *m = machine();
	size_t first = rng_below(rng, (size_t)m->node_count);
	size_t second = rng_below(rng, (size_t)m->node_count);
	bool two = rng_percent(rng, 25);

	nodes_add(&room->full, m->node[first]);
	if (two)
		nodes_add(&room->full, m->node[second]);
	room->left = left[rng_below(rng, 5)];
}

static void pick_era(struct room *room, uint64_t seed)
{
	struct rng rng = rng_for(seed, STREAM_ROOM, room->era);
	const struct machine *m = machine();
	size_t kind = rng_weighted(&rng, (const unsigned[]){ 52, 28, 13, 7, 0 });
	size_t node = rng_below(&rng, (size_t)m->node_count);

	if (kind & 1)
		fill_some(room, &rng);
	if (kind >= 2)
		nodes_add(&room->no_hugetlb, m->node[node]);
	if (!room_can_fill())
		room->full = nodes_none();
	if (m->node_count < 2 || !free_hugetlb())
		room->no_hugetlb = nodes_none();
}

void room_enter(struct room *room, uint64_t seed, uint64_t number)
{
	uint64_t era = number / CASES_OF_ERA + 1;

	if (room->era == era)
		return;
	room_leave(room);
	*room = (struct room){ .era = era };
	pick_era(room, seed);
	if (!nodes_empty(&room->full) || !nodes_empty(&room->no_hugetlb))
		start_holder(room);
}

void room_print(const struct room *room, char *buf, size_t size)
{
	char full[64], none[64];

	nodes_print(&room->full, full, sizeof(full));
	nodes_print(&room->no_hugetlb, none, sizeof(none));
	buf[0] = 0;
	if (*full && *none)
		snprintf(buf, size, "; node %s full but for %zu pages, no hugetlb pages on %s",
			 full, room->left, none);
	else if (*full)
		snprintf(buf, size, "; node %s full but for %zu pages", full, room->left);
	else if (*none)
		snprintf(buf, size, "; no hugetlb pages on node %s", none);
}
