/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is common to every search for misplaced pages in the range of an mbind call. */
#ifndef SB_SEARCH_H
#define SB_SEARCH_H

#include <stdbool.h>

#include "bind.h"
#include "nodeset.h"

struct sb_search {
	const struct sb_bind *bind;
	unsigned long start;
	unsigned long end;
	struct sb_nodeset wanted; /* N */
	bool first_only;	  /* one unmoved page is enough */
	bool unknown;		  /* some page could not be judged */
	unsigned long hidden;	  /* pages whose node is not told */
	struct sb_counts found;
};

struct sb_search sb_search_of(const struct sb_bind *bind, bool first_only);

/* Counts an unmoved page. False when the search is over. */
bool sb_search_found(struct sb_search *search, unsigned long address);

/* Hands out what was found; STRICTBIND_UNKNOWN when some page could not be judged. */
void sb_search_report(const struct sb_search *search, struct sb_counts *counts);

#endif
