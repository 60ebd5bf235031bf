/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scene.h"

#include <stdio.h>
#include <sys/mman.h>

enum { PREFERRED = 1, BIND = 2, INTERLEAVE = 3, LOCAL = 4, PREFERRED_MANY = 5, MODES = 7 };
enum { WINDOW = 64 };

void scene_clear(void)
{
	fake_unmap(&fake.space, SCENE, 0x400000000000UL);
}

struct fake_vma *scene_map(unsigned long first, unsigned long count)
{
	struct fake_vma vma = { .start = at(first),
				.end = at(first + count),
				.prot = PROT_READ | PROT_WRITE };

	fake_map(&fake.space, &vma);
	return &fake.space.vmas[fake_find_vma(&fake.space, vma.start)];
}

struct fake_page *scene_touch(unsigned long first, unsigned long count, int node)
{
	for (unsigned long i = first; i < first + count; i++) {
		struct fake_page page = {
			.address = at(i), .span = 1, .node = node, .mapcount = 1
		};

		fake_put_page(&fake.space, &page);
	}
	return &fake.space.pages[fake_find_page(&fake.space, at(first + count - 1))];
}

struct fake_page *scene_pages(unsigned long first, unsigned long count, int node)
{
	scene_map(first, count);
	return scene_touch(first, count, node);
}

struct fake_page *scene_page(unsigned long page, int node, enum fake_page_kind kind)
{
	struct fake_page *made = scene_pages(page, 1, node);

	made->kind = kind;
	return made;
}

struct bind scene_bind(unsigned long first, unsigned long count, int node, unsigned flags)
{
	return (struct bind){
		.start = at(first),
		.len = count * FAKE_PAGE,
		.mode = BIND,
		.mask = mask_of(fake_one_node(node)),
		.flags = flags,
	};
}

/* ---- at random ---- */

unsigned long rng_next(struct rng *rng)
{
	unsigned long x = rng->state += 0x9e3779b97f4a7c15UL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9UL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebUL;
	return x ^ x >> 31;
}

static enum fake_page_kind random_kind(struct rng *rng)
{
	switch (rng_below(rng, 16)) {
	case 0:
		return FAKE_PINNED;
	case 1:
		return FAKE_UNISOLATABLE;
	case 2:
		return FAKE_ZERO;
	default:
		return FAKE_MOVABLE;
	}
}

static unsigned long random_page(struct rng *rng, unsigned long first, unsigned long end, int nodes)
{
	struct fake_page page = {
		.address = at(first),
		.span = 1,
		.node = (int)rng_below(rng, (unsigned)nodes),
		.mapcount = rng_one_in(rng, 6) ? 2 : 1,
		.kind = random_kind(rng),
	};

	if (rng_one_in(rng, 4))
		return 1;
	if (rng_one_in(rng, 10) && first + 8 <= end && page.kind != FAKE_ZERO)
		page.span = 8;
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

static void random_device(struct fake_vma *vma, unsigned long first, unsigned long count)
{
	vma->kind = FAKE_DEVICE;
	for (unsigned long i = first; i < first + count; i++) {
		struct fake_page page = {
			.address = at(i), .span = 1, .mapcount = 1, .kind = FAKE_DEVICE_PAGE
		};

		fake_put_page(&fake.space, &page);
	}
}

static void random_vma(struct rng *rng, unsigned long first, unsigned long count, int nodes)
{
	struct fake_vma *vma = scene_map(first, count);

	if (rng_one_in(rng, 5))
		vma->prot = PROT_NONE;
	if (rng_one_in(rng, 2))
		vma->policy = (struct fake_policy){ BIND, random_nodes(rng, nodes) };
	/* Releases up to 5.4 take a device mapping for a hole, unless it is the first in the range.
	 */
	if (rng_one_in(rng, 10) && fake.kernel.holes != FAKE_HOLES_4_0) {
		random_device(vma, first, count);
		return;
	}
	for (unsigned long i = first; i < first + count;)
		i += random_page(rng, i, first + count, nodes);
}

void scene_random(struct rng *rng, int nodes)
{
	unsigned long page = rng_below(rng, 8);

	scene_clear();
	fake.nice = !rng_one_in(rng, 3);
	fake.local = (int)rng_below(rng, (unsigned)nodes);
	while (page < WINDOW) {
		unsigned long count = 1 + rng_below(rng, rng_one_in(rng, 2) ? 4 : 24);

		if (rng_one_in(rng, 8))
			page += 1 + rng_below(rng, 3);
		random_vma(rng, page, count, nodes);
		page += count;
	}
}

static struct mask random_mask(struct rng *rng, int mode, int nodes)
{
	if (mode == 0 || mode == LOCAL || (mode == PREFERRED && rng_one_in(rng, 3)))
		return rng_one_in(rng, 2) ? mask_none() : mask_of(fake_no_nodes());
	if (rng_one_in(rng, 60))
		return mask_of(fake_one_node(nodes));
	return mask_of(random_nodes(rng, nodes));
}

struct bind scene_random_bind(struct rng *rng, int nodes)
{
	unsigned long first = rng_below(rng, WINDOW);
	unsigned long count = rng_below(rng, rng_one_in(rng, 3) ? WINDOW : 12);
	struct bind bind = {
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

struct migration scene_random_migration(struct rng *rng, int nodes)
{
	return (struct migration){
		.pid = rng_one_in(rng, 2)    ? 0
		       : rng_one_in(rng, 20) ? 77
					     : FAKE_PID,
		.from = mask_of(random_nodes(rng, nodes)),
		.to = mask_of(random_nodes(rng, nodes)),
		.counted = rng_one_in(rng, 2),
	};
}

const char *scene_describe(const struct bind *bind, const struct outcome *outcome)
{
	static char text[256];

	snprintf(
		text, sizeof(text),
		"pages %ld+%lu mode %#x nodes %#lx flags %#x nice %d counted %d: %ld errno %d unmoved "
		"%ld shared %ld first %ld",
		(long)(bind->start - SCENE) / FAKE_PAGE, bind->len / FAKE_PAGE,
		(unsigned)bind->mode, bind->mask.nodes.bits[0], bind->flags, fake.nice,
		bind->counted, outcome->result, outcome->error, (long)outcome->report.unmoved,
		(long)outcome->report.shared,
		outcome->report.first_unmoved
			? (long)((unsigned long)outcome->report.first_unmoved - SCENE) / FAKE_PAGE
			: -1L);
	return text;
}
