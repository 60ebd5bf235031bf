/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory policy of the simulated kernel, in the order in which the kernel does things: arguments,
 * the walk over the range that collects pages, the policy, the migration of what was collected.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "calls.h"
#include "kernel.h"
#include "migration.h"
#include "pairs.h"
#include "policy.h"

enum { STRICT = 1, MOVE = 2, MOVE_ALL = 4, ANY_MOVE = MOVE | MOVE_ALL };

/* ---- the walk ---- */

struct walk {
	unsigned long start;
	unsigned long end;
	const struct fake_nodes *nodes;
	bool invert; /* pages on other nodes are meant */
	bool holes;  /* are allowed */
	unsigned flags;
	const struct fake_vma *previous;
	bool first;  /* a mapping was seen */
	bool failed; /* some page could not be isolated, and the release minds */
	bool stopped;
	long nr_failed;
	struct fake_queue queue;
};

static const struct fake_vma *next_vma(const struct fake_vma *vma)
{
	unsigned next = (unsigned)(vma - fake.space.vmas) + 1;

	return next < fake.space.vma_count ? &fake.space.vmas[next] : NULL;
}

/* The releases before 5.5 look back, and only from mappings that they would walk. */
static long look_back(struct walk *walk, const struct fake_vma *vma)
{
	const struct fake_vma *previous = walk->previous;

	if (walk->holes)
		return 0;
	if (fake.kernel.holes == FAKE_HOLES_2_6 && !next_vma(vma) && vma->end < walk->end)
		return -EFAULT;
	return previous && previous->end < vma->start ? -EFAULT : 0;
}

static long look_ahead(const struct walk *walk, const struct fake_vma *vma)
{
	const struct fake_vma *next = next_vma(vma);

	if (walk->holes)
		return 0;
	if (!walk->first && walk->start < vma->start)
		return -EFAULT;
	return vma->end < walk->end && (!next || vma->end < next->start) ? -EFAULT : 0;
}

static bool is_migratable(const struct fake_vma *vma)
{
	return vma->kind != FAKE_DEVICE && (vma->kind != FAKE_HUGETLB || fake.kernel.hugetlb_moves);
}

static long judge_hole(struct walk *walk, const struct fake_vma *vma)
{
	long result = 0;

	if (fake.kernel.holes == FAKE_HOLES_5_5)
		result = look_ahead(walk, vma);
	else if (fake.kernel.holes == FAKE_HOLES_2_6)
		result = look_back(walk, vma);
	else if (fake.kernel.holes == FAKE_HOLES_4_0 &&
		 (is_migratable(vma) ||
		  (walk->flags & STRICT && !fake.kernel.strict_ignores_misplaced)))
		result = look_back(walk, vma);
	else
		return 0;
	walk->previous = vma;
	return result;
}

static bool is_walked(const struct walk *walk, const struct fake_vma *vma)
{
	bool move = walk->flags & ANY_MOVE;
	bool strict = walk->flags & STRICT;

	if (vma->kind == FAKE_HUGETLB && !fake.kernel.hugetlb_moves)
		return false;
	if (fake.kernel.strict_ignores_misplaced)
		return move && is_migratable(vma);
	return strict || (move && is_migratable(vma));
}

static bool is_required(const struct walk *walk, const struct fake_page *page)
{
	if (page->kind == FAKE_ZERO || page->kind == FAKE_DEVICE_PAGE)
		return false;
	return fake_has(walk->nodes, page->node) != walk->invert;
}

/* A large page is judged by its first page, and of a headless one that is mapped nowhere. */
static bool is_taken_for_shared(const struct fake_page *page)
{
	return page->mapcount > 1 || (page->kind == FAKE_HEADLESS && fake.kernel.leaves_headless);
}

static void isolate(struct walk *walk, const struct fake_page *page)
{
	if (!(walk->flags & MOVE_ALL) && is_taken_for_shared(page))
		return;
	/* A merged page can be isolated once, and is met wherever it is mapped. */
	if (page->kind != FAKE_UNISOLATABLE &&
	    (page->kind != FAKE_MERGED || !fake_is_queued(&walk->queue, page))) {
		fake_enqueue(&walk->queue, page->address);
		return;
	}
	walk->nr_failed += fake_unit_of(page);
	if (!fake.kernel.misses_unmovable && walk->flags & STRICT)
		walk->failed = true;
}

/* 0 to go on, or what the walk ends with. */
static long walk_page(struct walk *walk, const struct fake_vma *vma, const struct fake_page *page)
{
	if (page->kind == FAKE_MIGRATING) {
		if (fake.kernel.fails_at_migrating)
			return -EIO;
		walk->nr_failed++;
		return 0;
	}
	if (!is_required(walk, page))
		return 0;
	if (!(walk->flags & ANY_MOVE))
		return vma->kind == FAKE_HUGETLB && fake.kernel.strict_ignores_hugetlb ? 0 : -EIO;
	isolate(walk, page);
	return 0;
}

static long walk_vma(struct walk *walk, const struct fake_vma *vma)
{
	unsigned long start = vma->start > walk->start ? vma->start : walk->start;
	unsigned long end = vma->end < walk->end ? vma->end : walk->end;
	unsigned long table = 0;

	for (unsigned i = fake_find_page(&fake.space, start); i < fake.space.page_count; i++) {
		unsigned long address = fake.space.pages[i].address;
		long result;

		if (address >= end)
			break;
		/* A page table is gone through to its end. */
		if (walk->failed && fake.kernel.stops_at_unmovable && address / FAKE_HUGE != table)
			break;
		table = address / FAKE_HUGE;
		result = walk_page(walk, vma, &fake.space.pages[i]);
		if (result < 0)
			return result;
	}
	walk->stopped = walk->failed && fake.kernel.stops_at_unmovable;
	return 0;
}

/* The first hole is what counts, unless something was met before that hides it. */
static long at_hole(const struct walk *walk)
{
	return walk->failed && fake.kernel.half_done_before_hole ? 0 : -EFAULT;
}

static long walk_range(struct walk *walk)
{
	for (unsigned i = fake_find_vma(&fake.space, walk->start); i < fake.space.vma_count; i++) {
		const struct fake_vma *vma = &fake.space.vmas[i];
		long result;

		if (vma->start >= walk->end)
			break;
		if (walk->stopped && fake.kernel.half_done_before_hole)
			return 0;
		if (judge_hole(walk, vma) < 0)
			return at_hole(walk);
		walk->first = true;
		result = !walk->stopped && is_walked(walk, vma) ? walk_vma(walk, vma) : 0;
		if (result < 0)
			return result;
	}
	if (fake.kernel.holes == FAKE_HOLES_2_6)
		return fake_find_vma(&fake.space, walk->start) < fake.space.vma_count ? 0 : -EFAULT;
	return walk->first || fake.kernel.holes == FAKE_HOLES_4_0 ? 0 : -EFAULT;
}

/* ---- the policy ---- */

static bool same_policy(const struct fake_policy *a, const struct fake_policy *b)
{
	return a->mode == b->mode && fake_equal(&a->nodes, &b->nodes);
}

static long set_on_vma(unsigned index, unsigned long start, unsigned long end,
		       const struct fake_policy *policy)
{
	const struct fake_vma *vma = &fake.space.vmas[index];
	unsigned long at = vma->start > start ? vma->start : start;
	unsigned long upto = vma->end < end ? vma->end : end;
	long result;

	if (same_policy(&vma->policy, policy))
		return 0;
	result = fake_split(&fake.space, at);
	if (result == 0)
		result = fake_split(&fake.space, upto);
	if (result == 0)
		fake.space.vmas[fake_find_vma(&fake.space, at)].policy = *policy;
	return result;
}

static long set_policy(unsigned long start, unsigned long end, const struct fake_policy *policy)
{
	unsigned long at = start;
	unsigned i = fake_find_vma(&fake.space, start);

	if (fake.kernel.holes == FAKE_HOLES_4_0 &&
	    (i == fake.space.vma_count || fake.space.vmas[i].start > start))
		return -EFAULT;
	while (at < end) {
		long result;

		i = fake_find_vma(&fake.space, at);
		if (i == fake.space.vma_count || fake.space.vmas[i].start >= end)
			return 0;
		at = fake.space.vmas[i].end;
		result = set_on_vma(i, start, end, policy);
		if (result < 0)
			return result;
	}
	return 0;
}

/* ---- mbind ---- */

static void split_at_ends(const struct walk *walk)
{
	const struct fake_vma *vma = fake_vma_at(&fake.space, walk->start);

	if (!vma || vma->kind != FAKE_HUGETLB)
		fake_split_page(&fake.space, walk->start);
	vma = fake_vma_at(&fake.space, walk->end);
	if (!vma || vma->kind != FAKE_HUGETLB)
		fake_split_page(&fake.space, walk->end);
}

static long set_and_move(struct walk *walk, const struct fake_policy *policy)
{
	long result = set_policy(walk->start, walk->end, policy);
	bool failed = walk->failed;

	if (result < 0)
		return result;
	failed |= fake_migrate_by(&walk->queue, policy) != 0;
	if (walk->nr_failed && !fake.kernel.misses_unmovable)
		failed = true;
	return failed && walk->flags & STRICT ? -EIO : 0;
}

static long bind_range(unsigned long start, unsigned long end, const struct fake_policy *policy,
		       unsigned flags)
{
	static struct walk walk;
	long result;

	memset(&walk, 0, offsetof(struct walk, queue));
	walk.queue.count = 0;
	walk.start = start;
	walk.end = end;
	walk.nodes = &policy->nodes;
	walk.invert = true;
	walk.holes = fake_bare_mode(policy->mode) == FAKE_DEFAULT;
	walk.flags = flags;
	if (fake.kernel.holes == FAKE_HOLES_FIRST && !walk.holes &&
	    !fake_is_mapped(&fake.space, start, end))
		return -EFAULT;
	if (flags & ANY_MOVE)
		split_at_ends(&walk);
	result = walk_range(&walk);
	return result < 0 ? result : set_and_move(&walk, policy);
}

long fake_mbind(const struct fake_args *args)
{
	struct fake_policy policy = { .mode = (int)args->c };
	unsigned long start = (unsigned long)args->a;
	unsigned long end =
		start + (((unsigned long)args->b + FAKE_PAGE - 1) & -(unsigned long)FAKE_PAGE);
	unsigned flags = (unsigned)args->f;
	long result = fake_judge_mode(policy.mode);

	if (result == 0)
		result = fake_read_mask(&policy.nodes, args->d, (unsigned long)args->e);
	if (result < 0)
		return result;
	if (flags & ~(unsigned)(STRICT | ANY_MOVE))
		return -EINVAL;
	if (flags & MOVE_ALL && !fake.nice)
		return -EPERM;
	if (start % FAKE_PAGE)
		return -EINVAL;
	if (fake_bare_mode(policy.mode) == FAKE_DEFAULT)
		flags &= ~(unsigned)STRICT;
	if (end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	result = fake_judge_policy(&policy);
	if (result < 0)
		return result;
	if (fake_bare_mode(policy.mode) == FAKE_DEFAULT)
		policy.mode = FAKE_DEFAULT;
	return bind_range(start, end, &policy, flags);
}

/* ---- migrate_pages ---- */

static long migrate_to_node(int source, int target, unsigned flags)
{
	static struct walk walk;
	struct fake_nodes nodes = fake_one_node(source);
	long failed;

	memset(&walk, 0, offsetof(struct walk, queue));
	walk.queue.count = 0;
	walk.end = 1UL << 47;
	walk.nodes = &nodes;
	walk.holes = true;
	walk.flags = flags;
	walk_range(&walk);
	failed = fake_migrate_to(&walk.queue, target);
	if (failed >= 0 && !fake.kernel.unisolated_not_counted)
		failed += walk.nr_failed;
	return failed;
}

static long judge_targets(struct fake_nodes *to)
{
	struct fake_nodes beyond = fake_and(to, &fake.allowed);

	if (!fake_equal(&beyond, to) && !fake.nice)
		return -EPERM;
	if (fake.kernel.merges_new_nodes) {
		*to = fake_and(to, &fake.allowed);
		return fake_is_empty(to) ? -EINVAL : 0;
	}
	beyond = fake_and(to, &fake.memory);
	return fake_equal(&beyond, to) ? 0 : -EINVAL;
}

long fake_migrate_pages(const struct fake_args *args)
{
	struct fake_nodes from, to;
	unsigned flags = fake.nice ? MOVE_ALL : MOVE;
	long busy = 0;
	long result = fake_read_mask(&from, args->c, (unsigned long)args->b);
	struct pair pairs[FAKE_MAX_NODES];
	int count;

	if (result == 0)
		result = fake_read_mask(&to, args->d, (unsigned long)args->b);
	if (result < 0)
		return result;
	if ((int)args->a != 0 && (int)args->a != FAKE_PID)
		return -ESRCH;
	result = judge_targets(&to);
	if (result < 0)
		return result;
	count = pairs_of(&from, &to, pairs);
	for (int i = 0; i < count; i++) {
		result = migrate_to_node(pairs[i].source, pairs[i].target, flags);
		if (result < 0)
			return result;
		busy += result;
	}
	return busy;
}
