/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layout.h"

#include <string.h>

#include "kinds.h"

/* Pages that a scene has room for besides its large units. */
enum { SMALL_PAGES = 600, BULK_PAGES = 2500, MOST_UNITS = 4, MOST_LARGE_SEGMENTS = 3 };

static size_t largest_unit(void)
{
	size_t thp = kind_unit(SIZE_THP), hugetlb = kind_unit(SIZE_HUGETLB);
	size_t largest = 1;

	if (thp <= MOST_UNIT)
		largest = thp;
	if (hugetlb <= MOST_UNIT && hugetlb > largest)
		largest = hugetlb;
	return largest;
}

size_t scene_capacity(void)
{
	return SMALL_PAGES + 2 * BULK_PAGES + MOST_UNITS * largest_unit();
}

size_t scene_alignment(void)
{
	return largest_unit() * machine()->page;
}

static bool wanted(const struct scene *scene, const struct world *world, int kind, bool large)
{
	const struct kind_facts *facts = &kind_facts[kind];

	return world->can[kind] && (facts->size != SIZE_PAGE) == large &&
	       (!facts->forked || scene->forked);
}

/* KIND_COUNT when there is none. */
static enum kind pick_kind(const struct scene *scene, const struct world *world, struct rng *rng,
			   bool large)
{
	unsigned total = 0;
	size_t roll;
	int kind;

	for (kind = 0; kind < KIND_COUNT; kind++)
		if (wanted(scene, world, kind, large))
			total += kind_facts[kind].weight;
	roll = total ? rng_below(rng, total) : 0;
	for (kind = 0; total && kind < KIND_COUNT; kind++) {
		if (!wanted(scene, world, kind, large))
			continue;
		if (roll < kind_facts[kind].weight)
			return (enum kind)kind;
		roll -= kind_facts[kind].weight;
	}
	return KIND_COUNT;
}

/* Nothing that does not fit: a scene is as long as it may be then. */
static void add_segment(struct scene *scene, enum kind kind, size_t count, size_t unit)
{
	struct segment *segment = &scene->segments[scene->segment_count];
	const struct kind_facts *facts = &kind_facts[kind];

	if (!count || scene->segment_count == MAX_SEGMENTS ||
	    scene->count + count > scene->capacity)
		return;
	/* No page of the pool is mapped twice in a scene. */
	if (facts->pool && scene->pool_next + count > POOL_PAGES) {
		kind = KIND_ANON;
		facts = &kind_facts[kind];
	}
	*segment = (struct segment){ kind, scene->count, count, unit, scene->pool_next };
	if (facts->pool)
		scene->pool_next += count;
	for (size_t i = 0; i < count; i++)
		scene->pages[scene->count + i] = (struct page){
			.kind = (unsigned char)kind,
			.segment = (unsigned char)scene->segment_count,
			.inaccessible = facts->inaccessible,
			.node = NODE_NONE,
			.policy = kind == KIND_HOLE ? NO_POLICY : 0,
		};
	scene->count += count;
	scene->segment_count++;
}

/* Rings and pins are mostly few, so that they end up between other pages. */
static size_t pick_count(enum kind kind, struct rng *rng)
{
	const struct kind_facts *facts = &kind_facts[kind];
	bool many = rng_percent(rng, 15);

	if (facts->untold)
		return rng_between(rng, 1, 6); /* an ordinary user may not lock many */
	if (facts->ring)
		return many ? PACKET_PAGES : rng_between(rng, 1, 2);
	if (facts->stuck)
		return many ? rng_between(rng, 8, 24) : rng_between(rng, 1, 3);
	if (facts->one_page)
		return rng_between(rng, 2, 6);
	if (facts->pair)
		return 2 * rng_between(rng, 1, 3);
	return rng_between(rng, 1, many ? 12 : 5);
}

static void add_small(struct scene *scene, const struct world *world, struct rng *rng,
		      size_t segments)
{
	while (segments--) {
		enum kind kind = pick_kind(scene, world, rng, false);
		size_t count = pick_count(kind, rng);

		add_segment(scene, kind, count, 1);
	}
}

static void add_bulk(struct scene *scene, struct rng *rng)
{
	size_t count = rng_between(rng, BULK_PAGES / 10, BULK_PAGES);
	enum kind kind;

	do
		kind = (enum kind)rng_below(rng, KIND_COUNT);
	while (!kind_facts[kind].bulk);
	add_segment(scene, kind, count, 1);
}

/* From the end of the scene to the next address where such a unit may be. */
static void align(struct scene *scene, struct rng *rng, size_t unit)
{
	static const enum kind paddings[] = { KIND_UNTOUCHED, KIND_ANON, KIND_HOLE };
	static const unsigned weights[] = { 50, 35, 15, 0 };
	enum kind padding = paddings[rng_weighted(rng, weights)];
	size_t beyond = (size_t)(scene->base - (char *)NULL) / machine()->page + scene->count;

	add_segment(scene, padding, (unit - beyond % unit) % unit, 1);
}

/* Hugetlb pages up to half of what a node has, so that there is always where to move them. */
static size_t pick_units(const struct world *world, enum kind kind, struct rng *rng)
{
	size_t most = kind_facts[kind].size == SIZE_HUGETLB ? (size_t)world->pool_each / 2 : 3;
	size_t units = 1 + rng_weighted(rng, (const unsigned[]){ 70, 15, 15, 0 });

	return units < most || !most ? units : most;
}

/* The first one decides where the scene begins, so that nothing has to be put before it. */
static void add_large(struct scene *scene, const struct world *world, struct rng *rng)
{
	size_t segments = 1 + rng_weighted(rng, (const unsigned[]){ 75, 17, 8, 0 });

	for (size_t i = 0; i < segments; i++) {
		enum kind kind = pick_kind(scene, world, rng, true);
		size_t units, unit;

		if (kind == KIND_COUNT)
			return;
		units = pick_units(world, kind, rng);
		unit = kind_unit(kind_facts[kind].size);
		if (!unit)
			unit = world->folio_units[rng_below(rng, world->folio_sizes)];
		if (i == 0)
			scene->base = world->arena - scene->count * machine()->page;
		else
			align(scene, rng, unit);
		add_segment(scene, kind, units * unit, unit);
		if (rng_percent(rng, 40))
			add_small(scene, world, rng, 1);
	}
}

/* One node for a whole segment, or one for each unit. */
static void pick_nodes(struct scene *scene, struct rng *rng)
{
	const struct machine *m = machine();

	for (size_t s = 0; s < scene->segment_count; s++) {
		const struct segment *segment = &scene->segments[s];
		bool mixed = rng_percent(rng, 50) && !kind_facts[segment->kind].one_node;
		size_t node = rng_below(rng, (size_t)m->node_count);

		for (size_t i = 0; i < segment->count; i++) {
			if (mixed && i % segment->unit == 0)
				node = rng_below(rng, (size_t)m->node_count);
			scene->pages[segment->first + i].node = (short)m->node[node];
		}
	}
}

void scene_plan_one(struct scene *scene, const struct world *world, enum kind kind)
{
	const struct kind_facts *facts = &kind_facts[kind];
	size_t unit = kind_unit(facts->size);

	if (!unit)
		unit = world->folio_units[0];
	scene->count = scene->segment_count = scene->pool_next = 0;
	scene->base = world->arena;
	scene->forked = kind_facts[kind].forked;
	add_segment(scene, kind, facts->pair || facts->one_page ? 2 * unit : unit, unit);
	for (size_t i = 0; i < scene->count; i++)
		scene->pages[i].node = (short)machine()->node[0];
}

void scene_plan(struct scene *scene, const struct world *world, struct rng *rng,
		const struct scene_size *size)
{
	size_t before = rng_between(rng, 1, size->most_segments);
	bool large = rng_percent(rng, size->huge_percent);
	bool bulk = rng_percent(rng, size->bulk_percent);
	bool bulk_first = rng_percent(rng, 50);

	scene->count = scene->segment_count = 0;
	scene->base = world->arena;
	scene->pool_next = rng_below(rng, POOL_PAGES / 2);
	scene->forked = rng_percent(rng, size->fork_percent);
	if (large)
		before = rng_below(rng, 5);
	if (bulk && bulk_first)
		add_bulk(scene, rng);
	add_small(scene, world, rng, before);
	if (large) {
		add_large(scene, world, rng);
		add_small(scene, world, rng, rng_between(rng, scene->count ? 0 : 1, 4));
	}
	if (bulk && !bulk_first)
		add_bulk(scene, rng);
	pick_nodes(scene, rng);
}
