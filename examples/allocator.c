/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * jemalloc: an arena all of whose memory is strictly on one node: allocator [NODE]. The extents of
 * the arena come from hooks, which bind each inside the allocator, before anything is in it.
 */
#define _GNU_SOURCE
#include <jemalloc/jemalloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <strictbind.h>
#include <string.h>
#include <sys/mman.h>

enum { BLOCKS = 200, NODES = 1024, KIB = 1024 };

static int node;

/* Memory of this size and alignment: more is mapped, and what is over given back. */
static char *map_aligned(size_t size, size_t alignment)
{
	char *whole = mmap(NULL, size + alignment, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t before;

	if (whole == MAP_FAILED)
		return NULL;
	before = -(uintptr_t)whole & (alignment - 1);
	if (before)
		munmap(whole, before);
	munmap(whole + before + size, alignment - before);
	return whole + before;
}

static void *hook_alloc(extent_hooks_t *hooks, void *wanted, size_t size, size_t alignment,
			bool *zero, bool *commit, unsigned arena)
{
	char *extent;

	(void)hooks, (void)arena;
	/* It would like the extent to lie there. That is never so. */
	if (wanted)
		return NULL;
	extent = map_aligned(size, alignment);
	if (!extent)
		return NULL;
	/* An arena that is not on its node is worse than an allocation that fails. */
	if (strictbind_bind_node(extent, size, node, NULL, NULL) < 0) {
		munmap(extent, size);
		return NULL;
	}
	*zero = true;
	*commit = true;
	return extent;
}

static bool hook_dalloc(extent_hooks_t *hooks, void *extent, size_t size, bool committed,
			unsigned arena)
{
	(void)hooks, (void)committed, (void)arena;
	return munmap(extent, size) < 0;
}

/* The pages are gone, the policy is not: what is touched again comes from the node. */
static bool hook_purge(extent_hooks_t *hooks, void *extent, size_t size, size_t offset,
		       size_t length, unsigned arena)
{
	(void)hooks, (void)size, (void)arena;
	return madvise((char *)extent + offset, length, MADV_DONTNEED) < 0;
}

static bool hook_split(extent_hooks_t *hooks, void *extent, size_t size, size_t a, size_t b,
		       bool committed, unsigned arena)
{
	(void)hooks, (void)extent, (void)size, (void)a, (void)b, (void)committed, (void)arena;
	return false;
}

/* Both are bound in the same way. */
static bool hook_merge(extent_hooks_t *hooks, void *a, size_t a_size, void *b, size_t b_size,
		       bool committed, unsigned arena)
{
	(void)hooks, (void)a, (void)a_size, (void)b, (void)b_size, (void)committed, (void)arena;
	return false;
}

static extent_hooks_t hooks = { .alloc = hook_alloc,
				.dalloc = hook_dalloc,
				.purge_forced = hook_purge,
				.split = hook_split,
				.merge = hook_merge };

static unsigned new_arena(void)
{
	extent_hooks_t *own = &hooks;
	size_t size = sizeof(unsigned);
	unsigned arena;

	return mallctl("arenas.create", &arena, &size, &own, sizeof(own)) ? 0 : arena;
}

/* Pages of a block that are not on the node. */
static unsigned long elsewhere(const void *block, size_t size)
{
	unsigned long on[NODES], unknown, pages = 0;

	if (strictbind_locate(0, block, size, on, NODES, &unknown) < 0)
		return 1;
	for (int i = 0; i < NODES; i++)
		pages += i == node ? 0 : on[i];
	return pages + unknown;
}

int main(int argc, char **argv)
{
	unsigned arena = (node = argc > 1 ? atoi(argv[1]) : 0, new_arena());
	void *blocks[BLOCKS];
	unsigned long wrong = 0;

	if (!arena) {
		fprintf(stderr, "No arena with hooks.\n");
		return 1;
	}
	for (int i = 0; i < BLOCKS; i++) {
		size_t size = (size_t)(i + 1) * 4 * KIB;

		blocks[i] = mallocx(size, MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE);
		if (!blocks[i]) {
			fprintf(stderr, "No memory that can be bound to node %d.\n", node);
			return 1;
		}
		memset(blocks[i], i, size);
		wrong += elsewhere(blocks[i], size);
	}
	for (int i = 0; i < BLOCKS; i++)
		dallocx(blocks[i], MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE);
	printf("%d blocks in arena %u: %lu pages are not on node %d.\n", BLOCKS, arena, wrong,
	       node);
	return wrong > 0;
}
