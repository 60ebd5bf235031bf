/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The address space of the simulated process: mappings, and the pages that are present in them. */
#ifndef FAKE_SPACE_H
#define FAKE_SPACE_H

#include <stdbool.h>

#include "nodes.h"

enum { FAKE_PAGE = 4096, FAKE_HUGE = 2 << 20 };
enum { FAKE_MAX_VMAS = 256, FAKE_MAX_PAGES = 2048 };

enum fake_vma_kind {
	FAKE_ANON,
	FAKE_HUGETLB,
	FAKE_DEVICE, /* VM_PFNMAP: no policy governs it */
	FAKE_RING,   /* made by mmap of a ring's descriptor: its pages cannot be isolated */
	FAKE_SECRET, /* of memfd_secret: its pages can be isolated, and never be moved */
};

enum fake_page_kind {
	FAKE_MOVABLE,
	FAKE_UNISOLATABLE, /* not on the LRU */
	FAKE_PINNED,	   /* can be isolated, cannot be moved */
	FAKE_ZERO,	   /* the shared zero page: belongs to nobody */
	FAKE_DEVICE_PAGE,  /* of a device mapping */
	FAKE_MIGRATING,	   /* a huge page that someone else is just moving; see fake.migrating */
	FAKE_MERGED,	   /* by KSM: one with all that have the same frame; see enum fake_merged */
	FAKE_HEADLESS, /* a large page whose first page is not mapped: movable, see fake_kernel */
};

struct fake_policy {
	int mode; /* with mode flags */
	struct fake_nodes nodes;
};

struct fake_vma {
	unsigned long start;
	unsigned long end;
	int prot;
	enum fake_vma_kind kind;
	struct fake_policy policy;
	const char *name; /* of the mapped file, or NULL */
	bool file;	  /* its pages are those of a file */
	bool real;	  /* mapped by the library: real memory is behind it */
};

struct fake_page {
	unsigned long address;
	unsigned long span; /* base pages */
	int node;
	unsigned mapcount;
	enum fake_page_kind kind;
	unsigned moves; /* how often it was moved, also to the node it was on */
	unsigned long
		frame; /* number of its first page frame, new after each move; 0: to be given */
};

struct fake_space {
	unsigned vma_limit; /* vm.max_map_count */
	unsigned vma_count;
	unsigned page_count;
	struct fake_vma vmas[FAKE_MAX_VMAS];
	struct fake_page pages[FAKE_MAX_PAGES];
};

/* The first mapping that ends behind address; vma_count when there is none. */
unsigned fake_find_vma(const struct fake_space *space, unsigned long address);
const struct fake_vma *fake_vma_at(const struct fake_space *space, unsigned long address);

/* The first page that ends behind address; page_count when there is none. */
unsigned fake_find_page(const struct fake_space *space, unsigned long address);
const struct fake_page *fake_page_at(const struct fake_space *space, unsigned long address);

static inline unsigned long fake_page_end(const struct fake_page *page)
{
	return page->address + page->span * FAKE_PAGE;
}

/* Replaces whatever is there. */
void fake_map(struct fake_space *space, const struct fake_vma *vma);
void fake_unmap(struct fake_space *space, unsigned long start, unsigned long end);
void fake_put_page(struct fake_space *space, const struct fake_page *page);

/* So many page frames that have never been used, by the number of the first. */
unsigned long fake_new_frames(unsigned long count);

/* Makes address a boundary of mappings and pages. 0, -ENOMEM or -EINVAL (inside a hugetlb page). */
int fake_split(struct fake_space *space, unsigned long address);

/* Makes address a boundary of pages. */
void fake_split_page(struct fake_space *space, unsigned long address);

bool fake_is_mapped(const struct fake_space *space, unsigned long start, unsigned long end);
bool fake_any_mapped(const struct fake_space *space, unsigned long start, unsigned long end);

#endif
