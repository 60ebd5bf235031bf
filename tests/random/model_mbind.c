/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model_mbind.h"

#include <errno.h>
#include <string.h>

#include "raw.h"

#define VALID_FLAGS (STRICT | MOVE | MOVE_ALL)

static int bare_mode(const struct mbind_call *call)
{
	return call->mode & ~MODE_FLAGS;
}

static struct nodes nodes_passed(const struct mbind_call *call)
{
	return call->no_mask ? nodes_none() : call_nodes(&call->mask, call->maxnode);
}

static bool mask_fits_mode(int mode, int flags, const struct nodes *n)
{
	struct nodes effective = effective_nodes(mode | flags, n);

	if (mode == MPOL_DEFAULT)
		return nodes_empty(n);
	if (mode == MODE_LOCAL)
		return nodes_empty(n) && !flags;
	if (mode == MPOL_PREFERRED && nodes_empty(n))
		return !flags;
	return !nodes_empty(&effective);
}

/* Rule 1, in the order in which the kernel looks; 0 when the arguments are good. */
static int argument_error(const struct mbind_call *call, const struct nodes *n)
{
	int flags = call->mode & MODE_FLAGS;

	if (!has_mode(bare_mode(call)) || flags == MODE_FLAGS)
		return EINVAL;
	if (nodes_next(n, machine()->kernel_nodes) < NODES_BITS)
		return EINVAL;
	if (call->flags & ~VALID_FLAGS)
		return EINVAL;
	if (call->flags & MOVE_ALL && !machine()->nice)
		return EPERM;
	if ((unsigned long)call->addr % machine()->page)
		return EINVAL;
	/* Rule 2: with length 0 the mask is not held against the mode. */
	if (call->len && !mask_fits_mode(bare_mode(call), flags, n))
		return EINVAL;
	return 0;
}

static const struct page *page_at(const struct scene *scene, size_t index)
{
	return index < scene->count && scene->pages[index].kind != KIND_HOLE ? &scene->pages[index]
									     : NULL;
}

static size_t mapped_pages(const struct scene *scene, const struct mbind_call *call)
{
	size_t mapped = 0;

	for (size_t i = call->first; i < call->end; i++)
		mapped += page_at(scene, i) != NULL;
	return mapped;
}

static bool misplaced(const struct mbind_model *model, const struct page *page)
{
	return page->present && !nodes_has(&model->n, page->node);
}

/* Rule 10. */
static bool left_alone(const struct mbind_call *call, const struct page *page)
{
	return page->shared && !(call->flags & MOVE_ALL);
}

static void count_unmoved(struct mbind_model *model, const struct scene *scene, size_t index)
{
	if (!model->unmoved++)
		model->first_unmoved = scene_page(scene, index);
}

/* STRICT alone: every misplaced page counts, shared or not. */
static void expect_strict(struct mbind_model *model, const struct scene *scene,
			  const struct mbind_call *call)
{
	for (size_t i = call->first; i < call->end; i++)
		if (misplaced(model, &scene->pages[i]))
			count_unmoved(model, scene, i);
	if (model->unmoved) {
		/* Rule 6. */
		model->result = -1;
		model->error = EIO;
		model->policy_set = false;
	}
}

static void expect_move(struct mbind_model *model, const struct scene *scene,
			const struct mbind_call *call)
{
	model->moves = true;
	/* MPOL_DEFAULT moves as its empty N says, and leaves no page misplaced. */
	if (bare_mode(call) == MPOL_DEFAULT)
		return;
	for (size_t i = call->first; i < call->end; i++) {
		const struct page *page = &scene->pages[i];

		if (!misplaced(model, page))
			continue;
		if (left_alone(call, page))
			model->shared++;
		else if (page->stuck)
			count_unmoved(model, scene, i);
	}
	if (model->unmoved && call->flags & STRICT) {
		/* Rule 9. */
		model->result = -1;
		model->error = EIO;
	}
}

static void fail(struct mbind_model *model, int error)
{
	model->result = -1;
	model->error = error;
}

static bool has_hole(const struct scene *scene, const struct mbind_call *call)
{
	return mapped_pages(scene, call) < call->end - call->first;
}

/* The PROT_NONE mapping of this page has pages both in N and not: they cannot be told apart. */
static bool in_mixed_mapping(const struct mbind_model *model, const struct scene *scene,
			     size_t index)
{
	size_t from, to;
	bool in = false, out = false;

	if (!inaccessible_mapping(scene, index, &from, &to))
		return false;
	for (size_t i = from; i <= to; i++) {
		in = in || (scene->pages[i].present && !misplaced(model, &scene->pages[i]));
		out = out || misplaced(model, &scene->pages[i]);
	}
	return in && out;
}

/* Such a mapping goes on beyond this end of the range. */
static bool cuts_mixed_mapping(const struct mbind_model *model, const struct scene *scene,
			       size_t boundary)
{
	size_t from, to;

	return boundary < scene->count && inaccessible_mapping(scene, boundary, &from, &to) &&
	       from < boundary && in_mixed_mapping(model, scene, boundary);
}

/* What a kernel with Q9 hides when STRICT alone fails: there the pages cannot be tried one by one. */
static void expect_hidden(struct mbind_model *model, const struct scene *scene,
			  const struct mbind_call *call)
{
	size_t first = (size_t)(model->first_unmoved - scene->base) / machine()->page;

	if (!hides_inaccessible() || model->error != EIO || model->policy_set)
		return;
	model->first_hidden = in_mixed_mapping(model, scene, first);
	model->unknown_allowed = cuts_mixed_mapping(model, scene, call->first) ||
				 cuts_mixed_mapping(model, scene, call->end);
}

static void expect_pages(struct mbind_model *model, const struct scene *scene,
			 const struct mbind_call *call)
{
	/* Rule 11. */
	bool strict = call->flags & STRICT && bare_mode(call) != MPOL_DEFAULT;

	model->policy_set = true;
	if (call->flags & (MOVE | MOVE_ALL))
		expect_move(model, scene, call);
	else if (strict)
		expect_strict(model, scene, call);
	expect_hidden(model, scene, call);
}

void mbind_expect(struct mbind_model *model, const struct scene *scene, const struct world *world,
		  const struct mbind_call *call)
{
	int error;

	memset(model, 0, sizeof(*model));
	model->n = nodes_passed(call);
	error = argument_error(call, &model->n);
	if (error || !call->len) {
		if (error)
			fail(model, error);
		return;
	}
	model->policy = policy_after(call->mode, &model->n);
	model->targets = nodes_empty(&model->n) ? nodes_one(world->local)
						: effective_nodes(call->mode, &model->n);
	if (bare_mode(call) == MPOL_PREFERRED && !nodes_empty(&model->n)) {
		/* Any node of N is a good place; only the first is asked for. */
		struct nodes more = nodes_and(&model->n, &machine()->allowed);

		for (int i = 0; i < NODES_WORDS; i++)
			model->targets.words[i] |= more.words[i];
	}
	if (bare_mode(call) == MPOL_DEFAULT ? !mapped_pages(scene, call) : has_hole(scene, call))
		fail(model, EFAULT); /* rules 3 and 4 */
	else
		expect_pages(model, scene, call);
}

/* Comparing ----------------------------------------------------------------------------------- */

static bool in_range(const struct mbind_call *call, size_t index)
{
	return index >= call->first && index < call->end;
}

static bool must_move(const struct mbind_model *model, const struct mbind_call *call,
		      const struct page *page, size_t index)
{
	return model->moves && in_range(call, index) && misplaced(model, page) &&
	       !left_alone(call, page) && !page->stuck;
}

/*
 * A huge page that reaches into the range moves as a whole or is split: both are fine. A page of a
 * pair moves with its other mapping.
 */
static bool may_move(const struct mbind_model *model, const struct scene *scene,
		     const struct mbind_call *call, size_t index)
{
	const struct page *page = &scene->pages[index];
	const struct segment *segment = &scene->segments[page->segment];

	if (page->kind == KIND_PAIR)
		return model->moves && !left_alone(call, page);
	return model->moves && !in_range(call, index) && kind_facts[page->kind].huge &&
	       call->first < segment->first + segment->count && call->end > segment->first &&
	       !page->stuck && !left_alone(call, page);
}

static void compare_result(struct verdict *verdict, const struct mbind_model *model,
			   const struct outcome *outcome)
{
	char want[32], got[32];

	if (outcome->result == model->result && outcome->error == model->error)
		return;
	outcome_print(model->result, model->error, want, sizeof(want));
	outcome_print(outcome->result, outcome->error, got, sizeof(got));
	differ(verdict, SORT_RESULT, "returned %s, must be %s", got, want);
}

static void compare_policies(struct verdict *verdict, const struct mbind_model *model,
			     const struct scene *scene, const struct mbind_call *call,
			     const struct sight *sight)
{
	static const struct policy hole = { .mode = -1 };

	for (size_t i = 0; i < scene->count; i++) {
		const struct page *page = &scene->pages[i];
		const struct policy *want = page->policy < 0 ? &hole
							     : &scene->policies[page->policy];

		if (model->policy_set && in_range(call, i) && page_at(scene, i))
			want = &model->policy;
		else if (page->kind == KIND_PAIR)
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

		if (must_move(model, call, page, i)) {
			if (!nodes_has(&model->targets, now))
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
	if (report->unmoved != model->unmoved)
		differ(verdict, SORT_COUNT, "unmoved %lu, must be %lu", report->unmoved,
		       model->unmoved);
	if (report->shared != model->shared)
		differ(verdict, SORT_COUNT, "shared %lu, must be %lu", report->shared,
		       model->shared);
	if (model->first_hidden && !report->first_unmoved)
		return;
	if (report->first_unmoved != model->first_unmoved)
		differ(verdict, SORT_COUNT, "first_unmoved %p, must be %p", report->first_unmoved,
		       (const void *)model->first_unmoved);
}

void mbind_compare(struct verdict *verdict, const struct mbind_model *model,
		   const struct scene *scene, const struct mbind_call *call,
		   const struct outcome *outcome, const struct sight *sight, bool raw)
{
	verdict->sort = SORT_NONE;
	compare_result(verdict, model, outcome);
	compare_policies(verdict, model, scene, call, sight);
	compare_nodes(verdict, model, scene, call, sight);
	if (sight->spoiled)
		differ(verdict, SORT_CONTENTS, "%zu pages have other contents", sight->spoiled);
	if (!raw && call->report)
		compare_counts(verdict, model, &outcome->report);
	if (!raw && outcome->touched_errno)
		differ(verdict, SORT_ERRNO, "errno was changed by a successful call");
}

/* Excuses ------------------------------------------------------------------------------------- */

static bool can_be_moved_now(const struct scene *scene, const struct mbind_model *model, size_t i)
{
	void *at = scene_page(scene, i);
	int target = nodes_next(&model->targets, 0);
	int status = -1;
	int flags = machine()->nice ? MPOL_MF_MOVE_ALL : MPOL_MF_MOVE;

	return raw_move_pages(0, 1, &at, &target, &status, flags) == 0 && status == target;
}

unsigned mbind_excuse_huge(struct scene *scene, const struct mbind_model *model,
			   const struct mbind_call *call, const struct sight *sight)
{
	unsigned excused = 0;

	for (size_t i = 0; i < scene->count; i++) {
		struct page *page = &scene->pages[i];
		const struct segment *segment = &scene->segments[page->segment];
		size_t end = segment->first + segment->count;

		if (!kind_facts[page->kind].huge || !must_move(model, call, page, i) ||
		    nodes_has(&model->targets, sight->node[i]))
			continue;
		if (can_be_moved_now(scene, model, i))
			return excused;
		for (size_t j = i; j < end; j++)
			scene->pages[j].stuck = true;
		excused++;
	}
	return excused;
}
