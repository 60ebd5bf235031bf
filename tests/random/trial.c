/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trial.h"

#include <stdio.h>

#include "raw.h"

/* Not every file system can move its pages. */
static bool moves(void *page)
{
	const struct machine *m = machine();
	int target = m->node[m->node_count - 1], status = -1;

	raw_move_pages(0, 1, &page, &target, &status, MPOL_MF_MOVE);
	return status == target;
}

/* Of a kind that needs something of the machine, a segment is what it should be. */
static bool is_of_kind(const struct scene *scene, enum kind kind)
{
	const struct page *page = &scene->pages[0];
	const struct kind_facts *facts = &kind_facts[kind];

	return !scene->broken && page->kind == kind && page->stuck == facts->stuck &&
	       (!facts->disk || moves(scene_page(scene, 0)));
}

/* Of two hugetlb pages on each node one is mapped, the other is where one of another node may go.
 */
static bool may_try(const struct world *world, enum kind kind)
{
	enum kind_size size = kind_facts[kind].size;

	if (size == SIZE_THP)
		return has_thp() && kind_unit(size) <= MOST_UNIT;
	if (size == SIZE_FOLIO)
		return world->folio_sizes > 0;
	if (size == SIZE_HUGETLB)
		return world->pool_each >= 2 && kind_unit(size) <= MOST_UNIT;
	return true;
}

void world_try_kinds(struct world *world, struct scene *scene)
{
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		if (!may_try(world, (enum kind)kind))
			continue;
		scene_build_one(scene, world, (enum kind)kind);
		world->can[kind] = is_of_kind(scene, (enum kind)kind);
		scene_destroy(scene, world);
	}
}

void world_print_missing(const struct world *world, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = 0;
	for (int kind = 0; kind < KIND_COUNT; kind++)
		if (!world->can[kind] && used < size)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? " " : "",
						 kind_facts[kind].name);
}
