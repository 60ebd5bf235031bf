/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "space.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void no_room(const char *what)
{
	fprintf(stderr, "fake: more %s than the simulation has room for\n", what);
	abort();
}

unsigned fake_find_vma(const struct fake_space *space, unsigned long address)
{
	unsigned low = 0, high = space->vma_count;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (space->vmas[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct fake_vma *fake_vma_at(const struct fake_space *space, unsigned long address)
{
	unsigned i = fake_find_vma(space, address);

	return i < space->vma_count && space->vmas[i].start <= address ? &space->vmas[i] : NULL;
}

unsigned fake_find_page(const struct fake_space *space, unsigned long address)
{
	unsigned low = 0, high = space->page_count;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (fake_page_end(&space->pages[middle]) <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct fake_page *fake_page_at(const struct fake_space *space, unsigned long address)
{
	unsigned i = fake_find_page(space, address);

	return i < space->page_count && space->pages[i].address <= address ? &space->pages[i]
									   : NULL;
}

static void insert_vma(struct fake_space *space, unsigned at, const struct fake_vma *vma)
{
	if (space->vma_count == FAKE_MAX_VMAS)
		no_room("mappings");
	memmove(&space->vmas[at + 1], &space->vmas[at],
		(space->vma_count - at) * sizeof(space->vmas[0]));
	space->vmas[at] = *vma;
	space->vma_count++;
}

static void insert_page(struct fake_space *space, unsigned at, const struct fake_page *page)
{
	if (space->page_count == FAKE_MAX_PAGES)
		no_room("pages");
	memmove(&space->pages[at + 1], &space->pages[at],
		(space->page_count - at) * sizeof(space->pages[0]));
	space->pages[at] = *page;
	space->page_count++;
}

void fake_split_page(struct fake_space *space, unsigned long address)
{
	unsigned at = fake_find_page(space, address);
	struct fake_page whole;

	if (at == space->page_count || space->pages[at].address >= address)
		return;
	whole = space->pages[at];
	space->pages[at].span = 1;
	for (unsigned i = 1; i < whole.span; i++) {
		struct fake_page part = whole;

		part.span = 1;
		part.address += (unsigned long)i * FAKE_PAGE;
		part.frame += i;
		insert_page(space, at + i, &part);
	}
}

static void cut_vma(struct fake_space *space, unsigned at, unsigned long address)
{
	struct fake_vma upper = space->vmas[at];

	upper.start = address;
	space->vmas[at].end = address;
	insert_vma(space, at + 1, &upper);
	fake_split_page(space, address);
}

int fake_split(struct fake_space *space, unsigned long address)
{
	unsigned at = fake_find_vma(space, address);

	if (at == space->vma_count || space->vmas[at].start >= address)
		return 0;
	if (space->vmas[at].kind == FAKE_HUGETLB && address % FAKE_HUGE)
		return -EINVAL;
	if (space->vma_limit && space->vma_count >= space->vma_limit)
		return -ENOMEM;
	cut_vma(space, at, address);
	return 0;
}

static void cut_at(struct fake_space *space, unsigned long address)
{
	unsigned at = fake_find_vma(space, address);

	if (at < space->vma_count && space->vmas[at].start < address)
		cut_vma(space, at, address);
}

void fake_unmap(struct fake_space *space, unsigned long start, unsigned long end)
{
	unsigned first, behind;

	cut_at(space, start);
	cut_at(space, end);
	first = fake_find_vma(space, start);
	behind = fake_find_vma(space, end);
	memmove(&space->vmas[first], &space->vmas[behind],
		(space->vma_count - behind) * sizeof(space->vmas[0]));
	space->vma_count -= behind - first;
	first = fake_find_page(space, start);
	behind = fake_find_page(space, end);
	memmove(&space->pages[first], &space->pages[behind],
		(space->page_count - behind) * sizeof(space->pages[0]));
	space->page_count -= behind - first;
}

void fake_map(struct fake_space *space, const struct fake_vma *vma)
{
	fake_unmap(space, vma->start, vma->end);
	insert_vma(space, fake_find_vma(space, vma->start), vma);
}

unsigned long fake_new_frames(unsigned long count)
{
	static unsigned long next = 1000;

	next += count;
	return next - count;
}

void fake_put_page(struct fake_space *space, const struct fake_page *page)
{
	struct fake_page put = *page;

	if (put.frame == 0)
		put.frame = fake_new_frames(put.span);
	insert_page(space, fake_find_page(space, put.address), &put);
}

bool fake_is_mapped(const struct fake_space *space, unsigned long start, unsigned long end)
{
	for (unsigned i = fake_find_vma(space, start); start < end; i++) {
		if (i == space->vma_count || space->vmas[i].start > start)
			return false;
		start = space->vmas[i].end;
	}
	return true;
}

bool fake_any_mapped(const struct fake_space *space, unsigned long start, unsigned long end)
{
	unsigned at = fake_find_vma(space, start);

	return at < space->vma_count && space->vmas[at].start < end;
}
