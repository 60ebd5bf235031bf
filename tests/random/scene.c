/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scene.h"

#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "layout.h"
#include "look.h"
#include "marks.h"
#include "raw.h"

char *scene_page(const struct scene *scene, size_t index)
{
	return scene->base + index * machine()->page;
}

char *scene_twin(const struct scene *scene, const struct world *world, size_t index)
{
	return world->twins + (scene_page(scene, index) - world->arena);
}

const struct segment *segment_of(const struct scene *scene, size_t index)
{
	return &scene->segments[scene->pages[index].segment];
}

size_t segment_bytes(const struct segment *segment)
{
	return segment->count * machine()->page;
}

bool scene_may_cut(const struct scene *scene, size_t index)
{
	const struct segment *segment;

	if (index >= scene->count)
		return true;
	segment = segment_of(scene, index);
	return kind_facts[segment->kind].size != SIZE_HUGETLB ||
	       (index - segment->first) % segment->unit == 0;
}

void prefer_node(int node)
{
	struct nodes set = nodes_one(node);

	raw_set_mempolicy(MPOL_PREFERRED, set.words, NODES_MAXNODE);
}

static const struct kind_facts *facts_of(const struct scene *scene, size_t index)
{
	return &kind_facts[segment_of(scene, index)->kind];
}

/* Mapping and first touches ------------------------------------------------------------------- */

static bool map_segments(struct scene *scene, struct world *world, bool forked)
{
	for (size_t s = 0; s < scene->segment_count; s++) {
		const struct kind_facts *facts = &kind_facts[scene->segments[s].kind];

		if (facts->forked == forked && facts->map &&
		    !facts->map(scene, world, &scene->segments[s]))
			return false;
	}
	return true;
}

static void touch(const struct scene *scene, size_t index)
{
	volatile uint64_t *word = (uint64_t *)(void *)scene_page(scene, index);

	if (facts_of(scene, index)->stamped)
		*word = scene_stamp(scene, index);
	else
		(void)*word;
}

static bool touched_on(const struct scene *scene, size_t index, int node, bool forked)
{
	const struct kind_facts *facts = facts_of(scene, index);

	return scene->pages[index].node == node && facts->forked == forked && !facts->untouched;
}

static void touch_all(const struct scene *scene, bool forked)
{
	for (int n = 0; n < machine()->node_count; n++) {
		int node = machine()->node[n];
		bool asked = false;

		for (size_t i = 0; i < scene->count; i++) {
			if (!touched_on(scene, i, node, forked))
				continue;
			if (!asked)
				prefer_node(node);
			asked = true;
			touch(scene, i);
		}
	}
	stop_numa_balancing();
}

void scene_refault(const struct scene *scene)
{
	for (size_t i = 0; i < scene->count; i++)
		if (facts_of(scene, i)->refault)
			(void)*(volatile char *)scene_page(scene, i);
}

/* Sharing with a child ------------------------------------------------------------------------ */

static bool fork_child(struct scene *scene)
{
	scene->child = fork();
	if (scene->child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return scene->child > 0;
}

static void end_child(struct scene *scene)
{
	if (scene->child <= 0)
		return;
	kill(scene->child, SIGKILL);
	waitpid(scene->child, NULL, 0);
	scene->child = 0;
}

static bool make_forked(struct scene *scene, struct world *world)
{
	if (!scene->forked)
		return true;
	if (!map_segments(scene, world, true))
		return false;
	touch_all(scene, true);
	return fork_child(scene);
}

/* What has become of it ----------------------------------------------------------------------- */

static void note_pages(struct scene *scene)
{
	nodes_of(scene->base, scene->count, scene->scratch);
	for (size_t i = 0; i < scene->count; i++) {
		struct page *page = &scene->pages[i];
		const struct kind_facts *facts = facts_of(scene, i);

		if (facts->ring)
			continue; /* not there yet */
		page->node = (short)scene->scratch[i];
		if (page->node < 0 && facts->untold)
			page->node = (short)node_of_mapping(scene_page(scene, i));
		page->present = page->node >= 0;
		page->shared = facts->shared;
		page->stuck = facts->stuck && !facts->mark;
		if (page->present == facts->absent)
			scene->broken = true;
	}
}

static void mark_segments(struct scene *scene, struct world *world)
{
	for (size_t s = 0; s < scene->segment_count; s++) {
		const struct kind_facts *facts = &kind_facts[scene->segments[s].kind];

		if (facts->mark && !facts->mark(scene, world, &scene->segments[s]))
			scene->broken = true;
	}
	if (!marks_finish(scene, world))
		scene->broken = true;
}

/* Policies that were there before ------------------------------------------------------------- */

static int pick_old_policy(struct scene *scene, struct rng *rng)
{
	static const int modes[] = { MPOL_BIND, MPOL_INTERLEAVE, MPOL_PREFERRED, MODE_LOCAL };
	const struct machine *m = machine();
	int mode = modes[rng_below(rng, 4)];
	unsigned long nodes = 0;

	if (mode != MODE_LOCAL)
		nodes |= 1UL << m->node[rng_below(rng, (size_t)m->node_count)];
	if (mode == MPOL_INTERLEAVE)
		nodes |= 1UL << m->node[rng_below(rng, (size_t)m->node_count)];
	scene->policies[scene->policy_count] = (struct policy){ mode, nodes };
	return scene->policy_count++;
}

/*
 * Shared memory has one policy however often it is mapped, but each mapping remembers what was last
 * asked of it, and mbind() takes that for the policy: pairs start without any.
 */
static bool takes_old_policy(const struct scene *scene, size_t index)
{
	return scene->pages[index].kind != KIND_HOLE && !facts_of(scene, index)->pair;
}

static void set_old_policy(struct scene *scene, struct rng *rng)
{
	size_t first = rng_below(rng, scene->count);
	size_t end = first;
	size_t most = rng_between(rng, 1, scene->count);
	int policy = pick_old_policy(scene, rng);
	const struct policy *p = &scene->policies[policy];

	while (end < scene->count && end - first < most && takes_old_policy(scene, end))
		end++;
	if (end == first || !scene_may_cut(scene, first) || !scene_may_cut(scene, end))
		return;
	if (raw_mbind(scene_page(scene, first), (end - first) * machine()->page, p->mode, &p->nodes,
		      POLICY_MAXNODE, 0)) {
		scene->broken = true;
		return;
	}
	for (size_t i = first; i < end; i++)
		scene->pages[i].policy = (signed char)policy;
}

/* Together ------------------------------------------------------------------------------------ */

static void start(struct scene *scene)
{
	scene->broken = false;
	scene->child = 0;
	scene->twins_used = scene->pool_used = scene->hugetlb_used = false;
	scene->policies[0] = (struct policy){ .mode = MPOL_DEFAULT };
	scene->policy_count = 1;
}

static bool map_base(const struct scene *scene)
{
	return mmap(scene->base, scene->count * machine()->page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == scene->base;
}

static void make(struct scene *scene, struct world *world)
{
	if (!map_base(scene) || !make_forked(scene, world) || !map_segments(scene, world, false)) {
		scene->broken = true;
		return;
	}
	touch_all(scene, false);
	note_pages(scene);
	mark_segments(scene, world);
}

void scene_build_one(struct scene *scene, struct world *world, enum kind kind)
{
	start(scene);
	scene_plan_one(scene, world, kind);
	scene->stamp = 1;
	make(scene, world);
}

static void note_free_hugetlb(struct scene *scene)
{
	scene->hugetlb_free = nodes_none();
	for (int i = 0; scene->hugetlb_used && i < machine()->node_count; i++)
		if (free_hugetlb_on(machine()->node[i]) > 0)
			nodes_add(&scene->hugetlb_free, machine()->node[i]);
}

void scene_build(struct scene *scene, struct world *world, struct rng *rng,
		 const struct scene_size *size)
{
	size_t old_policies;

	start(scene);
	scene_plan(scene, world, rng, size);
	scene->stamp = rng_next(rng) | 1;
	make(scene, world);
	if (scene->broken)
		return;
	old_policies = rng_below(rng, 4);
	while (old_policies--)
		set_old_policy(scene, rng);
	scene_refault(scene);
	note_free_hugetlb(scene);
}

void scene_destroy(struct scene *scene, struct world *world)
{
	marks_undo(world);
	end_child(scene);
	munmap(scene->base, scene->count * machine()->page);
	if (scene->twins_used)
		munmap(scene_twin(scene, world, 0), scene->count * machine()->page);
	if (scene->pool_used)
		world_restore(world);
	if (scene->hugetlb_used)
		world_restore_hugetlb(world);
}

/* Words --------------------------------------------------------------------------------------- */

/* Nodes of the pages from first to before end: one digit each, equal ones that follow each other
 * told once. */
static size_t print_nodes(const struct scene *scene, size_t first, size_t end, char *buf,
			  size_t size)
{
	size_t used = 0;

	for (size_t i = first, next; i < end && used < size; i = next) {
		int node = scene->pages[i].node;

		for (next = i + 1; next < end && scene->pages[next].node == node;)
			next++;
		used += (size_t)snprintf(buf + used, size - used, node < 0 ? "%s-" : "%s%d",
					 i == first ? "" : ",", node);
		if (next - i > 1 && used < size)
			used += (size_t)snprintf(buf + used, size - used, "*%zu", next - i);
	}
	return used;
}

void scene_print(const struct scene *scene, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = 0;
	for (size_t s = 0; s < scene->segment_count && used < size; s++) {
		const struct segment *segment = &scene->segments[s];
		size_t most = 16 * segment->unit;
		size_t show = segment->count < most ? segment->count : most;

		used += (size_t)snprintf(buf + used, size - used, "%s%zu:%s@", s ? " " : "",
					 segment->first, kind_facts[segment->kind].name);
		if (used < size)
			used += print_nodes(scene, segment->first, segment->first + show,
					    buf + used, size - used);
		if (show < segment->count && used < size)
			used += (size_t)snprintf(buf + used, size - used, "..(%zu)",
						 segment->count);
	}
}
