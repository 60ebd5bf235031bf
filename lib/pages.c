/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages.h"
#include "facts.h"
#include "memory.h"
#include "pagemap.h"
#include "sys.h"
#include "vdso.h"

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
	return (page->node == -ENOENT || page->node == -EFAULT) && page->told &&
	       sb_has(SB_QUERY_MISSES_PROT_NONE);
}

/* A hidden huge page answers EFAULT as a zero page does, which is never mapped once. */
bool sb_page_hidden(const struct sb_page *page)
{
	return sb_page_may_be_hidden(page) && (page->node == -ENOENT || page->exclusive);
}

bool sb_page_untold(const struct sb_page *page)
{
	return page->node == -ENOENT && !page->told && sb_has(SB_QUERY_MISSES_PROT_NONE);
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
			.node = batch->nodes[i],
			.told = sb_entry_present(batch->entries[i]),
			.exclusive = sb_entry_exclusive(batch->entries[i]),
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
	bool sparse = true;

	sb_vdso_range(walk->pid, &vdso.start, &vdso.end);
	while (start < end) {
		unsigned long pages;

		if (sparse && pagemap)
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
