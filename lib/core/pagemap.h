/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/PID/pagemap: which pages are present, and which of them are mapped once. */
#ifndef SB_CORE_PAGEMAP_H
#define SB_CORE_PAGEMAP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>

struct sb_pagemap {
	int fd;
	unsigned long page; /* size of a page */
};

static inline bool sb_entry_present(uint64_t entry)
{
	return entry >> 63;
}

static inline bool sb_entry_exclusive(uint64_t entry)
{
	return entry >> 56 & 1;
}

/* Of a file, shared memory or secretmem; false of anonymous memory and of device mappings. */
static inline bool sb_entry_file(uint64_t entry)
{
	return entry >> 61 & 1;
}

/* The number of the page frame; 0 for the unprivileged. */
static inline uint64_t sb_entry_frame(uint64_t entry)
{
	return entry & ((1ULL << 55) - 1);
}

/* Returns 0 or a negative errno. Every successful open needs a close. */
int sb_pagemap_open(struct sb_pagemap *pagemap, int pid);
void sb_pagemap_close(const struct sb_pagemap *pagemap);

/* Reads the entries of count pages from address on. Returns 0 or a negative errno. */
int sb_pagemap_read(const struct sb_pagemap *pagemap, unsigned long address, unsigned long count,
		    uint64_t *entries);

/* PAGEMAP_SCAN of <linux/fs.h>, since 6.7. */
struct sb_scan_region {
	uint64_t start;
	uint64_t end;
	uint64_t categories;
};

struct sb_pagemap_scan_args {
	uint64_t size;
	uint64_t flags;
	uint64_t start;
	uint64_t end;
	uint64_t walk_end;
	uint64_t regions;
	uint64_t regions_len;
	uint64_t max_pages;
	uint64_t category_inverted;
	uint64_t category_mask;
	uint64_t category_anyof_mask;
	uint64_t return_mask;
};

#define SB_PAGEMAP_SCAN _IOWR('f', 16, struct sb_pagemap_scan_args)
#define SB_SCAN_PRESENT (1U << 3)
#define SB_SCAN_ZERO (1U << 5) /* the shared zero page */
#define SB_SCAN_HUGE (1U << 6)

/*
 * The first present page in [address, end), or end when there is none. Skips what is not populated
 * at the cost of a page table walk; where PAGEMAP_SCAN fails it returns address itself.
 */
unsigned long sb_pagemap_skip(const struct sb_pagemap *pagemap, unsigned long address,
			      unsigned long end);

/*
 * Finds regions of present pages in [*address, end), those of huge pages marked SB_SCAN_HUGE, zero
 * pages left out. Returns their number, which may be 0, and sets *address to where it has got to;
 * or a negative errno, and then *address stays.
 */
int sb_pagemap_scan(const struct sb_pagemap *pagemap, unsigned long *address, unsigned long end,
		    struct sb_scan_region *regions, unsigned count);

#endif
