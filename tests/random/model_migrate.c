/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model_migrate.h"

#include <errno.h>
#include <string.h>

#include "look.h"
#include "room.h"

static int argument_error(const struct nodes *from, const struct nodes *to)
{
	const struct machine *m = machine();
	struct nodes usable = nodes_and(to, &m->allowed);

	if (nodes_next(from, m->kernel_nodes) < NODES_BITS ||
	    nodes_next(to, m->kernel_nodes) < NODES_BITS)
		return EINVAL;
	if (!nodes_equal(&usable, to) && !m->nice)
		return EPERM;
	return nodes_empty(&usable) ? EINVAL : 0;
}

/* Member number n of one set goes to member number n of the other, counted round and round. */
static int remapped(int node, const struct nodes *from, const struct nodes *to)
{
	return nodes_nth(to, nodes_rank(from, node) % nodes_weight(to));
}

/*
 * One pair out of those that are left: the last that moves anything, or the first whose destination
 * is not itself waiting to be emptied. That is the kernel's order.
 */
static bool next_pair(struct migrate_model *model, struct nodes *left, const struct nodes *from,
		      const struct nodes *to)
{
	int source = -1, dest = -1;

	for (int s = nodes_next(left, 0); s < NODES_BITS; s = nodes_next(left, s + 1)) {
		int d;

		/* With different numbers of nodes, what is in the destination already stays. */
		if (nodes_weight(from) != nodes_weight(to) && nodes_has(to, s))
			continue;
		d = remapped(s, from, to);
		if (d == s)
			continue;
		source = s;
		dest = d;
		if (!nodes_has(left, d))
			break;
	}
	if (source < 0)
		return false;
	left->words[source / 64] &= ~(1UL << (source % 64));
	model->pair[model->pairs].source = source;
	model->pair[model->pairs++].dest = dest;
	return true;
}

static void find_pairs(struct migrate_model *model, const struct nodes *from,
		       const struct nodes *to)
{
	struct nodes left = *from;

	while (model->pairs < MAX_PAIRS && next_pair(model, &left, from, to))
		;
}

static struct fate fate_of(const struct migrate_model *model, int node, bool shared, bool stuck)
{
	struct fate fate = { .node = node };
	bool left_alone = shared && !machine()->nice;

	for (int i = 0; i < model->pairs; i++) {
		if (model->pair[i].source != fate.node)
			continue;
		if (left_alone)
			fate.left_alone = true;
		else if (stuck)
			fate.unmoved = true;
		else
			fate.node = model->pair[i].dest;
	}
	return fate;
}

static void count(struct migrate_model *model, const struct fate *fate, const char *at)
{
	model->shared += fate->left_alone;
	if (!fate->unmoved)
		return;
	if (!model->unmoved++ || at < model->first_unmoved)
		model->first_unmoved = at;
}

struct fate fate_in_scene(const struct migrate_model *model, const struct page *page)
{
	return fate_of(model, page->present ? page->node : NODE_NONE, page->shared, page->stuck);
}

int migrate_due(const struct migrate_model *model, const struct page *page)
{
	return fate_in_scene(model, page).node;
}

struct fate fate_in_crowd(const struct migrate_model *model, const struct crowd_page *page)
{
	return fate_of(model, page->node, page->shared, page->stuck);
}

/* The PROT_NONE mapping that holds the first unmoved page has other pages where they belong. */
static bool is_first_hidden(const struct migrate_model *model, const struct scene *scene)
{
	size_t index = (size_t)(model->first_unmoved - scene->base) / machine()->page;
	size_t from, to;

	if (!hides_inaccessible() || model->first_unmoved < scene->base || index >= scene->count ||
	    !inaccessible_mapping(scene, index, &from, &to))
		return false;
	for (size_t i = from; i <= to; i++)
		if (scene->pages[i].present && !fate_in_scene(model, &scene->pages[i]).unmoved)
			return true;
	return false;
}

void migrate_expect(struct migrate_model *model, const struct scene *scene,
		    const struct crowd *before, const struct migrate_call *call)
{
	struct nodes from = call_nodes(&call->from, call->maxnode);
	struct nodes to = call_nodes(&call->to, call->maxnode);
	struct fate fate;

	memset(model, 0, sizeof(*model));
	model->error = argument_error(&from, &to);
	if (model->error) {
		model->result = -1;
		return;
	}
	to = nodes_and(&to, &machine()->allowed);
	find_pairs(model, &from, &to);
	for (size_t i = 0; i < scene->count; i++) {
		fate = fate_in_scene(model, &scene->pages[i]);
		count(model, &fate, scene_page(scene, i));
	}
	for (size_t i = 0; i < before->count; i++) {
		fate = fate_in_crowd(model, &before->pages[i]);
		count(model, &fate, (const char *)before->pages[i].address);
	}
	model->result = (long)model->unmoved;
	model->first_hidden = is_first_hidden(model, scene);
}

bool migrate_may_fail_for_room(const struct migrate_model *model)
{
	for (int i = 0; i < model->pairs; i++)
		if (!room_is_ample(model->pair[i].dest, 0))
			return true;
	return false;
}
