/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scene.h"

#include <stdio.h>
#include <sys/mman.h>

enum { BIND = 2 };

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

struct fake_vma *scene_map_huge(unsigned long first, unsigned long count)
{
	struct fake_vma *vma =
		scene_map(SCENE_HUGE + first * SCENE_SPAN, count * (unsigned long)SCENE_SPAN);

	vma->kind = FAKE_HUGETLB;
	vma->name = "/anon_hugepage (deleted)";
	return vma;
}

void scene_put_huge(unsigned long number, int node, unsigned mapcount, enum fake_page_kind kind)
{
	struct fake_page page = { .address = at(SCENE_HUGE + number * SCENE_SPAN),
				  .span = SCENE_SPAN,
				  .node = node,
				  .mapcount = mapcount,
				  .kind = kind };

	fake_put_page(&fake.space, &page);
}

struct fake_page *scene_hugetlb(unsigned long first, unsigned long count, int node)
{
	scene_map_huge(first, count);
	for (unsigned long i = first; i < first + count; i++)
		scene_put_huge(i, node, 1, FAKE_MOVABLE);
	return &fake.space.pages[fake_find_page(&fake.space,
						at(SCENE_HUGE + (first + count - 1) * SCENE_SPAN))];
}

void scene_put_device(unsigned long first, unsigned long count)
{
	for (unsigned long i = first; i < first + count; i++) {
		struct fake_page page = {
			.address = at(i), .span = 1, .mapcount = 1, .kind = FAKE_DEVICE_PAGE
		};

		fake_put_page(&fake.space, &page);
	}
}

void scene_device(unsigned long first, unsigned long count)
{
	scene_map(first, count)->kind = FAKE_DEVICE;
	scene_put_device(first, count);
}

void scene_put_secret(unsigned long first, unsigned long count, int node)
{
	for (unsigned long i = first; i < first + count; i++)
		scene_touch(i, 1, node)->kind = FAKE_PINNED;
}

void scene_secret(unsigned long first, unsigned long count, int node)
{
	struct fake_vma *vma = scene_map(first, count);

	vma->kind = FAKE_SECRET;
	vma->name = "/secretmem (deleted)";
	scene_put_secret(first, count, node);
}

void scene_merged(unsigned long first, unsigned long count, int node)
{
	unsigned long frame = fake_new_frames(1);

	scene_map(first, count);
	for (unsigned long i = first; i < first + count; i++) {
		struct fake_page *page = scene_touch(i, 1, node);

		page->kind = FAKE_MERGED;
		page->frame = frame;
		page->mapcount = (unsigned)count + 1;
	}
}

int scene_node(unsigned long page)
{
	const struct fake_page *there = fake_page_at(&fake.space, at(page));

	return there ? there->node : -1;
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
