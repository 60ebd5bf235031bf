/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "page_map.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "files.h"
#include "pagemap_scan.h"

#define FRAME ((UINT64_C(1) << 55) - 1)

/* Flags of /proc/kpageflags (linux/kernel-page-flags.h). */
#define KERNEL_FLAGS_NONE_OF                                                                       \
	(UINT64_C(1) << 3 /* up to date */ | UINT64_C(1) << 5 /* on an LRU list */ |               \
	 UINT64_C(1) << 12 /* anonymous */ | UINT64_C(1) << 14 /* swap backed */ |                 \
	 UINT64_C(1) << 15 | UINT64_C(1) << 16 /* part of a compound page */ |                     \
	 UINT64_C(1) << 17 /* hugetlb */ | UINT64_C(1) << 22 /* transparent huge */)
#define MERGED (UINT64_C(1) << 21)

static uint64_t frame_flags(const struct page_map *map, uint64_t entry)
{
	uint64_t flags = 0;

	if (map->frames < 0 || (entry & FRAME) == 0 ||
	    pread(map->frames, &flags, sizeof(flags), (off_t)((entry & FRAME) * sizeof(flags))) !=
		    sizeof(flags))
		return UINT64_MAX & ~MERGED;
	return flags;
}

/* Some kernels (6.12) call every anonymous page merged. One of this program's stack is not. */
static bool tells_merged(const struct page_map *map)
{
	unsigned long page = (unsigned long)sysconf(_SC_PAGESIZE);
	volatile uint64_t entry = 0;
	uint64_t got = 0;
	int own = map->frames < 0 ? -1 : kernel_file("/proc/self/pagemap");
	bool read =
		own >= 0 && pread(own, &got, sizeof(got),
				  (off_t)((uintptr_t)&entry / page * sizeof(got))) == sizeof(got);

	if (own >= 0)
		close(own);
	return read && !(frame_flags(map, got) & MERGED);
}

struct page_map page_map_open(int pid)
{
	struct page_map map = { .scans = true };
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	map.fd = kernel_file(path);
	map.frames = kernel_file("/proc/kpageflags");
	/* Where no page is merged at all none has to be asked. */
	map.merged_told =
		file_number("/sys/kernel/mm/ksm/pages_shared", 1) > 0 && tells_merged(&map);
	return map;
}

void page_map_close(const struct page_map *map)
{
	if (map->fd >= 0)
		close(map->fd);
	if (map->frames >= 0)
		close(map->frames);
}

size_t page_map_read(const struct page_map *map, unsigned long address, size_t count,
		     uint64_t *entries)
{
	unsigned long page = (unsigned long)sysconf(_SC_PAGESIZE);
	ssize_t got = pread(map->fd, entries, count * sizeof(*entries),
			    (off_t)(address / page * sizeof(*entries)));

	return got > 0 ? (size_t)got / sizeof(*entries) : 0;
}

unsigned long page_map_next(struct page_map *map, unsigned long address, unsigned long end,
			    unsigned long *behind)
{
	struct sb_scan_region region = { 0 };
	struct sb_pagemap_scan_args scan = {
		.size = sizeof(scan),
		.start = address,
		.end = end,
		.regions = (uintptr_t)&region,
		.regions_len = 1,
		.category_inverted = SB_SCAN_ZERO,
		.category_mask = SB_SCAN_PRESENT | SB_SCAN_ZERO,
		.return_mask = SB_SCAN_PRESENT,
	};
	int found = map->scans ? ioctl(map->fd, SB_PAGEMAP_SCAN, &scan) : -1;

	*behind = end;
	map->scans = found >= 0;
	if (found < 0)
		return address;
	if (found == 0)
		return end;
	*behind = region.end;
	return region.start;
}

bool page_is_merged(const struct page_map *map, uint64_t entry)
{
	return map->merged_told && frame_flags(map, entry) & MERGED;
}

bool page_is_kernels(const struct page_map *map, uint64_t entry)
{
	return (frame_flags(map, entry) & KERNEL_FLAGS_NONE_OF) == 0;
}
