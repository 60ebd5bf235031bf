/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model_migrate.h"

#include <errno.h>
#include <string.h>

/* What becomes of one page. */
struct fate {
	int node;	 /* where it ends up */
	bool unmoved;	 /* had to move and could not (rule 12) */
	bool left_alone; /* because it is shared (rule 13) */
};

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

static struct fate fate_in_scene(const struct migrate_model *model, const struct page *page)
{
	return fate_of(model, page->present ? page->node : NODE_NONE, page->shared, page->stuck);
}

int migrate_due(const struct migrate_model *model, const struct page *page)
{
	return fate_in_scene(model, page).node;
}

static struct fate fate_in_crowd(const struct migrate_model *model, const struct crowd_page *page)
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

/* Comparing ----------------------------------------------------------------------------------- */

static void compare_scene(struct verdict *verdict, const struct migrate_model *model,
			  const struct scene *scene, const struct sight *sight)
{
	for (size_t i = 0; i < scene->count; i++) {
		const struct page *page = &scene->pages[i];
		struct fate fate = fate_in_scene(model, page);

		if (sight->node[i] != fate.node)
			differ(verdict, sight->node[i] == page->node ? SORT_NOT_MOVED : SORT_MOVED,
			       "page %zu (%s): was on node %d, must be on %d, is on %d", i,
			       kind_facts[page->kind].name, page->node, fate.node, sight->node[i]);
	}
}

/*
 * Where a page of the crowd is now, NODE_NONE if it is not to be compared: pages that came, went or
 * were copied meanwhile belong to the test itself. *hint is where the search goes on.
 */
static int node_after(const struct crowd_page *was, const struct crowd *after, size_t *hint)
{
	const struct crowd_page *now;

	while (*hint < after->count && after->pages[*hint].address < was->address)
		++*hint;
	now = &after->pages[*hint];
	if (*hint == after->count || now->address != was->address || now->shared != was->shared)
		return NODE_NONE;
	return now->node;
}

static void compare_crowd(struct verdict *verdict, const struct migrate_model *model,
			  const struct crowd *before, const struct crowd *after)
{
	size_t hint = 0;

	for (size_t i = 0; i < before->count; i++) {
		const struct crowd_page *was = &before->pages[i];
		struct fate fate = fate_in_crowd(model, was);
		int now = node_after(was, after, &hint);

		if (now != NODE_NONE && now != fate.node)
			differ(verdict, now == was->node ? SORT_NOT_MOVED : SORT_MOVED,
			       "other page %lx%s: was on node %d, must be on %d, is on %d",
			       was->address, was->shared ? " (shared)" : "", was->node, fate.node,
			       now);
	}
}

unsigned migrate_excuse_crowd(struct crowd *before, const struct migrate_model *model,
			      const struct crowd *after)
{
	unsigned excused = 0;
	size_t hint = 0;

	for (size_t i = 0; i < before->count; i++) {
		struct crowd_page *was = &before->pages[i];
		struct fate fate = fate_in_crowd(model, was);
		int now = node_after(was, after, &hint);

		if (now == was->node && now != fate.node) {
			was->stuck = true;
			excused++;
		}
	}
	return excused;
}

static void compare_policies(struct verdict *verdict, const struct scene *scene,
			     const struct sight *sight)
{
	for (size_t i = 0; i < scene->count; i++) {
		int policy = scene->pages[i].policy;

		if (policy >= 0 && !policy_equal(&scene->policies[policy], &sight->policy[i]))
			differ(verdict, SORT_POLICY, "page %zu: policy changed", i);
	}
}

/*
 * Pages concerned that were shared and have been written to since by this or by the other process,
 * or are gone: nobody knows what they were when the kernel, or the library, came by.
 */
static unsigned long copied_meanwhile(const struct migrate_model *model, const struct crowd *before,
				      const struct crowd *after)
{
	unsigned long copied = 0;
	size_t hint = 0;

	for (size_t i = 0; i < before->count; i++) {
		const struct crowd_page *was = &before->pages[i];
		struct fate fate = fate_in_crowd(model, was);

		copied += was->shared && (fate.left_alone || fate.node != was->node) &&
			  node_after(was, after, &hint) == NODE_NONE;
	}
	return copied;
}

static bool within(unsigned long got, unsigned long want, unsigned long more)
{
	return got >= want && got - want <= more;
}

static void compare_result(struct verdict *verdict, const struct migrate_model *model,
			   unsigned long copied, const struct outcome *outcome)
{
	char want[32], got[32];
	bool counts = outcome->result >= 0 && model->result >= 0;

	if (outcome->result == model->result && outcome->error == model->error)
		return;
	if (counts && within((unsigned long)outcome->result, model->unmoved, copied))
		return;
	outcome_print(model->result, model->error, want, sizeof(want));
	outcome_print(outcome->result, outcome->error, got, sizeof(got));
	differ(verdict, counts ? SORT_COUNT : SORT_RESULT, "returned %s, must be %s", got, want);
}

static void compare_report(struct verdict *verdict, const struct migrate_model *model,
			   unsigned long copied, const struct strictbind_report *report)
{
	if (!within(report->unmoved, model->unmoved, copied))
		differ(verdict, SORT_COUNT, "unmoved %lu, must be %lu", report->unmoved,
		       model->unmoved);
	if (!within(model->shared, report->shared, copied))
		differ(verdict, SORT_COUNT, "shared %lu, must be %lu", report->shared,
		       model->shared);
	/* A kernel that hides the nodes of PROT_NONE pages does not tell which of them have stayed.
	 */
	if (!report->first_unmoved && model->first_hidden)
		return;
	if (!copied && report->first_unmoved != model->first_unmoved)
		differ(verdict, SORT_COUNT, "first_unmoved %p, must be %p", report->first_unmoved,
		       (const void *)model->first_unmoved);
}

void migrate_compare(struct verdict *verdict, const struct migrate_model *model,
		     const struct scene *scene, const struct crowd *before,
		     const struct crowd *after, const struct migrate_call *call,
		     const struct outcome *outcome, const struct sight *sight, bool raw)
{
	unsigned long copied = copied_meanwhile(model, before, after);

	verdict->sort = SORT_NONE;
	compare_result(verdict, model, copied, outcome);
	compare_scene(verdict, model, scene, sight);
	compare_crowd(verdict, model, before, after);
	compare_policies(verdict, scene, sight);
	if (sight->spoiled)
		differ(verdict, SORT_CONTENTS, "%zu pages have other contents", sight->spoiled);
	if (!raw && call->report)
		compare_report(verdict, model, copied, &outcome->report);
	if (!raw && outcome->touched_errno)
		differ(verdict, SORT_ERRNO, "errno was changed by a successful call");
}
