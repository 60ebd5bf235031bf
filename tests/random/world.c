/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io_uring.h"
#include "layout.h"
#include "observe.h"
#include "raw.h"
#include "space.h"
#include "uffd.h"

static void die(const char *what)
{
	perror(what);
	exit(2);
}

int node_index(int node)
{
	for (int i = 0; i < machine()->node_count; i++)
		if (machine()->node[i] == node)
			return i;
	return 0;
}

static void open_rings(struct world *world)
{
	for (int i = 0; i < machine()->node_count; i++) {
		int node = machine()->node[i];

		ring_open(&world->packet[i], RING_PACKET, node, PACKET_PAGES);
		if (ring_open(&world->packet_twin[i], RING_PACKET, node, PACKET_PAGES)) {
			world->packet_second[i] = ring_twin(&world->packet_twin[i]);
			if (!world->packet_second[i])
				ring_close(&world->packet_twin[i]);
		}
		for (int j = 0; j < PERF_RINGS; j++)
			ring_open(&world->perf[i][j], RING_PERF, node, 1);
	}
}

/* Maps the pool and does nothing else. */
static void helper(const struct world *world, int ready)
{
	size_t len = POOL_PAGES * machine()->page;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (mmap(NULL, len, PROT_READ, MAP_SHARED | MAP_POPULATE, world->pool, 0) == MAP_FAILED)
		_exit(1);
	if (write(ready, "", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

/* The pages are placed first: with a second mapping an ordinary user could not move them. */
static void fill_pool(struct world *world)
{
	const struct machine *m = machine();

	for (int i = 0; i < POOL_PAGES; i++) {
		int node = m->node[i % m->node_count];
		struct nodes set = nodes_one(node);

		raw_set_mempolicy(MPOL_BIND, set.words, NODES_MAXNODE);
		world->pool_map[(size_t)i * m->page] = (char)(i + 1);
		world->pool_home[i] = node;
	}
	stop_numa_balancing();
}

static void open_pool(struct world *world)
{
	size_t len = POOL_PAGES * machine()->page;
	int ends[2];
	char byte;

	world->pool = (int)syscall(SYS_memfd_create, "pool", MFD_CLOEXEC);
	if (world->pool < 0 || ftruncate(world->pool, (off_t)len) || pipe(ends))
		die("pool");
	world->pool_map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, world->pool, 0);
	if (world->pool_map == MAP_FAILED)
		die("pool");
	fill_pool(world);
	world->helper = fork();
	if (world->helper == 0)
		helper(world, ends[1]);
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 1)
		die("helper");
	close(ends[0]);
	munmap(world->pool_map, len);
	world->pool_map = NULL;
}

static void count_hugetlb(struct world *world)
{
	for (int i = 0; i < machine()->node_count; i++) {
		world->hugetlb[i] = pool_hugetlb_on(machine()->node[i]);
		if (i == 0 || world->hugetlb[i] < world->pool_each)
			world->pool_each = world->hugetlb[i];
	}
}

/* Sizes of large folios below a huge page that the kernel gives to who asks for them. */
static void find_folio_sizes(struct world *world)
{
	const struct machine *m = machine();
	char path[128];

	for (size_t unit = 4; unit * m->page < m->huge; unit *= 2) {
		snprintf(path, sizeof(path),
			 "/sys/kernel/mm/transparent_hugepage/hugepages-%zukB/enabled",
			 unit * m->page / 1024);
		if (!access(path, R_OK) && !file_holds(path, "[never]") &&
		    world->folio_sizes < MOST_FOLIO_SIZES)
			world->folio_units[world->folio_sizes++] = unit;
	}
}

/* A scene begins with small pages before the arena, and has all of its pages behind at most. */
static char *open_arena(char **low, char **high)
{
	size_t align = scene_alignment(), page = machine()->page;
	size_t room = (scene_capacity() * page + align - 1) / align * align;
	char *from = space((2 * room + 2 * align) / page);
	char *arena = from + room + align - (size_t)(from - (char *)NULL) % align;

	*low = from;
	*high = arena + room;
	return arena;
}

void world_place(struct world *world)
{
	char *low, *high;

	world->arena = open_arena(&world->arena_low, &world->arena_high);
	world->twins = open_arena(&low, &high);
}

void world_open(struct world *world, int local)
{
	memset(world, 0, sizeof(*world));
	world_place(world);
	open_pool(world);
	open_rings(world);
	count_hugetlb(world);
	find_folio_sizes(world);
	world->uring = open_uring();
	world->uffd = open_uffd();
	if (!pins_open(&world->pins))
		die("pipe");
	world->local = local;
	run_on_node(local);
}

void world_close(struct world *world)
{
	kill(world->helper, SIGKILL);
	waitpid(world->helper, NULL, 0);
	close(world->pool);
	pins_close(&world->pins);
}

static int misplaced_pool_pages(const struct world *world, const char *map, void **pages,
				int *targets)
{
	int now[POOL_PAGES];
	int n = 0;

	nodes_of(map, POOL_PAGES, now);
	for (int i = 0; i < POOL_PAGES; i++)
		if (now[i] != world->pool_home[i]) {
			pages[n] = (void *)(map + (size_t)i * machine()->page);
			targets[n++] = world->pool_home[i];
		}
	return n;
}

void world_restore(struct world *world)
{
	size_t len = POOL_PAGES * machine()->page;
	void *pages[POOL_PAGES];
	int targets[POOL_PAGES], status[POOL_PAGES], n;
	char *map;

	/* Only with the privilege can a call have moved shared pages. */
	if (!machine()->nice)
		return;
	map = mmap(NULL, len, PROT_READ, MAP_SHARED | MAP_POPULATE, world->pool, 0);
	if (map == MAP_FAILED)
		die("pool");
	n = misplaced_pool_pages(world, map, pages, targets);
	if (n)
		raw_move_pages(0, (unsigned long)n, pages, targets, status, MPOL_MF_MOVE_ALL);
	munmap(map, len);
}

void world_restore_hugetlb(const struct world *world)
{
	bool right = true;

	if (geteuid() != 0)
		return;
	for (int i = 0; i < machine()->node_count; i++)
		right = right && pool_hugetlb_on(machine()->node[i]) == world->hugetlb[i];
	for (int i = 0; !right && i < machine()->node_count; i++)
		set_pool_hugetlb_on(machine()->node[i], world->hugetlb[i]);
}
