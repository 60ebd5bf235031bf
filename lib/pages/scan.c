/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "core/page.h"
#include "core/syscall.h"
#include "kernel/quirks.h"
#include "pages/maps.h"
#include "pages/scan.h"
#include "pages/vdso.h"

/*
 * So much of the address space is gone over entry by entry before it is asked whether it is mapped
 * at all, and for each line of maps that was read to find out so much as takes as long again.
 */
#define LEAST_HOLE (262144 * sb_page_size())
#define HOLE_A_LINE (64 * sb_page_size())

static void open_scan(struct sb_scan *scan, int pid, unsigned long start, unsigned long end)
{
	scan->pid = pid;
	scan->at = scan->vdso_start = start;
	scan->end = scan->vdso_end = end;
	scan->error = 0;
	scan->by_regions = false;
	scan->sparse = true;
	scan->end_found = false;
	scan->no_hole = end - start > LEAST_HOLE ? start + LEAST_HOLE : end;
	scan->region = scan->region_count = 0;
	/* Few at first: who soon has seen enough does not pay for finding more. */
	scan->regions_wanted = 4;
	scan->next = scan->count = 0;
	scan->by_page_map = sb_has(SB_CAN_PAGEMAP) && sb_pagemap_open(&scan->pagemap, pid) == 0;
	scan->skips = scan->by_page_map && sb_has(SB_CAN_PAGEMAP_SCAN);
	sb_vdso_range(pid, &scan->vdso_start, &scan->vdso_end);
}

void sb_scan_pages(struct sb_scan *scan, int pid, unsigned long start, unsigned long end)
{
	open_scan(scan, pid, start, end);
}

bool sb_scan_skips_holes(void)
{
	/* PAGEMAP_SCAN does not tell what hidden pages take to be recognized. */
	return sb_has(SB_CAN_PAGEMAP_SCAN) && !sb_has(SB_QUERY_MISSES_PROT_NONE);
}

void sb_scan_blocks(struct sb_scan *scan, int pid, unsigned long start, unsigned long end)
{
	open_scan(scan, pid, start, end);
	scan->by_regions = scan->by_page_map && sb_scan_skips_holes();
	/* The kernel writes them, which valgrind does not know. */
	memset(scan->regions, 0, sizeof(scan->regions));
}

int sb_scan_close(struct sb_scan *scan)
{
	if (scan->by_page_map)
		sb_pagemap_close(&scan->pagemap);
	return scan->error;
}

static bool is_vdso(const struct sb_scan *scan, unsigned long address)
{
	return address >= scan->vdso_start && address < scan->vdso_end;
}

/* ---- the next batch ---- */

/*
 * The page map cannot be read beyond where a process can have memory, nor scanned up to there. True
 * when there is a nearer end, with which it is worth another try.
 */
static bool find_end(struct sb_scan *scan)
{
	unsigned long end = scan->end;

	if (!scan->end_found)
		scan->end = sb_max(scan->at, sb_last_mapped(scan->pid, scan->end));
	scan->end_found = true;
	return scan->end < end;
}

static unsigned long batch_size(const struct sb_scan *scan)
{
	return sb_min((scan->end - scan->at) / sb_page_size(), SB_SCAN_BATCH);
}

/* Whether the page map tells of so many pages, of fewer where there can be no more. */
static bool read_entries(struct sb_scan *scan, unsigned long *pages)
{
	int result = -ENOENT;

	if (scan->by_page_map)
		result = sb_pagemap_read(&scan->pagemap, scan->at, *pages, scan->entries);
	if (result == -ENODATA && find_end(scan)) {
		*pages = batch_size(scan);
		result = sb_pagemap_read(&scan->pagemap, scan->at, *pages, scan->entries);
	}
	return result == 0;
}

/* The present pages among the next ones, or all of them where the page map is not readable. */
static void add_pages(struct sb_scan *scan)
{
	unsigned long page = sb_page_size();
	uint64_t *entries = scan->entries;
	unsigned long pages = batch_size(scan);
	bool told = read_entries(scan, &pages);

	for (unsigned i = 0; i < pages; i++) {
		unsigned long address = scan->at + i * page;
		uint64_t entry = told ? entries[i] : 0;

		if ((told && !sb_entry_present(entry)) || is_vdso(scan, address))
			continue;
		/* Never ahead of i, so nothing unread is overwritten. */
		entries[scan->count] = entry;
		scan->addresses[scan->count++] = address;
	}
	scan->at += pages * page;
	scan->sparse = !told || scan->count == 0;
}

/* To what is mapped next. Most of an address space is not mapped: it would take hours. */
static void skip_hole(struct sb_scan *scan)
{
	struct sb_mapped mapped = sb_next_mapped(scan->pid, scan->at, scan->end);
	unsigned long pause = sb_max(LEAST_HOLE, mapped.lines * HOLE_A_LINE);

	scan->at = mapped.start;
	scan->no_hole = scan->end - mapped.end > pause ? mapped.end + pause : scan->end;
}

/* False when it cannot be skipped what is not populated. */
static bool skip_absent(struct sb_scan *scan)
{
	struct sb_pagemap *pagemap = &scan->pagemap;

	int result = -ENOTTY;

	if (scan->skips)
		result = sb_pagemap_skip(pagemap, &scan->at, scan->end);
	if (result == -EFAULT && find_end(scan))
		result = sb_pagemap_skip(pagemap, &scan->at, scan->end);
	scan->skips = result == 0;
	return scan->skips;
}

static void next_pages(struct sb_scan *scan)
{
	if (scan->sparse && !skip_absent(scan) && scan->at >= scan->no_hole)
		skip_hole(scan);
	if (scan->at < scan->end)
		add_pages(scan);
}

/* Huge pages of a region in one; what does not fit into the batch stays in the region. */
static void add_region(struct sb_scan *scan, struct sb_scan_region *region)
{
	unsigned long page = sb_page_size();
	unsigned long block = region->categories & SB_SCAN_HUGE ? sb_smallest_hugetlb() : page;

	while (region->start < region->end && scan->count < SB_SCAN_BATCH) {
		unsigned long at = region->start;
		unsigned long end = sb_min((at & -block) + block, region->end);

		if (!is_vdso(scan, at)) {
			scan->addresses[scan->count] = at;
			scan->pages[scan->count++] = (unsigned)((end - at) / page);
		}
		region->start = end;
	}
}

static int scan_regions(struct sb_scan *scan)
{
	return sb_pagemap_scan(&scan->pagemap, &scan->at, scan->end, scan->regions,
			       scan->regions_wanted);
}

static void find_regions(struct sb_scan *scan)
{
	int found = scan_regions(scan);

	if (found == -EFAULT && find_end(scan))
		found = scan_regions(scan);
	/* It goes on page by page where this does not work. */
	scan->by_regions = found >= 0;
	scan->region = 0;
	scan->region_count = found > 0 ? (unsigned)found : 0;
	scan->regions_wanted = (unsigned)sb_min(4UL * scan->regions_wanted, SB_SCAN_REGIONS);
}

static void next_regions(struct sb_scan *scan)
{
	if (scan->region == scan->region_count)
		find_regions(scan);
	while (scan->region < scan->region_count) {
		struct sb_scan_region *region = &scan->regions[scan->region];

		add_region(scan, region);
		if (region->start < region->end)
			return;
		scan->region++;
	}
}

static bool is_over(const struct sb_scan *scan)
{
	return scan->at >= scan->end && scan->region == scan->region_count;
}

/* Finds pages, and asks for their nodes. False when there are no more. */
static bool next_batch(struct sb_scan *scan)
{
	scan->next = scan->count = 0;
	while (scan->count == 0 && !is_over(scan)) {
		if (scan->by_regions)
			next_regions(scan);
		else
			next_pages(scan);
	}
	if (scan->count == 0)
		return false;
	scan->error = (int)sb_sys_move_pages(scan->pid, scan->count, scan->addresses, NULL,
					     scan->nodes, 0);
	return scan->error >= 0;
}

/* ---- what is seen ---- */

/* move_pages tells no node of the page; entry is 0 where the page map is not readable. */
static enum sb_seen seen_without_node(int error, uint64_t entry)
{
	bool told = sb_entry_present(entry);

	if (error != -ENOENT && error != -EFAULT)
		return SB_SEEN_NOBODYS;
	/* A device mapping is told of no node either, but is no file in the page map. */
	if (!sb_has(SB_QUERY_MISSES_PROT_NONE) &&
	    !(sb_has(SB_QUERY_MISSES_SECRETMEM) && (!told || sb_entry_file(entry))))
		return SB_SEEN_NOBODYS;
	if (!told)
		return error == -ENOENT ? SB_SEEN_UNTOLD : SB_SEEN_NOBODYS;
	/* A hidden huge page answers EFAULT as a zero page does, which is never mapped once. */
	return error == -ENOENT || sb_entry_exclusive(entry) ? SB_SEEN_HIDDEN
							     : SB_SEEN_HIDDEN_OR_NOBODYS;
}

static enum sb_sharing sharing_of(uint64_t entry)
{
	if (!sb_entry_present(entry))
		return SB_SHARING_UNTOLD;
	return sb_entry_exclusive(entry) ? SB_EXCLUSIVE : SB_SHARED;
}

bool sb_scan_next(struct sb_scan *scan, struct sb_extent *extent)
{
	unsigned i;
	uint64_t entry;

	if (scan->next == scan->count && !next_batch(scan))
		return false;
	i = scan->next++;
	entry = scan->by_regions ? 0 : scan->entries[i];
	extent->address = scan->addresses[i];
	extent->pages = scan->by_regions ? scan->pages[i] : 1;
	extent->node = scan->nodes[i];
	extent->seen =
		scan->nodes[i] >= 0 ? SB_SEEN_PRESENT : seen_without_node(scan->nodes[i], entry);
	extent->sharing = sharing_of(entry);
	extent->file = sb_entry_file(entry);
	extent->frame = sb_entry_frame(entry);
	return true;
}
