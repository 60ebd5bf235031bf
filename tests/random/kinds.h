/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kinds of memory that the generator puts into a range: a row in kinds.c for each. */
#ifndef RANDOM_KINDS_H
#define RANDOM_KINDS_H

#include <stdbool.h>
#include <stddef.h>

enum kind {
	KIND_HOLE,
	KIND_ANON,
	KIND_READONLY,
	KIND_INACCESSIBLE,
	KIND_LOCKED,
	KIND_UNTOUCHED,
	KIND_ZERO,
	KIND_SHMEM,
	KIND_SHMEM_INACCESSIBLE,
	KIND_MEMFD,
	KIND_SYSV,
	KIND_TMPFS,
	KIND_DISK,
	KIND_DISK_CLEAN,
	KIND_DISK_DIRTY,
	KIND_TWIN,
	KIND_PAIR,
	KIND_POOL,
	KIND_FILE,
	KIND_FILE_DIRTY,
	KIND_FORKED,
	KIND_KSM,
	KIND_GUARD,
	KIND_UFFD,
	KIND_UFFD_PROTECTED,
	KIND_UFFD_MISSING,
	KIND_SWAPPED,
	KIND_DEVICE,
	KIND_SECRET,
	KIND_URING,
	KIND_PINNED,
	KIND_PINNED_SHMEM,
	KIND_PINNED_POOL,
	KIND_PINNED_INACCESSIBLE,
	KIND_PERF,
	KIND_PACKET,
	KIND_PACKET_TWIN,
	KIND_THP,
	KIND_THP_SPLIT,
	KIND_THP_HOLED,
	KIND_THP_HEADLESS,
	KIND_THP_INACCESSIBLE,
	KIND_THP_PINNED,
	KIND_THP_FORKED,
	KIND_THP_LOCKED,
	KIND_THP_ZERO,
	KIND_THP_URING,
	KIND_SHMEM_THP,
	KIND_SHMEM_THP_TWIN,
	KIND_SHMEM_THP_PINNED,
	KIND_FOLIO,
	KIND_FOLIO_HOLED,
	KIND_FOLIO_HEADLESS,
	KIND_FOLIO_INACCESSIBLE,
	KIND_FOLIO_PINNED,
	KIND_FOLIO_FORKED,
	KIND_HUGETLB,
	KIND_HUGETLB_MEMFD,
	KIND_HUGETLB_TWIN,
	KIND_HUGETLB_FORKED,
	KIND_HUGETLB_PINNED,
	KIND_HUGETLB_INACCESSIBLE,
	KIND_HUGETLB_UNTOUCHED,
	KIND_COUNT,
};

/* What one unit of a kind is: the pages of a unit are on one node and move together. */
enum kind_size {
	SIZE_PAGE,
	SIZE_FOLIO, /* several pages, less than a huge page: of each segment its own size */
	SIZE_THP,
	SIZE_HUGETLB,
};

struct scene;
struct segment;
struct world;

/* One step in making a segment; false when it can't be made. */
typedef bool kind_step(struct scene *scene, struct world *world, const struct segment *segment);

struct kind_facts {
	const char *name;
	unsigned weight; /* how often, among those of its size */
	enum kind_size size;
	kind_step *map;	 /* before the pages are touched; none: private anonymous memory */
	kind_step *mark; /* after they were touched */
	bool untouched;	 /* not to be touched */
	bool absent;	 /* no page that a policy governs */
	bool shared;
	bool stuck;	   /* cannot be moved, as far as it was pinned */
	bool inaccessible; /* PROT_NONE */
	bool file;	   /* not private anonymous memory */
	bool stamped;	   /* the test may write into its pages */
	bool forked;	   /* made before a child is forked, which then shares it */
	bool ring;	   /* placed after all else was touched */
	bool pool;	   /* from the pool of pages that the helper shares */
	bool pair;	   /* the second half of the segment is the first half again */
	bool bulk;	   /* may be some thousand pages */
	bool one_page;	   /* all pages of the segment are the same one */
	bool one_node;	   /* all pages of the segment are on one node */
	bool untold;	   /* move_pages may not tell its node, numa_maps does */
	bool refault;	   /* splitting its mapping takes the pages out of it: touch them again */
	bool disk;	   /* of a file system that may not be able to move pages */
};

extern const struct kind_facts kind_facts[KIND_COUNT];

/* Larger units than these are none: scenes would be too long. */
enum { MOST_UNIT = 16384 };

/* Base pages in a unit of this size, 0 when the machine has none, or there is no one such size. */
size_t kind_unit(enum kind_size size);

#endif
