/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking at pages one by one: which are present, where, and whether they are shared. */
#ifndef SB_PAGES_SCAN_H
#define SB_PAGES_SCAN_H

#include <stdbool.h>

struct sb_page {
	unsigned long address;
	unsigned pages; /* 1, or how many of a huge page are looked at in one */
	int node;	/* or a negative errno: the kernel does not tell */
	bool told;	/* the page map was readable: the page is present, and exclusive is right */
	bool exclusive; /* mapped once */
	bool file;	/* of a file, or of what the kernel treats as one */
};

/*
 * A page that is present and could be on any node: in a PROT_NONE mapping, waiting for a NUMA
 * hinting fault, or of secretmem, on a kernel whose move_pages cannot see those. Where the page's
 * policy is set, mbind can still be asked of it.
 */
bool sb_page_hidden(const struct sb_page *page);

/* The same, but it may also be a zero page or device memory, which are nobody's. */
bool sb_page_may_be_hidden(const struct sb_page *page);

/* Not present, or hidden: only the page map could tell, and it does not. */
bool sb_page_untold(const struct sb_page *page);

struct sb_walk {
	int pid; /* 0 for the caller */
	/* Called for each page that is present, or may be; false ends the walk. */
	bool (*visit)(void *context, const struct sb_page *page);
	void *context;
};

/*
 * Visits the present pages of [start, end) from below. Pages of the vdso are left out. Returns 0,
 * also when the walk was ended, or the negative errno of a refused move_pages.
 */
int sb_walk_pages(const struct sb_walk *walk, unsigned long start, unsigned long end);

/*
 * The same for who wants nodes only: in blocks, and nothing tells whether a page is exclusive.
 * Returns -EOPNOTSUPP where the kernel does not tell blocks; pages below *start have been visited
 * then.
 */
int sb_walk_blocks(const struct sb_walk *walk, unsigned long *start, unsigned long end);

#endif
