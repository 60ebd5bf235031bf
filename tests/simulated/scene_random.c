/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scene.h"

#include <sys/mman.h>

enum { PREFERRED = 1, BIND = 2, LOCAL = 4, MODES = 7 };
enum { WINDOW = 64 };

unsigned long rng_next(struct rng *rng)
{
	unsigned long x = rng->state += 0x9e3779b97f4a7c15UL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9UL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebUL;
	return x ^ x >> 31;
}

static enum fake_page_kind random_kind(struct rng *rng)
{
	switch (rng_below(rng, 18)) {
	case 0:
		return FAKE_PINNED;
	case 1:
		return FAKE_UNISOLATABLE;
	case 2:
		return FAKE_ZERO;
	case 3:
		return FAKE_MERGED;
	default:
		return FAKE_MOVABLE;
	}
}

static unsigned random_mapcount(struct rng *rng, enum fake_page_kind kind)
{
	return rng_one_in(rng, kind == FAKE_MERGED ? 2 : 6) ? 2 : 1;
}

/* What mbind leaves can be moved by address, unless move_pages does not see it. */
static bool is_out_of_reach(const struct fake_page *page)
{
	return (page->kind == FAKE_MERGED || page->kind == FAKE_HEADLESS) &&
	       fake.kernel.query_misses_prot_none &&
	       fake_vma_at(&fake.space, page->address)->prot == PROT_NONE;
}

/* Makes it one with a merged page that is there. */
static void merge(struct fake_page *page)
{
	for (unsigned i = fake_find_page(&fake.space, SCENE); i < fake.space.page_count; i++) {
		const struct fake_page *other = &fake.space.pages[i];

		if (other->kind != FAKE_MERGED || other->mapcount == 1)
			continue;
		page->frame = other->frame;
		page->node = other->node;
	}
}

static unsigned long random_page(struct rng *rng, unsigned long first, unsigned long end, int nodes)
{
	struct fake_page page = {
		.address = at(first),
		.span = 1,
		.node = (int)rng_below(rng, (unsigned)nodes),
		.kind = random_kind(rng),
	};

	page.mapcount = random_mapcount(rng, page.kind);
	if (rng_one_in(rng, 4))
		return 1;
	if (rng_one_in(rng, 10) && first + 8 <= end && page.kind < FAKE_ZERO) {
		page.span = 8;
		if (page.kind == FAKE_MOVABLE && page.mapcount == 1 && rng_one_in(rng, 3))
			page.kind = FAKE_HEADLESS;
	}
	if (is_out_of_reach(&page))
		page.kind = FAKE_MOVABLE;
	if (page.kind == FAKE_MERGED && page.mapcount > 1 && rng_one_in(rng, 2))
		merge(&page);
	fake_put_page(&fake.space, &page);
	return page.span;
}

static struct fake_nodes random_nodes(struct rng *rng, int nodes)
{
	struct fake_nodes set = fake_no_nodes();

	for (int node = 0; node < nodes; node++)
		if (rng_one_in(rng, 2))
			fake_add(&set, node);
	if (fake_is_empty(&set))
		fake_add(&set, (int)rng_below(rng, (unsigned)nodes));
	return set;
}

static void random_policy(struct rng *rng, struct fake_vma *vma, int nodes)
{
	if (rng_one_in(rng, 5))
		vma->prot = PROT_NONE;
	if (rng_one_in(rng, 2))
		vma->policy = (struct fake_policy){ BIND, random_nodes(rng, nodes) };
}

static void random_vma(struct rng *rng, unsigned long first, unsigned long count, int nodes)
{
	struct fake_vma *vma = scene_map(first, count);

	random_policy(rng, vma, nodes);
	vma->file = rng_one_in(rng, 4);
	if (rng_one_in(rng, 10)) {
		vma->kind = FAKE_DEVICE;
		scene_put_device(first, count);
		return;
	}
	if (rng_one_in(rng, 12) && fake.kernel.secretmem) {
		vma->kind = FAKE_SECRET;
		scene_put_secret(first, count, (int)rng_below(rng, (unsigned)nodes));
		return;
	}
	for (unsigned long i = first; i < first + count;)
		i += random_page(rng, i, first + count, nodes);
}

/* Mappings, and holes between them. Returns where they end. */
static unsigned long random_vmas(struct rng *rng, unsigned long page, unsigned long end, int nodes)
{
	while (page < end) {
		unsigned long count = 1 + rng_below(rng, rng_one_in(rng, 2) ? 4 : 24);

		if (rng_one_in(rng, 8))
			page += 1 + rng_below(rng, 3);
		if (page + count > end && end == SCENE_HUGE)
			count = end > page ? end - page : 0;
		if (count > 0)
			random_vma(rng, page, count, nodes);
		page += count;
	}
	return page;
}

static void random_hugetlb(struct rng *rng, unsigned long number, unsigned long count, int nodes)
{
	struct fake_vma *vma = scene_map_huge(number, count);

	random_policy(rng, vma, nodes);
	vma->file = rng_one_in(rng, 2);
	for (unsigned long i = number; i < number + count; i++)
		if (!rng_one_in(rng, 4))
			scene_put_huge(i, (int)rng_below(rng, (unsigned)nodes),
				       rng_one_in(rng, 5) ? 2 : 1,
				       rng_one_in(rng, 5) ? FAKE_PINNED : FAKE_MOVABLE);
}

/* Little of it on some of the nodes, in some of the scenes. */
static void random_room(struct rng *rng, int nodes)
{
	bool limited = rng_one_in(rng, 3);

	for (int node = 0; node < nodes; node++) {
		fake.room[node] = limited && rng_one_in(rng, 2) ? (long)rng_below(rng, 15) : -1;
		fake.pool[node] = limited && rng_one_in(rng, 2) ? (long)rng_below(rng, 3) : -1;
	}
}

/* Huge pages from SCENE_HUGE on, in some of the scenes. */
static unsigned huge_pages;

void scene_random(struct rng *rng, int nodes)
{
	unsigned long page = rng_below(rng, 8);

	scene_clear();
	fake.nice = !rng_one_in(rng, 3);
	fake.frames = fake.nice && rng_one_in(rng, 2);
	fake.local = (int)rng_below(rng, (unsigned)nodes);
	random_room(rng, nodes);
	huge_pages = 0;
	if (rng_one_in(rng, 2)) {
		random_vmas(rng, page, WINDOW, nodes);
		return;
	}
	random_vmas(rng, page, SCENE_HUGE, nodes);
	while (huge_pages < 2 || rng_one_in(rng, 2)) {
		unsigned count = 1 + rng_below(rng, 3);

		random_hugetlb(rng, huge_pages, count, nodes);
		huge_pages += count;
		huge_pages += rng_one_in(rng, 8);
	}
	page = SCENE_HUGE + huge_pages * (unsigned long)SCENE_SPAN;
	random_vmas(rng, page, page + WINDOW - SCENE_HUGE, nodes);
}

static struct mask random_mask(struct rng *rng, int mode, int nodes)
{
	if (mode == 0 || mode == LOCAL || (mode == PREFERRED && rng_one_in(rng, 3)))
		return rng_one_in(rng, 2) ? mask_none() : mask_of(fake_no_nodes());
	if (rng_one_in(rng, 60))
		return mask_of(fake_one_node(nodes));
	return mask_of(random_nodes(rng, nodes));
}

/* Any page before and behind the huge ones, the ends of those, and seldom a page inside of one. */
static unsigned long random_end(struct rng *rng)
{
	unsigned long page = rng_below(rng, WINDOW);

	if (huge_pages == 0 || page < SCENE_HUGE)
		return page;
	if (rng_one_in(rng, 2))
		return page + huge_pages * (unsigned long)SCENE_SPAN;
	page = SCENE_HUGE + rng_below(rng, huge_pages + 1) * (unsigned long)SCENE_SPAN;
	return page + (rng_one_in(rng, 10) ? 1 + rng_below(rng, SCENE_SPAN - 1) : 0);
}

static void random_range(struct rng *rng, unsigned long *first, unsigned long *count)
{
	unsigned long end;

	*first = random_end(rng);
	*count = rng_below(rng, rng_one_in(rng, 3) ? WINDOW : 12);
	if (huge_pages == 0)
		return;
	end = random_end(rng);
	*count = end > *first ? end - *first : 0;
}

struct bind scene_random_bind(struct rng *rng, int nodes)
{
	unsigned long first, count;
	struct bind bind;

	random_range(rng, &first, &count);
	bind = (struct bind){
		.start = at(first),
		.len = count * FAKE_PAGE,
		.mode = rng_one_in(rng, 2) ? BIND : (int)rng_below(rng, MODES),
		.flags = rng_below(rng, 8),
		.counted = rng_one_in(rng, 2),
	};

	if (rng_one_in(rng, 40))
		bind.flags |= 1U << rng_below(rng, 32);
	if (rng_one_in(rng, 40))
		bind.start += 1 + rng_below(rng, FAKE_PAGE - 1);
	if (rng_one_in(rng, 8) && bind.len)
		bind.len -= rng_below(rng, FAKE_PAGE);
	if (rng_one_in(rng, 60))
		bind.len = -(unsigned long)FAKE_PAGE * (1 + rng_below(rng, 100));
	bind.mask = random_mask(rng, bind.mode, nodes);
	return bind;
}

static bool is_room_limited(int nodes)
{
	for (int node = 0; node < nodes; node++)
		if (fake.room[node] >= 0 || fake.pool[node] >= 0)
			return true;
	return false;
}

/* No node in both: else what may stay for lack of room depends on the order of the moves. */
static void keep_apart(struct fake_nodes *from, struct fake_nodes *to, int nodes)
{
	int last = nodes - 1;

	for (int node = 0; node < nodes; node++)
		if (fake_has(from, node))
			fake_remove(to, node);
	if (!fake_is_empty(to))
		return;
	*to = fake_one_node(last);
	fake_remove(from, last);
	if (fake_is_empty(from))
		fake_add(from, 0);
}

struct migration scene_random_migration(struct rng *rng, int nodes)
{
	struct migration migration = {
		.pid = rng_one_in(rng, 2)    ? 0
		       : rng_one_in(rng, 20) ? 77
					     : FAKE_PID,
		.from = mask_of(random_nodes(rng, nodes)),
		.to = mask_of(random_nodes(rng, nodes)),
		.counted = rng_one_in(rng, 2),
	};

	if (is_room_limited(nodes))
		keep_apart(&migration.from.nodes, &migration.to.nodes, nodes);
	return migration;
}
