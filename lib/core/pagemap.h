/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/PID/pagemap: which pages are present, and which of them are mapped once. */
#ifndef SB_CORE_PAGEMAP_H
#define SB_CORE_PAGEMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "pagemap_scan.h"

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

/*
 * Goes on to the first present page in [*address, end), or to end when there is none, at the cost
 * of a page table walk for what is not populated. Returns 0 or a negative errno: -EFAULT where the
 * range goes beyond what a process can have mapped.
 */
int sb_pagemap_skip(const struct sb_pagemap *pagemap, unsigned long *address, unsigned long end);

/*
 * Finds regions of present pages in [*address, end), those of huge pages marked SB_SCAN_HUGE, zero
 * pages left out. Returns their number, which may be 0, and sets *address to where it has got to;
 * or a negative errno, and then *address stays.
 */
int sb_pagemap_scan(const struct sb_pagemap *pagemap, unsigned long *address, unsigned long end,
		    struct sb_scan_region *regions, unsigned count);

#endif
