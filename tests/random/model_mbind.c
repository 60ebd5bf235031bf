/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model_mbind.h"

#include <errno.h>
#include <string.h>

#include "raw.h"

#define VALID_FLAGS (STRICT | MOVE | MOVE_ALL)

static int bare_mode(const struct mbind_call *call)
{
	return call->mode & ~(MODE_FLAGS | MODE_NUMA_BALANCING);
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

/* The kernel knows best which modes it balances: nothing else is looked at with length 0. */
static bool balances(int mode)
{
	struct nodes set = nodes_one(machine()->node[0]);
	bool empty = mode == MPOL_DEFAULT || mode == MODE_LOCAL;

	return raw_mbind(NULL, 0, mode | MODE_NUMA_BALANCING, empty ? NULL : set.words,
			 NODES_MAXNODE, 0) == 0;
}

/* Rule 1, in the order in which the kernel looks; 0 when the arguments are good. */
static int argument_error(const struct mbind_call *call, const struct nodes *n)
{
	int flags = call->mode & MODE_FLAGS;

	if (!has_mode(bare_mode(call)) || flags == MODE_FLAGS)
		return EINVAL;
	if (call->mode & MODE_NUMA_BALANCING && !balances(bare_mode(call)))
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

/* Empty sets and relative ones name no nodes that pages could be on. */
static bool tells_places(const struct mbind_call *call, const struct mbind_model *model)
{
	return !nodes_empty(&model->n) && !(call->mode & MODE_RELATIVE_NODES);
}

/* Whether the huge page with this page goes on beyond the boundary. */
static bool cuts_unit(const struct scene *scene, size_t boundary, size_t index)
{
	const struct segment *segment = segment_of(scene, index);
	size_t first = index - (index - segment->first) % segment->unit;

	return first < boundary && boundary < first + segment->unit;
}

/*
 * A known limit of the library (README, Limits): a policy for part of a huge page of a file takes
 * all of it out of the page table. Where the kernel cannot be asked before, nothing is left to be
 * judged.
 */
static bool drops_out(const struct scene *scene, const struct mbind_call *call, size_t index)
{
	return scene->pages[index].kind == KIND_SHMEM_THP_PINNED &&
	       (cuts_unit(scene, call->first, index) || cuts_unit(scene, call->end, index));
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
		else if ((page->no_room && !tells_places(call, model)) || drops_out(scene, call, i))
			model->doubtful++;
		else if (page->stuck || page->no_room)
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

/* What a kernel with Q9 hides when STRICT alone fails: there the pages cannot be tried one by one.
 */
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

/* A huge page of a file that this end of the range cuts: the kernel takes it out of the page table.
 */
static bool cuts_huge_file(const struct scene *scene, size_t boundary)
{
	return page_at(scene, boundary) && kind_facts[segment_of(scene, boundary)->kind].refault &&
	       cuts_unit(scene, boundary, boundary);
}

/*
 * From 6.7 on nobody looks before a call at what is mapped. So whether pages of such a huge page
 * were is not known when others explain that the call failed.
 */
static void expect_unknown(struct mbind_model *model, const struct scene *scene,
			   const struct mbind_call *call)
{
	if (kernel_at_least(6, 7) && model->policy_set && model->unmoved &&
	    call->flags & (MOVE | MOVE_ALL) &&
	    (cuts_huge_file(scene, call->first) || cuts_huge_file(scene, call->end)))
		model->unknown_allowed = true;
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
	expect_unknown(model, scene, call);
}

static struct nodes targets_of(const struct mbind_model *model, const struct world *world,
			       const struct mbind_call *call)
{
	struct nodes targets, more;

	if (nodes_empty(&model->n))
		return nodes_one(world->local);
	targets = effective_nodes(call->mode, &model->n);
	if (bare_mode(call) != MPOL_PREFERRED)
		return targets;
	/* Any node of N is a good place; only the first is asked for. */
	more = nodes_and(&model->n, &machine()->allowed);
	for (int i = 0; i < NODES_WORDS; i++)
		targets.words[i] |= more.words[i];
	return targets;
}

void mbind_expect(struct mbind_model *model, const struct scene *scene, const struct world *world,
		  const struct mbind_call *call)
{
	int error;

	memset(model, 0, sizeof(*model));
	model->n = nodes_passed(call);
	model->cut = !scene_may_cut(scene, call->first) || !scene_may_cut(scene, call->end);
	error = argument_error(call, &model->n);
	if (error || !call->len) {
		if (error)
			fail(model, error);
		return;
	}
	model->policy = policy_after(call->mode, &model->n);
	model->targets = targets_of(model, world, call);
	if (bare_mode(call) == MPOL_DEFAULT ? !mapped_pages(scene, call) : has_hole(scene, call))
		fail(model, EFAULT); /* rules 3 and 4 */
	else
		expect_pages(model, scene, call);
}

bool mbind_must_move(const struct mbind_model *model, const struct scene *scene,
		     const struct mbind_call *call, size_t index)
{
	const struct page *page = &scene->pages[index];

	return model->moves && index >= call->first && index < call->end &&
	       misplaced(model, page) && !left_alone(call, page) && !page->stuck;
}

bool mbind_arrived(const struct mbind_model *model, const struct scene *scene, size_t index,
		   int now)
{
	bool huge = segment_of(scene, index)->unit > 1;

	return nodes_has(&model->targets, now) ||
	       (nodes_empty(&model->n) && huge && now >= 0 && now != scene->pages[index].node);
}
