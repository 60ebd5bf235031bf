/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "compare_migrate.h"
#include "first.h"

#include <errno.h>

/* Pages of the test itself that may have changed between a call and the look after it. */
enum { MOST_BUSY = 8 };

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
	if (!first_status_agrees(report))
		differ(verdict, SORT_COUNT, "first_status %lu", report->first_status);
	/* A kernel that hides the nodes of PROT_NONE pages does not tell which of them have stayed.
	 */
	if (report->first_status == STRICTBIND_FIRST_UNKNOWN && model->first_hidden)
		return;
	if (!copied && report->first_unmoved != model->first_unmoved)
		differ(verdict, SORT_COUNT, "first_unmoved %p, must be %p", report->first_unmoved,
		       (const void *)model->first_unmoved);
}

/*
 * A node was full: ENOMEM, and nobody knows how far the kernel came. Pages are where they were, or
 * on their way to where they had to go; the report tells what is left, if it can be told.
 */
static bool on_its_way(const struct migrate_model *model, int before, int now)
{
	int node = before;

	for (int i = 0; i < model->pairs && node != now; i++)
		if (model->pair[i].source == node)
			node = model->pair[i].dest;
	return node == now;
}

static unsigned long left_in_scene(struct verdict *verdict, const struct migrate_model *model,
				   const struct scene *scene, const struct sight *sight)
{
	unsigned long left = 0;

	for (size_t i = 0; i < scene->count; i++) {
		const struct page *page = &scene->pages[i];
		struct fate fate = fate_in_scene(model, page);

		left += !fate.left_alone && (fate.unmoved || sight->node[i] != fate.node);
		if (!on_its_way(model, page->present ? page->node : NODE_NONE, sight->node[i]))
			differ(verdict, SORT_MOVED, "page %zu (%s): was on node %d, is on %d", i,
			       kind_facts[page->kind].name, page->node, sight->node[i]);
	}
	return left;
}

static unsigned long left_in_crowd(const struct migrate_model *model, const struct crowd *before,
				   const struct crowd *after, unsigned long *doubtful)
{
	unsigned long left = 0;
	size_t hint = 0;

	for (size_t i = 0; i < before->count; i++) {
		struct fate fate = fate_in_crowd(model, &before->pages[i]);
		int now = node_after(&before->pages[i], after, &hint);

		if (now == NODE_NONE)
			++*doubtful;
		else
			left += !fate.left_alone && (fate.unmoved || now != fate.node);
	}
	return left;
}

static void compare_no_memory(struct verdict *verdict, const struct migrate_model *model,
			      const struct scene *scene, const struct crowd *before,
			      const struct crowd *after, const struct sight *sight,
			      const struct strictbind_report *report)
{
	unsigned long doubtful = MOST_BUSY;
	unsigned long left = left_in_scene(verdict, model, scene, sight) +
			     left_in_crowd(model, before, after, &doubtful);

	if (report && report->unmoved != STRICTBIND_UNKNOWN &&
	    (report->unmoved + doubtful < left || report->unmoved > left + doubtful))
		differ(verdict, SORT_COUNT, "ENOMEM, unmoved %lu, must be %lu", report->unmoved,
		       left);
}

void migrate_compare(struct verdict *verdict, const struct migrate_model *model,
		     const struct scene *scene, const struct crowd *before,
		     const struct crowd *after, const struct migrate_call *call,
		     const struct outcome *outcome, const struct sight *sight, bool raw)
{
	unsigned long copied = copied_meanwhile(model, before, after);

	verdict->sort = SORT_NONE;
	if (outcome->error == ENOMEM && !model->error && migrate_may_fail_for_room(model)) {
		compare_no_memory(verdict, model, scene, before, after, sight,
				  !raw && call->report ? &outcome->report : NULL);
	} else {
		compare_result(verdict, model, copied, outcome);
		compare_scene(verdict, model, scene, sight);
		compare_crowd(verdict, model, before, after);
		if (!raw && call->report)
			compare_report(verdict, model, copied, &outcome->report);
	}
	compare_policies(verdict, scene, sight);
	if (sight->spoiled)
		differ(verdict, SORT_CONTENTS, "%zu pages have other contents", sight->spoiled);
	if (!raw && outcome->touched_errno)
		differ(verdict, SORT_ERRNO, "errno was changed by a successful call");
}
