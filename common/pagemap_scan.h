/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PAGEMAP_SCAN of <linux/fs.h>, since 6.7: the headers that this is built with may be older. For
 * the library and for the command.
 */
#ifndef PAGEMAP_SCAN_H
#define PAGEMAP_SCAN_H

#include <stdint.h>
#include <sys/ioctl.h>

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

#endif
