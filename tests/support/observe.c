/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "observe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "machine.h"
#include "raw.h"

enum { BATCH = 256 };

static void nodes_of_batch(const char *at, size_t pages, int *nodes)
{
	void *addresses[BATCH];

	for (size_t i = 0; i < pages; i++)
		addresses[i] = (void *)(uintptr_t)(at + i * machine()->page);
	if (raw_move_pages(0, pages, addresses, NULL, nodes, 0) < 0)
		for (size_t i = 0; i < pages; i++)
			nodes[i] = NODE_NONE;
	for (size_t i = 0; i < pages; i++)
		if (nodes[i] < 0)
			nodes[i] = NODE_NONE;
}

void nodes_of(const void *at, size_t pages, int *nodes)
{
	const char *from = at;

	for (size_t i = 0; i < pages; i += BATCH) {
		size_t n = pages - i < BATCH ? pages - i : BATCH;

		nodes_of_batch(from + i * machine()->page, n, nodes + i);
	}
}

int node_of(const void *at)
{
	int node;

	nodes_of(at, 1, &node);
	return node;
}

/* The node of a line of numa_maps: "7f12c000 default anon=2 N1=2 kernelpagesize_kB=4". */
static int only_node(const char *line)
{
	int node = NODE_NONE, found = 0, number;

	for (const char *word = strchr(line, ' '); word; word = strchr(word + 1, ' '))
		if (sscanf(word, " N%d=", &number) == 1) {
			node = number;
			found++;
		}
	return found == 1 ? node : NODE_NONE;
}

int node_of_mapping(const void *at)
{
	FILE *maps = fopen("/proc/self/numa_maps", "re");
	char line[1024];
	unsigned long start;
	int node = NODE_NONE;

	/* Lines are in the order of addresses, and tell where mappings begin. */
	while (maps && fgets(line, sizeof(line), maps) && sscanf(line, "%lx ", &start) == 1 &&
	       start <= (unsigned long)at)
		node = only_node(line);
	if (maps)
		fclose(maps);
	return node;
}

void nodes_of_inaccessible(void *at, size_t pages, int *nodes)
{
	size_t len = pages * machine()->page;

	mprotect(at, len, PROT_READ);
	nodes_of(at, pages, nodes);
	mprotect(at, len, PROT_NONE);
}

bool pagemap_of(int pid, const void *at, size_t pages, uint64_t *entries)
{
	char path[64];
	int fd;
	ssize_t got;
	size_t size = pages * sizeof(*entries);
	off_t offset = (off_t)((uintptr_t)at / machine()->page * sizeof(*entries));

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = open(pid ? path : "/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	got = pread(fd, entries, size, offset);
	close(fd);
	return got == (ssize_t)size;
}

static uint64_t pagemap_entry(const void *at)
{
	uint64_t entry = 0;

	return pagemap_of(0, at, 1, &entry) ? entry : 0;
}

bool page_present(const void *at)
{
	return pagemap_entry(at) & PAGEMAP_PRESENT;
}

bool page_swapped(const void *at)
{
	return pagemap_entry(at) & PAGEMAP_SWAPPED;
}

bool page_shared(const void *at)
{
	return !(pagemap_entry(at) & PAGEMAP_ONCE);
}

bool mapped(const void *at)
{
	int mode;

	return raw_get_mempolicy(&mode, NULL, 0, at, MPOL_F_ADDR) == 0;
}

/* Kernels differ in what they call local allocation: before 5.14 an empty MPOL_PREFERRED. */
static int spelled(int mode, unsigned long nodes)
{
	return mode == MPOL_PREFERRED && !nodes ? MODE_LOCAL : mode;
}

struct policy policy_of(const void *at)
{
	struct policy policy;
	struct nodes set = nodes_none();

	if (raw_get_mempolicy(&policy.mode, set.words, NODES_MAXNODE, at, MPOL_F_ADDR))
		return (struct policy){ .mode = -1 };
	policy.nodes = set.words[0];
	policy.mode = spelled(policy.mode, policy.nodes);
	return policy;
}

bool policy_equal(const struct policy *a, const struct policy *b)
{
	return a->mode == b->mode && a->nodes == b->nodes;
}

/* Bit i of the set stands for the i-th allowed node, counted round and round. */
static struct nodes relative_nodes(const struct nodes *nodes)
{
	const struct machine *m = machine();
	struct nodes set = nodes_none();

	for (int i = nodes_next(nodes, 0); i < NODES_BITS; i = nodes_next(nodes, i + 1))
		nodes_add(&set, m->node[i % m->node_count]);
	return set;
}

struct nodes effective_nodes(int mode, const struct nodes *nodes)
{
	struct nodes set = mode & MODE_RELATIVE_NODES ? relative_nodes(nodes)
						      : nodes_and(nodes, &machine()->allowed);

	if ((mode & ~MODE_FLAGS) == MPOL_PREFERRED && !nodes_empty(&set))
		set = nodes_one(nodes_next(&set, 0));
	return set;
}

struct policy policy_after(int mode, const struct nodes *nodes)
{
	struct policy policy = { .mode = mode };
	struct nodes effective = effective_nodes(mode, nodes);

	/* MPOL_DEFAULT takes mode flags and forgets them. */
	if ((mode & ~MODE_FLAGS) == MPOL_DEFAULT)
		policy.mode = MPOL_DEFAULT;
	else
		policy.nodes = mode & MODE_FLAGS ? nodes->words[0] : effective.words[0];
	policy.mode = spelled(policy.mode, policy.nodes);
	return policy;
}
