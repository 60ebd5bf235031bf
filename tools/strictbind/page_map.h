/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel tells of single pages: /proc/PID/pagemap and /proc/kpageflags. */
#ifndef PAGE_MAP_H
#define PAGE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct page_map {
	int fd;	    /* of pagemap, or -1 */
	int frames; /* of kpageflags, or -1 */
	bool merged_told;
	bool scans; /* the kernel finds present pages itself: PAGEMAP_SCAN */
};

/* Entries of pagemap. */
static inline bool entry_present(uint64_t entry)
{
	return entry >> 63;
}

static inline bool entry_exclusive(uint64_t entry)
{
	return entry >> 56 & 1;
}

/* A page of a file, or of memory shared as a file is. */
static inline bool entry_file(uint64_t entry)
{
	return entry >> 61 & 1;
}

struct page_map page_map_open(int pid);
void page_map_close(const struct page_map *map);

/* Reads entries from address on; how many, 0 where there are none. */
size_t page_map_read(const struct page_map *map, unsigned long address, size_t count,
		     uint64_t *entries);

/*
 * The first present page from address on, and in *behind the end of the run of pages that begins
 * there, both no further than end. Where the kernel cannot search all pages may be present.
 */
unsigned long page_map_next(struct page_map *map, unsigned long address, unsigned long end,
			    unsigned long *behind);

/* What root is told of a page: it is merged by KSM, it is the kernel's own. Else false. */
bool page_is_merged(const struct page_map *map, uint64_t entry);
bool page_is_kernels(const struct page_map *map, uint64_t entry);

#endif
