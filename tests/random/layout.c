/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layout.h"

#include <string.h>

static bool wanted(const struct scene *scene, const struct world *world, int kind, bool huge)
{
	bool forked = kind == KIND_FORKED || kind == KIND_THP_FORKED;

	return world->can[kind] && kind_facts[kind].huge == huge && (!forked || scene->forked);
}

static enum kind pick_kind(const struct scene *scene, const struct world *world, struct rng *rng,
			   bool huge)
{
	unsigned total = 0;
	size_t roll;
	int kind;

	for (kind = 0; kind < KIND_COUNT; kind++)
		if (wanted(scene, world, kind, huge))
			total += kind_facts[kind].weight;
	if (!total)
		return KIND_ANON;
	roll = rng_below(rng, total);
	for (kind = 0; kind < KIND_COUNT; kind++) {
		if (!wanted(scene, world, kind, huge))
			continue;
		if (roll < kind_facts[kind].weight)
			break;
		roll -= kind_facts[kind].weight;
	}
	return (enum kind)kind;
}

static bool is_pool(enum kind kind)
{
	return kind == KIND_POOL || kind == KIND_PINNED_POOL;
}

static void add_segment(struct scene *scene, enum kind kind, size_t count)
{
	struct segment *segment = &scene->segments[scene->segment_count];

	/* No page of the pool is mapped twice in a scene. */
	if (is_pool(kind) && scene->pool_next + count > POOL_PAGES)
		kind = KIND_ANON;
	*segment = (struct segment){ kind, scene->count, count, scene->pool_next };
	if (is_pool(kind))
		scene->pool_next += count;
	for (size_t i = 0; i < count; i++)
		scene->pages[scene->count + i] = (struct page){
			.kind = (unsigned char)kind,
			.segment = (unsigned char)scene->segment_count,
			.inaccessible = kind_facts[kind].inaccessible,
			.node = NODE_NONE,
			.policy = kind == KIND_HOLE ? NO_POLICY : 0,
		};
	scene->count += count;
	scene->segment_count++;
}

/* Rings and pins are few, so that they end up between other pages. */
static size_t pick_count(enum kind kind, struct rng *rng)
{
	if (kind_facts[kind].huge)
		return machine()->huge / machine()->page;
	if (kind == KIND_PERF || kind == KIND_PACKET || kind == KIND_PACKET_TWIN)
		return rng_between(rng, 1, 2);
	if (kind_facts[kind].stuck)
		return rng_between(rng, 1, 3);
	if (kind == KIND_PAIR)
		return 2 * rng_between(rng, 1, 3);
	return rng_between(rng, 1, rng_percent(rng, 20) ? 12 : 5);
}

static void add_base_segments(struct scene *scene, const struct world *world, struct rng *rng,
			      size_t segments)
{
	while (segments--) {
		enum kind kind = pick_kind(scene, world, rng, false);

		add_segment(scene, kind, pick_count(kind, rng));
	}
}

static void add_huge_segment(struct scene *scene, const struct world *world, struct rng *rng)
{
	enum kind kind = pick_kind(scene, world, rng, true);

	if (kind == KIND_ANON)
		return;
	add_segment(scene, kind, pick_count(kind, rng));
}

/* One node for a whole segment, or one for each page. A huge page is on one node. */
static void pick_nodes(struct scene *scene, struct rng *rng)
{
	const struct machine *m = machine();

	for (size_t s = 0; s < scene->segment_count; s++) {
		const struct segment *segment = &scene->segments[s];
		bool mixed = !kind_facts[segment->kind].huge && rng_percent(rng, 50);
		size_t node = rng_below(rng, (size_t)m->node_count);

		for (size_t i = 0; i < segment->count; i++) {
			if (mixed)
				node = rng_below(rng, (size_t)m->node_count);
			scene->pages[segment->first + i].node = (signed char)m->node[node];
		}
	}
}

void scene_plan(struct scene *scene, const struct world *world, struct rng *rng,
		const struct scene_size *size)
{
	size_t before = rng_between(rng, 1, size->most_segments);
	bool huge = rng_percent(rng, size->huge_percent);
	size_t huge_at = 0;

	scene->count = scene->segment_count = 0;
	scene->pool_next = rng_below(rng, POOL_PAGES / 2);
	scene->forked = rng_percent(rng, size->fork_percent);
	if (huge)
		before = rng_below(rng, 5);
	add_base_segments(scene, world, rng, before);
	if (huge) {
		huge_at = scene->count;
		add_huge_segment(scene, world, rng);
		add_base_segments(scene, world, rng, rng_between(rng, huge_at ? 0 : 1, 4));
	}
	scene->base = world->arena - huge_at * machine()->page;
	pick_nodes(scene, rng);
}
