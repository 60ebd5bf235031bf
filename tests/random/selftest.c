/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The generator on machines that are not here: kernels with room for 1 to 2,048 nodes, machines
 * with 1 to 64, base pages of 4 to 64 KiB and huge pages from 2 MiB to 16 GiB. Whatever it picks
 * has to fit. Nothing is mapped and nothing called. nodes_add() aborts where a node set ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "model_migrate.h"
#include "stage.h"

enum { CASES = 400 };

static const int kernel_nodes[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048 };

static const struct {
	size_t page, huge, hugetlb;
} sizes[] = {
	{ 4 << 10, 2UL << 20, 2UL << 20 }, /* x86 */
	{ 4 << 10, 2UL << 20, 0 },
	{ 4 << 10, 2UL << 20, 1UL << 30 },
	{ 16 << 10, 32UL << 20, 32UL << 20 }, /* Arm */
	{ 64 << 10, 512UL << 20, 512UL << 20 },
	{ 64 << 10, 512UL << 20, 2UL << 20 },
	{ 64 << 10, 2UL << 20, 2UL << 20 }, /* POWER */
	{ 64 << 10, 16UL << 20, 16UL << 30 },
};

static uint64_t number;

static void check(bool right, const char *what)
{
	if (right)
		return;
	printf("selftest: %s: page %zu, huge %zu, hugetlb %zu, %d nodes of %d, case %lu\n", what,
	       machine()->page, machine()->huge, machine()->hugetlb, machine()->node_count,
	       machine()->kernel_nodes, (unsigned long)number);
	exit(1);
}

static void pretend(int nodes, int possible, size_t size)
{
	struct machine other = {
		.page = sizes[size].page,
		.huge = sizes[size].huge,
		.hugetlb = sizes[size].hugetlb,
		.node_count = nodes,
		.kernel_nodes = possible,
		.nice = true,
	};

	for (int i = 0; i < nodes; i++) {
		other.node[i] = i;
		nodes_add(&other.allowed, i);
	}
	machine_pretend(&other);
}

static void check_scene(const struct scene *scene, const struct world *world)
{
	check(scene->count > 0 && scene->count <= scene->capacity, "too many pages");
	check(scene->segment_count <= MAX_SEGMENTS, "too many segments");
	check(scene->base >= world->arena_low, "begins before the arena");
	check(scene_page(scene, scene->count) <= world->arena_high, "ends behind the arena");
	for (size_t s = 0; s < scene->segment_count; s++) {
		const struct segment *segment = &scene->segments[s];
		size_t at = (size_t)(scene_page(scene, segment->first) - (char *)NULL);

		check(at % (segment->unit * machine()->page) == 0, "a unit is not aligned");
		check(segment->count % segment->unit == 0, "part of a unit");
	}
}

/* Sets are passed with a maxnode that covers them, so every member is either there or refused. */
static void check_mbind(const struct scene *scene, struct rng *rng)
{
	static const struct room roomy;
	struct mbind_call call;

	mbind_pick(&call, scene, &roomy, rng);
	check(call.first <= call.end && call.end <= scene->count + 4, "a range far beyond");
}

static void check_migration(const struct scene *scene, struct rng *rng)
{
	static const struct crowd nobody;
	struct migrate_call call;
	struct migrate_model model;

	migrate_pick(&call, rng);
	check(!nodes_empty(&call.from) && !nodes_empty(&call.to), "an empty set");
	migrate_expect(&model, scene, &nobody, &call);
	check(model.pairs <= nodes_weight(&call.from), "more pairs than nodes");
}

static void try_machine(struct world *world)
{
	static const struct scene_size size = { 9, 50, 50, 30 };
	struct stage *stage = stage_new();

	world_place(world);
	for (number = 0; number < CASES; number++) {
		struct rng rng = rng_for(1, STREAM_RANGE, number);

		scene_plan(&stage->scene, world, &rng, &size);
		check_scene(&stage->scene, world);
		check_mbind(&stage->scene, &rng);
		check_migration(&stage->scene, &rng);
	}
	stage_free(stage);
}

static bool fits(int kind)
{
	size_t unit = kind_unit(kind_facts[kind].size);

	return kind_facts[kind].size == SIZE_FOLIO || (unit && unit <= MOST_UNIT);
}

int main(void)
{
	static const int node_counts[] = { 1, 2, 4, 15, 16, 64 };
	static struct world world;
	unsigned long machines = 0;

	for (size_t size = 0; size < sizeof(sizes) / sizeof(sizes[0]); size++)
		for (size_t k = 0; k < sizeof(kernel_nodes) / sizeof(kernel_nodes[0]); k++)
			for (size_t n = 0; n < sizeof(node_counts) / sizeof(node_counts[0]); n++) {
				if (node_counts[n] > kernel_nodes[k])
					continue;
				pretend(node_counts[n], kernel_nodes[k], size);
				world.pool_each = 8;
				world.folio_sizes = 2;
				world.folio_units[0] = 4;
				world.folio_units[1] = 16;
				for (int kind = 0; kind < KIND_COUNT; kind++)
					world.can[kind] = fits(kind);
				try_machine(&world);
				machines++;
			}
	printf("selftest: %lu machines, %d cases each: all fit\n", machines, CASES);
	return 0;
}
