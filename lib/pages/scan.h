/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looking at the pages of a range: which are present, where, and whether they are shared. This is
 * the one place that knows how pages are found and which kernels hide some.
 */
#ifndef SB_PAGES_SCAN_H
#define SB_PAGES_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/pagemap.h"

/* What can be seen of a page. */
enum sb_seen {
	SB_SEEN_PRESENT, /* it is on a node that is told */
	/*
	 * It is present, on a node that move_pages does not tell: in a PROT_NONE mapping, waiting
	 * for a NUMA hinting fault, or of secretmem. Where its policy is set, mbind can be asked.
	 */
	SB_SEEN_HIDDEN,
	SB_SEEN_HIDDEN_OR_NOBODYS, /* the same, or what comes next */
	SB_SEEN_NOBODYS, /* the zero page or device memory, which no policy governs, or gone */
	SB_SEEN_UNTOLD,	 /* not even whether it is there: only the page map could tell, and does not
			  */
};

enum sb_sharing {
	SB_EXCLUSIVE, /* mapped by one page table entry */
	SB_SHARED,
	SB_SHARING_UNTOLD,
};

struct sb_extent {
	unsigned long address;
	unsigned long pages; /* 1, or how many of a huge page are looked at in one */
	int node;	     /* if it is present */
	enum sb_seen seen;
	enum sb_sharing sharing;
	bool file;	/* of a file, or of what the kernel treats as one; false where untold */
	uint64_t frame; /* 0 where it is not told */
};

enum { SB_SCAN_BATCH = 128, SB_SCAN_REGIONS = 16 };

/* On the stack, and stacks may be small: 3 KiB. */
struct sb_scan {
	int pid;
	unsigned long at; /* what comes before has been looked at */
	unsigned long end;
	unsigned long vdso_start;
	unsigned long vdso_end;
	int error;
	bool by_page_map;      /* it is readable */
	bool by_regions;       /* PAGEMAP_SCAN finds whole huge pages */
	bool skips;	       /* PAGEMAP_SCAN finds the next page */
	bool sparse;	       /* nothing was present where it was looked at last */
	bool end_found;	       /* the range has been cut to what can be mapped */
	unsigned long no_hole; /* without skipping: holes are not looked for below */
	struct sb_pagemap pagemap;
	struct sb_scan_region regions[SB_SCAN_REGIONS];
	unsigned region;
	unsigned region_count;
	unsigned regions_wanted;
	unsigned next; /* of the batch */
	unsigned count;
	unsigned long addresses[SB_SCAN_BATCH];
	int nodes[SB_SCAN_BATCH];
	union {
		uint64_t entries[SB_SCAN_BATCH]; /* of the page map, 0 where it is not readable */
		unsigned pages[SB_SCAN_BATCH];
	};
};

/* The pages of [start, end) of a process, 0 for the caller, from below; those of the vdso are left
 * out. */
void sb_scan_pages(struct sb_scan *scan, int pid, unsigned long start, unsigned long end);

/*
 * The same for who wants nodes only: huge pages in one where the kernel finds them, and sharing is
 * not told.
 */
void sb_scan_blocks(struct sb_scan *scan, int pid, unsigned long start, unsigned long end);

/* False after the last page, or on an error. */
bool sb_scan_next(struct sb_scan *scan, struct sb_extent *extent);

/* Every scan needs it. Returns 0 or the negative errno of a refused move_pages. */
int sb_scan_close(struct sb_scan *scan);

/* Whether holes cost a scan in blocks nothing. */
bool sb_scan_skips_holes(void);

#endif
