/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "marks.h"

#include <sys/mman.h>

#include "io_uring.h"
#include "raw.h"
#include "scene.h"

/* Pages taken from or given back to a huge page. */
static size_t given_back(const struct segment *segment)
{
	return segment->unit >= 64 ? 16 : segment->unit / 4;
}

static bool protect(const struct scene *scene, const struct segment *segment, int protection)
{
	return mprotect(scene_page(scene, segment->first), segment_bytes(segment), protection) == 0;
}

bool mark_readonly(struct scene *scene, struct world *world, const struct segment *segment)
{
	(void)world;
	return protect(scene, segment, PROT_READ);
}

bool mark_inaccessible(struct scene *scene, struct world *world, const struct segment *segment)
{
	(void)world;
	return protect(scene, segment, PROT_NONE);
}

bool mark_locked(struct scene *scene, struct world *world, const struct segment *segment)
{
	(void)world;
	/* More than a user may lock is not locked: it is anonymous memory then. */
	mlock(scene_page(scene, segment->first), segment_bytes(segment));
	return true;
}

bool mark_twin(struct scene *scene, struct world *world, const struct segment *segment)
{
	for (size_t i = 0; i < segment->count; i++)
		(void)*(volatile char *)scene_twin(scene, world, segment->first + i);
	return true;
}

/* Pins ---------------------------------------------------------------------------------------- */

/* One page of each unit is pinned, which holds all of it. What no more pin is to be had for can
 * move. */
static void pin_unit(struct scene *scene, struct world *world, size_t first, size_t unit)
{
	size_t index = first + scene->stamp % unit;

	if (!pin(&world->pins, scene_page(scene, index)))
		return;
	for (size_t i = first; i < first + unit; i++)
		scene->pages[i].stuck = true;
}

bool mark_pinned(struct scene *scene, struct world *world, const struct segment *segment)
{
	for (size_t i = 0; i < segment->count; i += segment->unit)
		pin_unit(scene, world, segment->first + i, segment->unit);
	return !kind_facts[segment->kind].inaccessible || protect(scene, segment, PROT_NONE);
}

/* Parts of huge pages ------------------------------------------------------------------------- */

static void give_back(struct scene *scene, size_t first, size_t count)
{
	madvise(scene_page(scene, first), count * machine()->page, MADV_DONTNEED);
	for (size_t i = first; i < first + count; i++) {
		scene->pages[i].present = false;
		scene->pages[i].node = NODE_NONE;
	}
}

bool mark_holed(struct scene *scene, struct world *world, const struct segment *segment)
{
	(void)world;
	for (size_t i = segment->unit; i <= segment->count; i += segment->unit)
		give_back(scene, segment->first + i - given_back(segment), given_back(segment));
	return true;
}

bool mark_headless(struct scene *scene, struct world *world, const struct segment *segment)
{
	(void)world;
	for (size_t i = 0; i < segment->count; i += segment->unit)
		give_back(scene, segment->first + i, given_back(segment));
	return true;
}

bool mark_split(struct scene *scene, struct world *world, const struct segment *segment)
{
	(void)world;
	for (size_t i = segment->unit / 2; i < segment->count; i += segment->unit) {
		char *middle = scene_page(scene, segment->first + i);

		if (mprotect(middle, machine()->page, PROT_READ) ||
		    mprotect(middle, machine()->page, PROT_READ | PROT_WRITE))
			return false;
	}
	return true;
}

/* Out of memory that the kernel sets aside for devices it moves what is registered before. */
static void look_again(struct scene *scene, const struct segment *segment)
{
	nodes_of(scene_page(scene, segment->first), segment->count, scene->scratch);
	for (size_t i = 0; i < segment->count; i++)
		scene->pages[segment->first + i].node = (short)scene->scratch[i];
}

bool marks_finish(struct scene *scene, struct world *world)
{
	if (!register_buffers(world))
		return false;
	for (size_t s = 0; s < scene->segment_count; s++)
		if (kind_facts[scene->segments[s].kind].mark == mark_uring)
			look_again(scene, &scene->segments[s]);
	return true;
}

/* Rings --------------------------------------------------------------------------------------- */

static bool is_placed(const struct world *world, const struct ring *ring, size_t index)
{
	for (size_t i = 0; i < world->placed_count; i++)
		if (world->placed[i].ring == ring && world->placed[i].index == index)
			return true;
	return false;
}

static bool place(struct world *world, const struct ring *ring, char *at)
{
	for (size_t index = 0; ring->store && index < ring->pages; index++) {
		if (is_placed(world, ring, index) || !ring_put(ring, index, at))
			continue;
		/* The mapping keeps the policy that an earlier case has set. */
		raw_mbind(at, machine()->page, MPOL_DEFAULT, NULL, 0, 0);
		world->placed[world->placed_count].ring = ring;
		world->placed[world->placed_count].index = index;
		world->placed[world->placed_count++].at = at;
		return true;
	}
	return false;
}

static const struct ring *place_any(struct world *world, int kind, int node, char *at)
{
	int first = node_index(node);

	for (int n = 0; n < machine()->node_count; n++) {
		int i = (first + n) % machine()->node_count;

		if (kind == KIND_PACKET && place(world, &world->packet[i], at))
			return &world->packet[i];
		if (kind == KIND_PACKET_TWIN && place(world, &world->packet_twin[i], at))
			return &world->packet_twin[i];
		for (int j = 0; kind == KIND_PERF && j < PERF_RINGS; j++)
			if (place(world, &world->perf[i][j], at))
				return &world->perf[i][j];
	}
	return NULL;
}

/* Where no ring page is left there is an untouched page instead. */
bool mark_ring(struct scene *scene, struct world *world, const struct segment *segment)
{
	for (size_t i = segment->first; i < segment->first + segment->count; i++) {
		struct page *page = &scene->pages[i];
		const struct ring *ring =
			place_any(world, page->kind, page->node, scene_page(scene, i));

		page->present = ring && !ring->device;
		page->node = (short)(page->present ? ring->node : NODE_NONE);
		page->stuck = ring != NULL;
		page->shared = ring && kind_facts[page->kind].shared;
		if (!ring)
			page->kind = KIND_UNTOUCHED;
	}
	return true;
}

void marks_undo(struct world *world)
{
	while (world->placed_count) {
		world->placed_count--;
		ring_take(world->placed[world->placed_count].ring,
			  world->placed[world->placed_count].index,
			  world->placed[world->placed_count].at);
	}
	unpin_all(&world->pins);
	unregister_buffers(world);
}
