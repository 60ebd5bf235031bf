/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "search.h"
#include "memory.h"

struct sb_search sb_search_of(const struct sb_bind *bind, bool first_only)
{
	struct sb_search search = { .bind = bind, .first_only = first_only };

	search.start = sb_untag(bind->start);
	search.end = search.start + sb_round_up(bind->len);
	sb_nodeset_read(&search.wanted, bind->mask, bind->maxnode);
	return search;
}

bool sb_search_found(struct sb_search *search, unsigned long address)
{
	if (search->found.unmoved++ == 0)
		search->found.first_unmoved = address;
	return !search->first_only;
}

void sb_search_report(const struct sb_search *search, struct sb_counts *counts)
{
	*counts = search->found;
	if (search->unknown)
		*counts = (struct sb_counts){ STRICTBIND_UNKNOWN, STRICTBIND_UNKNOWN, 0 };
}
