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
#include "pairs.h"

enum { DEFAULT, PREFERRED, BIND, INTERLEAVE, LOCAL, PREFERRED_MANY, WEIGHTED_INTERLEAVE };
enum { STATIC_NODES = 1 << 15, RELATIVE_NODES = 1 << 14, NUMA_BALANCING = 1 << 13 };
enum { STRICT = 1, MOVE = 2, MOVE_ALL = 4, ANY_MOVE = MOVE | MOVE_ALL };

/* ---- arguments ---- */

static long read_long(unsigned long address, unsigned long *word)
{
	if (!fake_readable(address, sizeof(*word)))
		return -EFAULT;
	memcpy(word, fake_pointer((long)address), sizeof(*word));
	return 0;
}

/* The bits from kernel_nodes on must be zero, the others make the set. */
static long take_word(struct fake_nodes *nodes, unsigned long index, unsigned long word)
{
	for (int bit = 0; bit < FAKE_LONG_BITS; bit++) {
		unsigned long node = index * FAKE_LONG_BITS + (unsigned long)bit;

		if (!(word >> bit & 1))
			continue;
		if (node >= (unsigned long)fake.kernel_nodes)
			return -EINVAL;
		fake_add(nodes, (int)node);
	}
	return 0;
}

static long read_mask(struct fake_nodes *nodes, long mask, unsigned long maxnode)
{
	unsigned long bits = maxnode - 1;
	unsigned long longs;

	*nodes = fake_no_nodes();
	if (bits == 0 || !mask)
		return 0;
	if (bits > FAKE_PAGE * 8)
		return -EINVAL;
	longs = (bits + FAKE_LONG_BITS - 1) / FAKE_LONG_BITS;
	/* From behind, so that nodes that do not exist are noticed first. */
	for (unsigned long i = longs; i-- > 0;) {
		unsigned long word;
		long result = read_long((unsigned long)mask + i * 8, &word);

		if (result == 0 && i == longs - 1 && bits % FAKE_LONG_BITS)
			word &= (1UL << bits % FAKE_LONG_BITS) - 1;
		if (result == 0)
			result = take_word(nodes, i, word);
		if (result < 0)
			return result;
	}
	return 0;
}

static int mode_flags(void)
{
	return STATIC_NODES | RELATIVE_NODES |
	       (fake.kernel.numa_balancing_flag ? NUMA_BALANCING : 0);
}

static long judge_mode(int mode)
{
	int flags = mode & mode_flags();
	int bare = mode & ~mode_flags();

	if (bare < 0 || bare >= fake.kernel.modes)
		return -EINVAL;
	if ((flags & STATIC_NODES) && (flags & RELATIVE_NODES))
		return -EINVAL;
	return flags & NUMA_BALANCING && bare != BIND ? -EINVAL : 0;
}

/* Nodes that a policy may use in the end. */
static struct fake_nodes usable(const struct fake_policy *policy)
{
	struct fake_nodes present = fake_and(&fake.allowed, &fake.memory);
	struct fake_nodes folded = fake_no_nodes();
	int weight = fake_weight(&present);

	if (!(policy->mode & RELATIVE_NODES) || weight == 0)
		return fake_and(&policy->nodes, &present);
	for (int node = 0; node < FAKE_MAX_NODES; node++) {
		int rank = node % weight;

		if (!fake_has(&policy->nodes, node))
			continue;
		for (int target = 0; target < FAKE_MAX_NODES; target++)
			if (fake_has(&present, target) && rank-- == 0)
				fake_add(&folded, target);
	}
	return folded;
}

static long judge_policy(const struct fake_policy *policy)
{
	struct fake_nodes nodes;
	bool empty = fake_is_empty(&policy->nodes);
	bool flagged = policy->mode & (STATIC_NODES | RELATIVE_NODES);

	switch (policy->mode & ~mode_flags()) {
	case DEFAULT:
		return empty ? 0 : -EINVAL;
	case LOCAL:
		return empty && !flagged ? 0 : -EINVAL;
	case PREFERRED:
		if (empty)
			return flagged ? -EINVAL : 0;
		break;
	default:
		break;
	}
	nodes = usable(policy);
	return empty || fake_is_empty(&nodes) ? -EINVAL : 0;
}

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
	unsigned count;
	unsigned queue[FAKE_MAX_PAGES];
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

static void isolate(struct walk *walk, unsigned index)
{
	const struct fake_page *page = &fake.space.pages[index];

	if (!(walk->flags & MOVE_ALL) && page->mapcount > 1)
		return;
	if (page->kind != FAKE_UNISOLATABLE) {
		walk->queue[walk->count++] = index;
		return;
	}
	walk->nr_failed += fake.kernel.huge_counts_as_one ? 1 : (long)page->span;
	if (!fake.kernel.misses_unmovable && walk->flags & STRICT)
		walk->failed = true;
}

/* 0 to go on, or what the walk ends with. */
static long walk_page(struct walk *walk, unsigned index)
{
	const struct fake_page *page = &fake.space.pages[index];

	if (page->kind == FAKE_MIGRATING) {
		if (fake.kernel.fails_at_migrating)
			return -EIO;
		walk->nr_failed++;
		return 0;
	}
	if (!is_required(walk, page))
		return 0;
	if (!(walk->flags & ANY_MOVE))
		return -EIO;
	isolate(walk, index);
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
		result = walk_page(walk, i);
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
	long result;

	if (same_policy(&vma->policy, policy))
		return 0;
	result = fake_split(&fake.space, at);
	if (result == 0)
		result = fake_split(&fake.space, end);
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

/* ---- migration ---- */

static bool take_room(int node, unsigned long pages)
{
	if (fake.room[node] < 0)
		return true;
	if ((unsigned long)fake.room[node] < pages)
		return false;
	fake.room[node] -= (long)pages;
	return true;
}

static long move_page(struct fake_page *page, int target)
{
	if (page->kind == FAKE_PINNED)
		return -EAGAIN;
	if (!take_room(target, page->span))
		return -ENOMEM;
	if (fake.room[page->node] >= 0)
		fake.room[page->node] += (long)page->span;
	page->node = target;
	return 0;
}

static int nth_node(const struct fake_nodes *nodes, unsigned long n)
{
	n %= (unsigned long)fake_weight(nodes);
	for (int node = 0; node < FAKE_MAX_NODES; node++)
		if (fake_has(nodes, node) && n-- == 0)
			return node;
	return -1;
}

static long move_by_policy(struct fake_page *page, const struct fake_policy *policy)
{
	struct fake_nodes nodes = usable(policy);
	int bare = policy->mode & ~mode_flags();
	long result = -ENOMEM;

	if (fake_is_empty(&nodes))
		return move_page(page, fake.local);
	if (bare == INTERLEAVE || bare == WEIGHTED_INTERLEAVE)
		return move_page(page, nth_node(&nodes, page->address / FAKE_PAGE));
	for (int node = 0; node < FAKE_MAX_NODES && result == -ENOMEM; node++)
		if (fake_has(&nodes, node))
			result = move_page(page, node);
	return result;
}

static long unit_of(const struct fake_page *page)
{
	return fake.kernel.huge_counts_as_one ? 1 : (long)page->span;
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

/* Setting the policy may split large pages, which the queue refers to by number. */
static void requeue(struct walk *walk, const unsigned long *addresses)
{
	for (unsigned i = 0; i < walk->count; i++)
		walk->queue[i] = fake_find_page(&fake.space, addresses[i]);
}

static long set_and_move(struct walk *walk, const struct fake_policy *policy)
{
	unsigned long addresses[FAKE_MAX_PAGES];
	bool failed = walk->failed;
	long result;

	for (unsigned i = 0; i < walk->count; i++)
		addresses[i] = fake.space.pages[walk->queue[i]].address;
	result = set_policy(walk->start, walk->end, policy);
	if (result < 0)
		return result;
	requeue(walk, addresses);
	for (unsigned i = 0; i < walk->count; i++)
		failed |= move_by_policy(&fake.space.pages[walk->queue[i]], policy) < 0;
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
	walk.start = start;
	walk.end = end;
	walk.nodes = &policy->nodes;
	walk.invert = true;
	walk.holes = (policy->mode & ~mode_flags()) == DEFAULT;
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
	long result = judge_mode(policy.mode);

	if (result == 0)
		result = read_mask(&policy.nodes, args->d, (unsigned long)args->e);
	if (result < 0)
		return result;
	if (flags & ~(unsigned)(STRICT | ANY_MOVE))
		return -EINVAL;
	if (flags & MOVE_ALL && !fake.nice)
		return -EPERM;
	if (start % FAKE_PAGE)
		return -EINVAL;
	if ((policy.mode & ~mode_flags()) == DEFAULT)
		flags &= ~(unsigned)STRICT;
	if (end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	result = judge_policy(&policy);
	if (result < 0)
		return result;
	if ((policy.mode & ~mode_flags()) == DEFAULT)
		policy.mode = DEFAULT;
	return bind_range(start, end, &policy, flags);
}

/* ---- migrate_pages ---- */

static long migrate_to_node(int source, int target, unsigned flags)
{
	static struct walk walk;
	struct fake_nodes nodes = fake_one_node(source);
	long failed = 0, result = 0;

	memset(&walk, 0, offsetof(struct walk, queue));
	walk.end = 1UL << 47;
	walk.nodes = &nodes;
	walk.holes = true;
	walk.flags = flags;
	walk_range(&walk);
	for (unsigned i = 0; i < walk.count; i++) {
		struct fake_page *page = &fake.space.pages[walk.queue[i]];
		long moved = move_page(page, target);

		if (moved == -ENOMEM)
			result = moved;
		else if (moved < 0)
			failed += unit_of(page);
	}
	if (!fake.kernel.unisolated_not_counted)
		failed += walk.nr_failed;
	return result < 0 ? result : failed;
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
	long result = read_mask(&from, args->c, (unsigned long)args->b);
	struct pair pairs[FAKE_MAX_NODES];
	int count;

	if (result == 0)
		result = read_mask(&to, args->d, (unsigned long)args->b);
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

/* ---- questions ---- */

static int status_of(unsigned long address)
{
	const struct fake_vma *vma = fake_vma_at(&fake.space, address);
	const struct fake_page *page = fake_page_at(&fake.space, address);

	if (!vma)
		return -EFAULT;
	if (!page)
		return fake.kernel.untouched_is_fault ? -EFAULT : -ENOENT;
	if (page->kind == FAKE_ZERO || page->kind == FAKE_DEVICE_PAGE)
		return -EFAULT;
	if (vma->prot == 0 && fake.kernel.query_misses_prot_none)
		return -ENOENT;
	return page->kind == FAKE_MIGRATING ? -ENOENT : page->node;
}

static int move_status(unsigned long address, int node, unsigned flags, bool *failed)
{
	unsigned i = fake_find_page(&fake.space, address);
	struct fake_page *page = &fake.space.pages[i];
	int status = status_of(address);

	if (status < 0 || status == node)
		return status;
	if (page->mapcount > 1 && !(flags & MOVE_ALL))
		return -EACCES;
	if (page->kind == FAKE_UNISOLATABLE)
		return -EBUSY;
	*failed = move_page(page, node) < 0;
	return page->node;
}

/* Gives up at the first page that it could isolate and not move, and says how many are left. */
static long move_to(long count, const unsigned long *pages, const int *nodes, int *status,
		    unsigned flags)
{
	for (long i = 0; i < count; i++) {
		bool failed = false;

		if (nodes[i] < 0 || nodes[i] >= FAKE_MAX_NODES || !fake_has(&fake.memory, nodes[i]))
			return -ENODEV;
		if (!fake_has(&fake.allowed, nodes[i]))
			return -EACCES;
		status[i] = move_status(pages[i], nodes[i], flags, &failed);
		if (failed)
			return count - i;
	}
	return 0;
}

long fake_move_pages(const struct fake_args *args)
{
	const unsigned long *pages = fake_pointer(args->c);
	int *status = fake_pointer(args->e);

	if ((int)args->a != 0 && (int)args->a != FAKE_PID)
		return -ESRCH;
	if (args->f & ~(long)ANY_MOVE)
		return -EINVAL;
	if (args->f & MOVE_ALL && !fake.nice)
		return -EPERM;
	if (args->d)
		return move_to(args->b, pages, fake_pointer(args->d), status, (unsigned)args->f);
	for (long i = 0; i < args->b; i++)
		status[i] = status_of(pages[i]);
	return 0;
}

long fake_get_mempolicy(const struct fake_args *args)
{
	unsigned long *mask = fake_pointer(args->b);

	if (args->e != 4 || args->a || args->d || args->c < fake.kernel_nodes)
		return -EINVAL;
	memcpy(mask, &fake.allowed, sizeof(fake.allowed));
	return 0;
}
