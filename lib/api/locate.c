/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages/locate.h"
#include "api/abi.h"

struct census {
	unsigned long *pages;
	unsigned long nodes;
	unsigned long unknown;
};

static void clear(void *context)
{
	struct census *census = context;

	for (unsigned long node = 0; node < census->nodes; node++)
		census->pages[node] = 0;
	census->unknown = 0;
}

static void add(void *context, int node, unsigned long pages)
{
	struct census *census = context;

	if (node >= 0 && (unsigned long)node < census->nodes)
		census->pages[node] += pages;
	else
		census->unknown += pages;
}

SB_EXPORT int strictbind_locate(int pid, const void *addr, unsigned long len, unsigned long *pages,
				unsigned long nodes, unsigned long *unknown)
{
	struct census counted = { .pages = pages, .nodes = nodes };
	struct sb_census census = {
		.clear = clear, .add = add, .context = &counted, .subtracts = true
	};
	int result;

	if (!pages && nodes)
		return (int)sb_result(-EINVAL);
	clear(&counted);
	result = sb_locate(pid, addr, len, &census);
	if (unknown)
		*unknown = counted.unknown;
	return (int)sb_result(result);
}
