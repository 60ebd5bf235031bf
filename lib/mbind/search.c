/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mbind/search.h"

struct sb_search sb_search_of(const struct sb_request *request, unsigned long start,
			      unsigned long end, bool first_only)
{
	struct sb_search search = {
		.request = request,
		.start = start,
		.end = end,
		.first_only = first_only,
	};

	sb_nodeset_read(&search.wanted, request->mask, request->maxnode);
	return search;
}

bool sb_search_found(struct sb_search *search, unsigned long address, unsigned long pages)
{
	sb_tally_unmoved(&search->found, address, pages);
	return !search->first_only;
}
