/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is common to every search for misplaced pages in the range of an mbind call. */
#ifndef SB_MBIND_SEARCH_H
#define SB_MBIND_SEARCH_H

#include <stdbool.h>

#include "core/nodeset.h"
#include "mbind/request.h"
#include "pages/tally.h"

struct sb_search {
	const struct sb_request *request;
	unsigned long start;
	unsigned long end;
	struct sb_nodeset wanted; /* N */
	bool first_only;	  /* one unmoved page is enough */
	unsigned long hidden;	  /* pages whose node is not told */
	struct sb_tally found;
};

/* A search through part of the range of the call. */
struct sb_search sb_search_of(const struct sb_request *request, unsigned long start,
			      unsigned long end, bool first_only);

/* Counts unmoved pages, the first of them at address. False when the search is over. */
bool sb_search_found(struct sb_search *search, unsigned long address, unsigned long pages);

#endif
