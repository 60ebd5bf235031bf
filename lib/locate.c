/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "locate.h"
#include <stdint.h>

#include "memory.h"
#include "result.h"

struct census {
	unsigned long *pages;
	unsigned long nodes;
	unsigned long unknown;
};

static bool visit(void *context, const struct sb_page *page)
{
	struct census *census = context;

	if (page->node >= 0 && (unsigned long)page->node < census->nodes)
		census->pages[page->node]++;
	else if (page->node >= 0 || sb_page_hidden(page))
		census->unknown++;
	return true;
}

int sb_locate(const struct sb_walk *walk, const void *addr, unsigned long len)
{
	unsigned long page = sb_page_size();
	unsigned long start = sb_untag((uintptr_t)addr);
	unsigned long end = start + len;
	int result;

	if (end < start || end + page - 1 < end)
		return -EINVAL;
	/* An empty range still tells whether the process is there to be looked at. */
	result = (int)sb_sys_move_pages(walk->pid, 0, NULL, NULL, NULL, 0);
	if (result < 0 || len == 0)
		return result;
	return sb_walk_pages(walk, start & -page, (end + page - 1) & -page);
}

SB_EXPORT int strictbind_locate(int pid, const void *addr, unsigned long len, unsigned long *pages,
				unsigned long nodes, unsigned long *unknown)
{
	struct census census = { pages, nodes, 0 };
	struct sb_walk walk = { .pid = pid, .visit = visit, .context = &census };
	int result;

	if (!pages && nodes)
		return (int)sb_result(-EINVAL);
	for (unsigned long node = 0; node < nodes; node++)
		pages[node] = 0;
	result = sb_locate(&walk, addr, len);
	if (unknown)
		*unknown = census.unknown;
	return (int)sb_result(result);
}
