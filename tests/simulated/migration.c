/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "migration.h"

#include <errno.h>
#include <stdlib.h>

#include "kernel.h"
#include "policy.h"

/* One node, or what a policy chooses. */
struct target {
	int node;
	const struct fake_policy *policy; /* NULL: the node */
};

/* ---- the queue ---- */

void fake_enqueue(struct fake_queue *queue, unsigned long address)
{
	if (queue->count == FAKE_MAX_QUEUED)
		abort();
	queue->addresses[queue->count++] = address;
}

static struct fake_page *page_of(unsigned long address)
{
	return &fake.space.pages[fake_find_page(&fake.space, address)];
}

bool fake_is_queued(const struct fake_queue *queue, const struct fake_page *page)
{
	for (unsigned i = 0; i < queue->count; i++)
		if (queue->addresses[i] == page->address ||
		    (page->kind == FAKE_MERGED &&
		     page_of(queue->addresses[i])->frame == page->frame))
			return true;
	return false;
}

static bool is_hugetlb(unsigned long address)
{
	const struct fake_vma *vma = fake_vma_at(&fake.space, address);

	return vma && vma->kind == FAKE_HUGETLB;
}

/* Hugetlb pages to the front; everything else keeps its order. */
static void put_huge_first(struct fake_queue *queue)
{
	static unsigned long others[FAKE_MAX_PAGES];
	unsigned front = 0, behind = 0;

	for (unsigned i = 0; i < queue->count; i++)
		if (is_hugetlb(queue->addresses[i]))
			queue->addresses[front++] = queue->addresses[i];
		else
			others[behind++] = queue->addresses[i];
	for (unsigned i = 0; i < behind; i++)
		queue->addresses[front + i] = others[i];
}

/* ---- room ---- */

/* What the page takes of the node, and how much of that there is. */
static long *store_of(const struct fake_page *page, int node, long *need)
{
	if (is_hugetlb(page->address)) {
		*need = 1;
		return &fake.pool[node];
	}
	*need = (long)page->span;
	return &fake.room[node];
}

static bool has_room(const struct fake_page *page, int node)
{
	long need;
	const long *store = store_of(page, node, &need);

	return *store < 0 || *store >= need;
}

static void add_room(const struct fake_page *page, int node, int sign)
{
	long need;
	long *store = store_of(page, node, &need);

	if (*store >= 0)
		*store += sign * need;
}

/* The first of the nodes with room, from first on and around. -1: none. */
static int find_room(const struct fake_nodes *nodes, int first, const struct fake_page *page)
{
	for (int node = fake_next(nodes, first); node >= 0; node = fake_next(nodes, node + 1))
		if (has_room(page, node))
			return node;
	for (int node = fake_next(nodes, 0); node >= 0 && node < first;
	     node = fake_next(nodes, node + 1))
		if (has_room(page, node))
			return node;
	return -1;
}

static int nth_node(const struct fake_nodes *nodes, unsigned long n)
{
	int node = fake_next(nodes, 0);

	for (n %= (unsigned long)fake_weight(nodes); n > 0; n--)
		node = fake_next(nodes, node + 1);
	return node;
}

/*
 * Every mode but MPOL_BIND takes any other node when the one it chooses has no room. Of hugetlb
 * pages MPOL_PREFERRED_MANY does not.
 */
static int find_room_by(const struct fake_policy *policy, const struct fake_page *page)
{
	struct fake_nodes any = fake_and(&fake.allowed, &fake.memory);
	struct fake_nodes nodes = fake_usable(policy);
	bool huge = is_hugetlb(page->address);
	int node;

	if (fake_is_empty(&nodes))
		return find_room(&any, fake.local, page);
	switch (fake_bare_mode(policy->mode)) {
	case FAKE_INTERLEAVE:
	case FAKE_WEIGHTED_INTERLEAVE:
		node = nth_node(&nodes, page->address / (huge ? FAKE_HUGE : FAKE_PAGE));
		return find_room(&any, node, page);
	case FAKE_PREFERRED:
		return find_room(&any, nth_node(&nodes, 0), page);
	case FAKE_PREFERRED_MANY:
		node = find_room(&nodes, fake.local, page);
		return node >= 0 || huge ? node : find_room(&any, fake.local, page);
	default:
		return find_room(&nodes, fake.local, page);
	}
}

/* A node for the page, or -1. */
static int place(const struct target *target, const struct fake_page *page)
{
	static const struct fake_policy none = { .mode = FAKE_DEFAULT };

	if (!target->policy)
		return has_room(page, target->node) ? target->node : -1;
	if (page->kind == FAKE_MERGED && fake.kernel.merged == FAKE_MERGED_FAILS)
		return -1;
	if (page->kind == FAKE_MERGED && fake.kernel.merged == FAKE_MERGED_BY_TASK)
		return find_room_by(&none, page);
	return find_room_by(target->policy, page);
}

/* ---- moving ---- */

long fake_unit_of(const struct fake_page *page)
{
	return fake.kernel.huge_counts_as_one ? 1 : (long)page->span;
}

/* Wherever the page is mapped, if it is a merged one. */
static void put_on(struct fake_page *page, int node)
{
	unsigned long from = page->frame, to = fake_new_frames(page->span);

	for (unsigned i = 0; i < fake.space.page_count; i++) {
		struct fake_page *alias = &fake.space.pages[i];

		if (alias != page && (page->kind != FAKE_MERGED || alias->frame != from))
			continue;
		alias->node = node;
		alias->frame = to;
		alias->moves++;
	}
}

/* The new page is there before the old one is looked at, so lack of room comes first. */
static long move_page(struct fake_page *page, const struct target *target)
{
	int node = place(target, page);

	if (!target->policy && target->node == fake.busy)
		return -EAGAIN;
	if (node < 0)
		return -ENOMEM;
	if (page->kind == FAKE_PINNED)
		return -EAGAIN;
	add_room(page, node, -1);
	add_room(page, page->node, 1);
	put_on(page, node);
	return 0;
}

/* A large page that finds no room may do so in parts, which are tried when all others have been. */
static bool split_large(struct fake_queue *queue, unsigned long address)
{
	const struct fake_page *page = page_of(address);
	unsigned long span = page->span;

	if (span == 1 || page->kind == FAKE_PINNED || is_hugetlb(address))
		return false;
	fake_split_page(&fake.space, address + FAKE_PAGE);
	for (unsigned long i = 0; i < span; i++) {
		struct fake_page *part = page_of(address + i * FAKE_PAGE);

		if (part->kind == FAKE_HEADLESS)
			part->kind = FAKE_MOVABLE;
		fake_enqueue(queue, part->address);
	}
	return true;
}

static long migrate(struct fake_queue *queue, const struct target *target)
{
	long failed = 0, result = 0;

	if (fake.kernel.huge_first)
		put_huge_first(queue);
	for (unsigned i = 0; i < queue->count && result != -ENOMEM; i++) {
		unsigned long address = queue->addresses[i];

		result = move_page(page_of(address), target);
		if (result == -ENOMEM && split_large(queue, address))
			result = 0;
		if (result == -EAGAIN)
			failed += fake_unit_of(page_of(address));
	}
	queue->count = 0;
	return result == -ENOMEM ? result : failed;
}

long fake_migrate_to(struct fake_queue *queue, int node)
{
	struct target target = { .node = node };

	return migrate(queue, &target);
}

long fake_migrate_by(struct fake_queue *queue, const struct fake_policy *policy)
{
	struct target target = { .policy = policy };

	return migrate(queue, &target);
}
