/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "excuse.h"

#include "observe.h"
#include "raw.h"
#include "room.h"

/* Whether the kernel alone can move this page, and what it is part of, to the node now. */
static bool moves_now(const struct scene *scene, size_t index, int pid, int node)
{
	void *at = scene_page(scene, index);
	int status = -1;
	int flags = machine()->nice ? MPOL_MF_MOVE_ALL : MPOL_MF_MOVE;

	return raw_move_pages(pid, 1, &at, &node, &status, flags) == 0 && status == node;
}

static bool has_room(const struct scene *scene, size_t index, int pid, int node, size_t left)
{
	const struct segment *segment = segment_of(scene, index);
	bool ample = room_is_ample(node, left + segment->unit);

	if (kind_facts[segment->kind].size == SIZE_HUGETLB)
		ample = ample || free_hugetlb_on(node) > 0;
	return ample && (segment->unit == 1 || moves_now(scene, index, pid, node));
}

/*
 * Where N names no node, the kernel rather takes a page of another node's pool, and be it the
 * page's own node, than make one on the caller's. A page that was made there during the call is
 * free afterwards.
 */
static bool lacks_pool(const struct scene *scene, size_t index, const struct mbind_model *model,
		       int node)
{
	return nodes_empty(&model->n) &&
	       kind_facts[segment_of(scene, index)->kind].size == SIZE_HUGETLB &&
	       (!nodes_has(&scene->hugetlb_free, node) || free_hugetlb_on(node) == 0);
}

bool lands_anywhere(const struct scene *scene, const struct mbind_model *model, size_t index)
{
	for (int node = nodes_next(&model->targets, 0); node < NODES_BITS;
	     node = nodes_next(&model->targets, node + 1))
		if (!lacks_pool(scene, index, model, node))
			return false;
	return true;
}

static bool any_has_room(const struct scene *scene, size_t index, const struct mbind_model *model,
			 const struct nodes *targets, size_t left)
{
	for (int node = nodes_next(targets, 0); node < NODES_BITS;
	     node = nodes_next(targets, node + 1))
		if (!lacks_pool(scene, index, model, node) && has_room(scene, index, 0, node, left))
			return true;
	return false;
}

static bool stayed_out(const struct scene *scene, const struct mbind_model *model,
		       const struct mbind_call *call, const struct sight *sight, size_t index)
{
	return mbind_must_move(model, scene, call, index) &&
	       !mbind_arrived(model, scene, index, sight->node[index]);
}

static bool same_unit(const struct scene *scene, size_t a, size_t b)
{
	const struct segment *segment = segment_of(scene, a);

	return segment == segment_of(scene, b) &&
	       (a - segment->first) / segment->unit == (b - segment->first) / segment->unit;
}

unsigned long mbind_excuse(struct scene *scene, const struct mbind_model *model,
			   const struct mbind_call *call, const struct sight *sight)
{
	struct nodes targets = nodes_and(&model->targets, &machine()->allowed);
	unsigned long excused = 0;
	size_t left = 0, asked = SIZE_MAX;

	for (size_t i = 0; i < scene->count; i++)
		left += stayed_out(scene, model, call, sight, i);
	for (size_t i = 0; i < scene->count; i++) {
		if (!stayed_out(scene, model, call, sight, i))
			continue;
		/* One question for a huge page; for base pages one is enough for all. */
		if (asked == SIZE_MAX ||
		    !(same_unit(scene, asked, i) ||
		      (segment_of(scene, asked)->unit == 1 && segment_of(scene, i)->unit == 1))) {
			asked = i;
			if (any_has_room(scene, i, model, &targets, left))
				return excused;
		}
		scene->pages[i].no_room = true;
		excused++;
	}
	return excused;
}

static size_t moved_now(const struct scene *scene, const struct nodes *targets,
			const struct mbind_call *call, size_t first, size_t end)
{
	size_t size = machine()->page, moved = 0;

	raw_mbind(scene_page(scene, first), (end - first) * size, MPOL_BIND, targets->words,
		  NODES_MAXNODE, call->flags & MOVE_ALL ? MOVE_ALL : MOVE);
	for (size_t i = first; i < end; i++)
		moved += nodes_has(targets, node_of(scene_page(scene, i)));
	return moved;
}

unsigned long mbind_could_move(const struct scene *scene, const struct mbind_model *model,
			       const struct mbind_call *call, const struct sight *sight)
{
	struct nodes targets = nodes_and(&model->targets, &machine()->allowed);
	unsigned long moved = 0;

	for (size_t i = 0; i < scene->count; i++) {
		size_t first = i;

		while (i < scene->count && stayed_out(scene, model, call, sight, i))
			i++;
		if (first < i)
			moved += moved_now(scene, &targets, call, first, i);
	}
	return moved;
}

unsigned long migrate_could_move(const struct scene *scene, const struct migrate_model *model,
				 int pid, const struct sight *sight)
{
	unsigned long moved = 0;

	for (size_t i = 0; i < scene->count; i++) {
		const struct page *page = &scene->pages[i];
		int due = migrate_due(model, page);

		if (page->present && sight->node[i] == page->node && due != page->node)
			moved += moves_now(scene, i, pid, due);
	}
	return moved;
}

void forget_dropped(struct scene *scene, const struct sight *sight)
{
	for (size_t i = 0; i < scene->count; i++) {
		struct page *page = &scene->pages[i];

		if (!kind_facts[page->kind].disk || sight->node[i] != NODE_NONE)
			continue;
		page->present = false;
		page->node = NODE_NONE;
	}
}

unsigned long migrate_excuse(struct scene *scene, const struct migrate_model *model, int pid,
			     const struct sight *sight)
{
	unsigned long excused = 0;

	for (size_t i = 0; i < scene->count; i++) {
		const struct page *page = &scene->pages[i];
		int due = migrate_due(model, page);

		if (due == page->node || sight->node[i] != page->node)
			continue;
		if (has_room(scene, i, pid, due, segment_of(scene, i)->unit))
			return excused;
		for (size_t j = i; j < scene->count && same_unit(scene, i, j); j++)
			scene->pages[j].stuck = true;
		excused++;
	}
	return excused;
}
