/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages/scan.h"
#include "core/page.h"
#include "core/pagemap.h"
#include "core/syscall.h"
#include "kernel/quirks.h"
#include "pages/vdso.h"

/* On the stack, and stacks may be small: 2.5 KiB. */
#define BATCH 128

struct batch {
	unsigned count;
	unsigned long addresses[BATCH];
	uint64_t entries[BATCH];
	int nodes[BATCH];
};

struct range {
	unsigned long start;
	unsigned long end;
};

bool sb_page_may_be_hidden(const struct sb_page *page)
{
	if (!page->told || (page->node != -ENOENT && page->node != -EFAULT))
		return false;
	/* A device mapping is told of no node either, but is no file in the page map. */
	return sb_has(SB_QUERY_MISSES_PROT_NONE) ||
	       (page->file && sb_has(SB_QUERY_MISSES_SECRETMEM));
}

/* A hidden huge page answers EFAULT as a zero page does, which is never mapped once. */
bool sb_page_hidden(const struct sb_page *page)
{
	return sb_page_may_be_hidden(page) && (page->node == -ENOENT || page->exclusive);
}

bool sb_page_untold(const struct sb_page *page)
{
	return page->node == -ENOENT && !page->told &&
	       (sb_has(SB_QUERY_MISSES_PROT_NONE) || sb_has(SB_QUERY_MISSES_SECRETMEM));
}

/* The present pages among the next ones, or all of them where the page map is not readable. */
static void fill(struct batch *batch, const struct sb_pagemap *pagemap, unsigned long start,
		 unsigned long pages, unsigned long page)
{
	uint64_t *entries = batch->entries;
	bool told = pagemap && sb_pagemap_read(pagemap, start, pages, entries) == 0;

	batch->count = 0;
	for (unsigned i = 0; i < pages; i++) {
		uint64_t entry = told ? entries[i] : 0;

		if (told && !sb_entry_present(entry))
			continue;
		/* Never ahead of i, so nothing unread is overwritten. */
		entries[batch->count] = entry;
		batch->addresses[batch->count++] = start + i * page;
	}
}

/* False when the visitor has seen enough. */
static bool visit_all(const struct sb_walk *walk, const struct batch *batch,
		      const struct range *vdso)
{
	for (unsigned i = 0; i < batch->count; i++) {
		struct sb_page page = {
			.address = batch->addresses[i],
			.pages = 1,
			.node = batch->nodes[i],
			.told = sb_entry_present(batch->entries[i]),
			.exclusive = sb_entry_exclusive(batch->entries[i]),
			.file = sb_entry_file(batch->entries[i]),
		};

		if (page.address >= vdso->start && page.address < vdso->end)
			continue;
		if (!walk->visit(walk->context, &page))
			return false;
	}
	return true;
}

static int walk_batches(const struct sb_walk *walk, unsigned long start, unsigned long end,
			const struct sb_pagemap *pagemap)
{
	unsigned long page = sb_page_size();
	struct batch batch;
	struct range vdso = { start, end };
	bool skips = pagemap && sb_has(SB_CAN_PAGEMAP_SCAN);
	bool sparse = true;

	sb_vdso_range(walk->pid, &vdso.start, &vdso.end);
	while (start < end) {
		unsigned long pages;

		if (sparse && skips)
			start = sb_pagemap_skip(pagemap, start, end);
		pages = sb_min((end - start) / page, BATCH);
		fill(&batch, pagemap, start, pages, page);
		start += pages * page;
		sparse = batch.count == 0;
		if (!sparse) {
			long result = sb_sys_move_pages(walk->pid, batch.count, batch.addresses,
							NULL, batch.nodes, 0);

			if (result < 0)
				return (int)result;
			if (!visit_all(walk, &batch, &vdso))
				return 0;
		}
	}
	return 0;
}

int sb_walk_pages(const struct sb_walk *walk, unsigned long start, unsigned long end)
{
	struct sb_pagemap pagemap;
	bool readable = sb_has(SB_CAN_PAGEMAP) && sb_pagemap_open(&pagemap, walk->pid) == 0;
	int result = walk_batches(walk, start, end, readable ? &pagemap : NULL);

	if (readable)
		sb_pagemap_close(&pagemap);
	return result;
}

/* ---- in blocks ---- */

/* On the stack, too: 2.5 KiB. */
#define REGIONS 32

struct blocks {
	const struct sb_walk *walk;
	struct range vdso;
	unsigned count;
	unsigned long addresses[BATCH];
	unsigned pages[BATCH];
	int nodes[BATCH];
};

/* Returns 1 when the visitor has seen enough, 0, or a negative errno. */
static int visit_blocks(struct blocks *blocks)
{
	const struct sb_walk *walk = blocks->walk;
	unsigned count = blocks->count;
	long result = 0;

	blocks->count = 0;
	if (count > 0)
		result = sb_sys_move_pages(walk->pid, count, blocks->addresses, NULL, blocks->nodes,
					   0);
	if (result < 0)
		return (int)result;
	for (unsigned i = 0; i < count; i++) {
		struct sb_page page = {
			.address = blocks->addresses[i],
			.pages = blocks->pages[i],
			.node = blocks->nodes[i],
		};

		if (!walk->visit(walk->context, &page))
			return 1;
	}
	return 0;
}

static int add_region(struct blocks *blocks, const struct sb_scan_region *region)
{
	unsigned long page = sb_page_size();
	unsigned long block = region->categories & SB_SCAN_HUGE ? sb_smallest_hugetlb() : page;
	unsigned long at = region->start;
	int result = 0;

	while (result == 0 && at < region->end) {
		unsigned long end = sb_min((at & -block) + block, region->end);

		if (at < blocks->vdso.start || at >= blocks->vdso.end) {
			blocks->addresses[blocks->count] = at;
			blocks->pages[blocks->count++] = (unsigned)((end - at) / page);
		}
		if (blocks->count == BATCH)
			result = visit_blocks(blocks);
		at = end;
	}
	return result;
}

static int walk_regions(struct blocks *blocks, const struct sb_pagemap *pagemap,
			unsigned long *start, unsigned long end)
{
	struct sb_scan_region regions[REGIONS] = { 0 };
	/* Few at first: a visitor that soon has seen enough does not pay for finding more. */
	unsigned wanted = 4;
	int result = 0;

	while (result == 0 && *start < end) {
		int found = sb_pagemap_scan(pagemap, start, end, regions, wanted);

		if (found < 0)
			return -EOPNOTSUPP;
		for (int i = 0; result == 0 && i < found; i++)
			result = add_region(blocks, &regions[i]);
		if (result == 0)
			result = visit_blocks(blocks);
		wanted = (unsigned)sb_min(4UL * wanted, REGIONS);
	}
	return result;
}

int sb_walk_blocks(const struct sb_walk *walk, unsigned long *start, unsigned long end)
{
	struct blocks blocks = { .walk = walk, .vdso = { *start, end } };
	struct sb_pagemap pagemap;
	int result;

	/* A scan does not tell what hidden pages take to be recognized. */
	if (!sb_has(SB_CAN_PAGEMAP_SCAN) || sb_has(SB_QUERY_MISSES_PROT_NONE) ||
	    sb_pagemap_open(&pagemap, walk->pid) < 0)
		return -EOPNOTSUPP;
	sb_vdso_range(walk->pid, &blocks.vdso.start, &blocks.vdso.end);
	result = walk_regions(&blocks, &pagemap, start, end);
	sb_pagemap_close(&pagemap);
	return result < 0 ? result : 0;
}
