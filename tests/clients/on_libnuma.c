/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program on libnuma: on_libnuma LOOK CASE. Prints a line for each call: what was asked, what it
 * returned, where the pages are.
 */
#include <dlfcn.h>
#include <errno.h>
#include <numa.h>
#include <numaif.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"

enum { PAGES = 8, KERNELS = 2, BLOCKS = 2000 };

static const char *look;
static size_t page;

static struct bitmask *only(int node)
{
	return numa_bitmask_setbit(numa_allocate_nodemask(), (unsigned)node);
}

/* What libnuma has to say of it goes to stderr. */
static void tonode(const char *asked, char *start, int node, int strict)
{
	numa_set_strict(strict);
	numa_tonode_memory(start, PAGES * page, node);
	printf("%s: ", asked);
	scene_look(look, start, PAGES);
	numa_set_strict(0);
}

static void place(void)
{
	char *fresh = numa_alloc_onnode(PAGES * page, 2);

	memset(fresh, 1, PAGES * page);
	printf("numa_alloc_onnode, node 2: ");
	scene_look(look, fresh, PAGES);
	numa_free(fresh, PAGES * page);

	tonode("numa_tonode_memory, node 1", scene_pages(PAGES, 0), 1, 0);
	tonode("numa_tonode_memory strict, pages on node 0 to node 1", scene_pages(PAGES, 0), 1, 1);
	tonode("numa_tonode_memory strict, pages on node 0 to node 0", scene_pages(PAGES, 0), 0, 1);
}

static void bind_range(const char *asked, char *start)
{
	long result = mbind(start, PAGES * page, MPOL_BIND, only(1)->maskp, 65,
			    MPOL_MF_STRICT | MPOL_MF_MOVE);

	printf("%s: %s ", asked, scene_result(result));
	scene_look(look, start, PAGES);
}

static void bind(void)
{
	bind_range("mbind, all movable", scene_pages(PAGES, 0));
	bind_range("mbind, kernel's pages first", scene_pages(PAGES, KERNELS));
}

static void migrate(void)
{
	char *start = scene_pages(PAGES, KERNELS);
	int left = numa_migrate_pages(getpid(), only(0), only(3));

	printf("numa_migrate_pages, %d are the kernel's: %s ", KERNELS, scene_result(left));
	scene_look(look, start, PAGES);
}

static const char *allocator(void)
{
	if (dlsym(RTLD_DEFAULT, "mallctl"))
		return "jemalloc";
	return dlsym(RTLD_DEFAULT, "tc_version") ? "tcmalloc" : "libc";
}

/* The allocator's own memory is bound, and it goes on working. */
static void allocated(void)
{
	static char *block[BLOCKS];
	void *aligned;

	printf("malloc: %s\n", allocator());
	if (posix_memalign(&aligned, PAGES * page, PAGES * page))
		exit(1);
	memset(aligned, 1, PAGES * page);
	bind_range("mbind, from posix_memalign", aligned);
	bind_range("mbind, kernel's pages first", scene_pages(PAGES, KERNELS));
	free(aligned);
	for (size_t i = 0; i < BLOCKS; i++)
		block[i] = memset(malloc(16 + i * 7), (int)i, 16 + i * 7);
	for (size_t i = 0; i < BLOCKS; i++) {
		if (block[i][15 + i * 7] != (char)i)
			exit(1);
		free(block[i]);
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} cases[] = { { "place", place },
		      { "bind", bind },
		      { "migrate", migrate },
		      { "allocated", allocated } };

	if (argc != 3 || numa_available() < 0)
		return 2;
	look = argv[1];
	page = (size_t)numa_pagesize();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (strcmp(cases[i].name, argv[2]) == 0) {
			cases[i].run();
			return 0;
		}
	}
	return 2;
}
