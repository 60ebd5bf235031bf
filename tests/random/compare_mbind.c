/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "compare_mbind.h"

#include <errno.h>

#include "first.h"
#include "raw.h"

static bool in_range(const struct mbind_call *call, size_t index)
{
	return index >= call->first && index < call->end;
}

/* Rule 10. */
static bool left_alone(const struct mbind_call *call, const struct page *page)
{
	return page->shared && !(call->flags & MOVE_ALL);
}

/* First page of the unit that this page is in. */
static size_t unit_start(const struct scene *scene, size_t index)
{
	const struct segment *segment = segment_of(scene, index);

	return index - (index - segment->first) % segment->unit;
}

/*
 * A huge page that reaches into the range moves as a whole or is split: both are fine. A page of a
 * pair, or a merged one, moves with its other mappings.
 */
static bool may_move(const struct mbind_model *model, const struct scene *scene,
		     const struct mbind_call *call, size_t index)
{
	const struct page *page = &scene->pages[index];
	size_t first = unit_start(scene, index), unit = segment_of(scene, index)->unit;

	if (kind_facts[page->kind].pair || kind_facts[page->kind].one_page)
		return model->moves && !left_alone(call, page);
	return model->moves && !in_range(call, index) && call->first < first + unit &&
	       call->end > first && !page->stuck && !left_alone(call, page);
}

static void compare_result(struct verdict *verdict, const struct mbind_model *model,
			   const struct mbind_call *call, const struct outcome *outcome)
{
	char want[32], got[32];

	if (outcome->result == model->result && outcome->error == model->error)
		return;
	if (model->doubtful && outcome->error == EIO && call->flags & STRICT)
		return;
	outcome_print(model->result, model->error, want, sizeof(want));
	outcome_print(outcome->result, outcome->error, got, sizeof(got));
	differ(verdict, SORT_RESULT, "returned %s, must be %s; reported unmoved %ld, first %p", got,
	       want, (long)outcome->report.unmoved, outcome->report.first_unmoved);
}

static void compare_policies(struct verdict *verdict, const struct mbind_model *model,
			     const struct scene *scene, const struct mbind_call *call,
			     const struct sight *sight)
{
	static const struct policy hole = { .mode = -1 };

	for (size_t i = 0; i < scene->count; i++) {
		const struct page *page = &scene->pages[i];
		const struct policy *want =
			page->policy < 0 ? &hole : &scene->policies[page->policy];

		if (model->policy_set && in_range(call, i) && page->kind != KIND_HOLE)
			want = &model->policy;
		else if (kind_facts[page->kind].pair)
			continue; /* it has the policy of its other mapping */
		if (!policy_equal(want, &sight->policy[i]))
			differ(verdict, SORT_POLICY, "page %zu: policy mode %d, must be %d", i,
			       sight->policy[i].mode, want->mode);
	}
}

static void compare_nodes(struct verdict *verdict, const struct mbind_model *model,
			  const struct scene *scene, const struct mbind_call *call,
			  const struct sight *sight)
{
	for (size_t i = 0; i < scene->count; i++) {
		const struct page *page = &scene->pages[i];
		int want = page->present ? page->node : NODE_NONE;
		int now = sight->node[i];

		if (page->no_room)
			continue; /* wherever the kernel has put it */
		if (mbind_must_move(model, scene, call, i)) {
			if (!mbind_arrived(model, scene, i, now))
				differ(verdict, now == want ? SORT_NOT_MOVED : SORT_MOVED,
				       "page %zu (%s): was on node %d, had to move, is on %d", i,
				       kind_facts[page->kind].name, want, now);
		} else if (now != want && !may_move(model, scene, call, i)) {
			differ(verdict, SORT_MOVED, "page %zu (%s): was on node %d, is on %d", i,
			       kind_facts[page->kind].name, want, now);
		}
	}
}

static void compare_counts(struct verdict *verdict, const struct mbind_model *model,
			   const struct strictbind_report *report)
{
	if (model->unknown_allowed && report->unmoved == STRICTBIND_UNKNOWN)
		return;
	if (report->unmoved < model->unmoved || report->unmoved - model->unmoved > model->doubtful)
		differ(verdict, SORT_COUNT, "unmoved %lu, must be %lu", report->unmoved,
		       model->unmoved);
	if (report->shared != model->shared)
		differ(verdict, SORT_COUNT, "shared %lu, must be %lu", report->shared,
		       model->shared);
	if (!first_status_agrees(report))
		differ(verdict, SORT_COUNT, "first_status %lu", report->first_status);
	if (model->doubtful ||
	    (model->first_hidden && report->first_status == STRICTBIND_FIRST_UNKNOWN))
		return;
	if (report->first_unmoved != model->first_unmoved)
		differ(verdict, SORT_COUNT, "first_unmoved %p, must be %p", report->first_unmoved,
		       (const void *)model->first_unmoved);
}

/*
 * A range that cuts a hugetlb page is refused by the kernel when it comes to that page; the policy
 * may be set below it then. What else there is to refuse may come first, and where the page has
 * this policy already nothing needs to be cut.
 */
static bool compare_cut(struct verdict *verdict, const struct mbind_model *model,
			const struct scene *scene, const struct mbind_call *call,
			const struct outcome *outcome, const struct sight *sight)
{
	static const struct policy hole = { .mode = -1 };

	if (!model->cut || outcome->error != EINVAL)
		return false;
	for (size_t i = 0; i < scene->count; i++) {
		const struct page *page = &scene->pages[i];
		const struct policy *old =
			page->policy < 0 ? &hole : &scene->policies[page->policy];

		if (sight->node[i] != (page->present ? page->node : NODE_NONE))
			differ(verdict, SORT_MOVED, "EINVAL, but page %zu is on %d, was on %d", i,
			       sight->node[i], page->node);
		if (!policy_equal(old, &sight->policy[i]) && !kind_facts[page->kind].pair &&
		    !(in_range(call, i) && policy_equal(&model->policy, &sight->policy[i])))
			differ(verdict, SORT_POLICY, "page %zu: policy mode %d", i,
			       sight->policy[i].mode);
	}
	return true;
}

/* A call that fails with anything but EIO says nothing was left: its report says so too. */
static void compare_empty_report(struct verdict *verdict, const struct strictbind_report *report)
{
	if (report->unmoved || report->shared || report->first_unmoved || report->first_status)
		differ(verdict, SORT_COUNT,
		       "report after a failure: unmoved %lu, shared %lu, first %p", report->unmoved,
		       report->shared, report->first_unmoved);
}

static void compare_report(struct verdict *verdict, const struct mbind_model *model,
			   const struct outcome *outcome)
{
	if (outcome->result == 0 || outcome->error == EIO)
		compare_counts(verdict, model, &outcome->report);
	else
		compare_empty_report(verdict, &outcome->report);
}

void mbind_compare(struct verdict *verdict, const struct mbind_model *model,
		   const struct scene *scene, const struct mbind_call *call,
		   const struct outcome *outcome, const struct sight *sight, bool raw)
{
	verdict->sort = SORT_NONE;
	if (!compare_cut(verdict, model, scene, call, outcome, sight)) {
		compare_result(verdict, model, call, outcome);
		compare_policies(verdict, model, scene, call, sight);
		compare_nodes(verdict, model, scene, call, sight);
	}
	if (sight->spoiled)
		differ(verdict, SORT_CONTENTS, "%zu pages have other contents", sight->spoiled);
	if (!raw && call->report)
		compare_report(verdict, model, outcome);
	if (!raw && outcome->touched_errno)
		differ(verdict, SORT_ERRNO, "errno was changed by a successful call");
}
