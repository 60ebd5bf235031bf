/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "look.h"

#include <sys/mman.h>

/* The second page of a pair is the first one again. */
uint64_t scene_stamp(const struct scene *scene, size_t index)
{
	const struct segment *segment = segment_of(scene, index);
	size_t half = segment->count / 2;

	if (kind_facts[segment->kind].pair && index >= segment->first + half)
		index -= half;
	if (kind_facts[segment->kind].one_page)
		index = segment->first;
	return scene->stamp + index;
}

static void open_up(const struct scene *scene)
{
	for (size_t s = 0; s < scene->segment_count; s++) {
		const struct segment *segment = &scene->segments[s];

		if (kind_facts[segment->kind].inaccessible)
			mprotect(scene_page(scene, segment->first), segment_bytes(segment),
				 PROT_READ);
	}
}

static bool spoiled(const struct scene *scene, size_t index)
{
	const struct page *page = &scene->pages[index];
	const char *at = scene_page(scene, index);
	const struct segment *segment = segment_of(scene, index);

	if (!page->present)
		return false;
	if (kind_facts[page->kind].pool)
		return *at != (char)(segment->pool_first + index - segment->first + 1);
	return kind_facts[page->kind].stamped &&
	       *(const uint64_t *)(const void *)at != scene_stamp(scene, index);
}

void scene_look(const struct scene *scene, struct sight *sight)
{
	for (size_t i = 0; i < scene->count; i++)
		sight->policy[i] = policy_of(scene_page(scene, i));
	open_up(scene);
	scene_refault(scene);
	nodes_of(scene->base, scene->count, scene->scratch);
	sight->spoiled = 0;
	for (size_t i = 0; i < scene->count; i++) {
		sight->node[i] = (short)scene->scratch[i];
		if (sight->node[i] < 0 && kind_facts[scene->pages[i].kind].untold)
			sight->node[i] = (short)node_of_mapping(scene_page(scene, i));
		/* A page that is gone is reported as such, not read back in. */
		if (sight->node[i] >= 0 && spoiled(scene, i))
			sight->spoiled++;
	}
}

bool hides_inaccessible(void)
{
	static int answer = -1;
	size_t page = machine()->page;
	char *at;

	if (answer >= 0)
		return answer;
	at = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*at = 1;
	mprotect(at, page, PROT_NONE);
	answer = node_of(at) < 0;
	munmap(at, page);
	return answer;
}

static bool same_mapping(const struct scene *scene, size_t a, size_t b)
{
	const struct page *p = &scene->pages[a], *q = &scene->pages[b];

	return p->inaccessible && q->inaccessible && p->policy >= 0 && q->policy >= 0 &&
	       policy_equal(&scene->policies[p->policy], &scene->policies[q->policy]);
}

bool inaccessible_mapping(const struct scene *scene, size_t index, size_t *from, size_t *to)
{
	*from = *to = index;
	if (!scene->pages[index].inaccessible)
		return false;
	while (*from > 0 && same_mapping(scene, *from - 1, *from))
		--*from;
	while (*to + 1 < scene->count && same_mapping(scene, *to, *to + 1))
		++*to;
	return true;
}
