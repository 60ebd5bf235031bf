/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program on hwloc: on_hwloc LOOK. Prints a line for each call: what was asked, what it returned,
 * where the pages are.
 */
#include <hwloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "scene.h"

enum { PAGES = 8, KERNELS = 2 };

static hwloc_topology_t topology;
static const char *look;
static size_t page;

static hwloc_nodeset_t only(unsigned node)
{
	hwloc_nodeset_t set = hwloc_bitmap_alloc();

	hwloc_bitmap_only(set, node);
	return set;
}

/* The node of each page, as hwloc tells it. */
static void print_memlocation(const char *start)
{
	hwloc_nodeset_t set = hwloc_bitmap_alloc();

	printf("hwloc_get_area_memlocation: ");
	for (size_t i = 0; i < PAGES; i++) {
		if (hwloc_get_area_memlocation(topology, start + i * page, page, set,
					       HWLOC_MEMBIND_BYNODESET))
			printf("?");
		else
			printf("%d", hwloc_bitmap_first(set));
	}
	printf("\n");
	hwloc_bitmap_free(set);
}

static void bind_area(const char *asked, char *start)
{
	int result = hwloc_set_area_membind(
		topology, start, PAGES * page, only(1), HWLOC_MEMBIND_BIND,
		HWLOC_MEMBIND_BYNODESET | HWLOC_MEMBIND_STRICT | HWLOC_MEMBIND_MIGRATE);

	printf("%s: %s ", asked, scene_result(result));
	scene_look(look, start, PAGES);
	print_memlocation(start);
}

static void bind_all(void)
{
	char *start = scene_pages(PAGES, KERNELS);
	hwloc_membind_policy_t policy;
	hwloc_nodeset_t set = hwloc_bitmap_alloc();
	int result = hwloc_set_membind(topology, only(2), HWLOC_MEMBIND_BIND,
				       HWLOC_MEMBIND_BYNODESET | HWLOC_MEMBIND_STRICT |
					       HWLOC_MEMBIND_MIGRATE | HWLOC_MEMBIND_THREAD);

	printf("hwloc_set_membind strict migrate: %s ", scene_result(result));
	scene_look(look, start, PAGES);
	result = hwloc_get_membind(topology, set, &policy,
				   HWLOC_MEMBIND_BYNODESET | HWLOC_MEMBIND_THREAD);
	printf("hwloc_get_membind: %s, node %d, policy %d\n", scene_result(result),
	       hwloc_bitmap_first(set), policy);
}

int main(int argc, char **argv)
{
	if (argc != 2 || hwloc_topology_init(&topology) || hwloc_topology_load(topology))
		return 2;
	look = argv[1];
	page = (size_t)sysconf(_SC_PAGESIZE);
	bind_area("hwloc_set_area_membind, all movable", scene_pages(PAGES, 0));
	bind_area("hwloc_set_area_membind, kernel's pages first", scene_pages(PAGES, KERNELS));
	bind_all();
	hwloc_topology_destroy(topology);
	return 0;
}
