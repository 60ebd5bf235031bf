/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages/file_blocks.h"

#include <sys/uio.h>

#include "core/huge_size.h"
#include "core/page.h"
#include "core/syscall.h"
#include "pages/maps.h"

/* Pages that are looked at or mapped at a time. */
enum { AT_ONCE = 64 };

static unsigned long first_block(const struct sb_file_blocks *blocks)
{
	return blocks->start & -sb_huge_size();
}

static unsigned long block_start(const struct sb_file_blocks *blocks, unsigned block)
{
	return first_block(blocks) + block * sb_huge_size();
}

/* The part of a block that is in the range. */
static unsigned long part_start(const struct sb_file_blocks *blocks, unsigned block)
{
	return sb_max(block_start(blocks, block), blocks->start);
}

static unsigned long part_end(const struct sb_file_blocks *blocks, unsigned block)
{
	return sb_min(block_start(blocks, block + 1), blocks->end);
}

static unsigned block_count(const struct sb_file_blocks *blocks)
{
	unsigned long size = sb_huge_size();

	return (unsigned)((blocks->end - first_block(blocks) + size - 1) / size);
}

bool sb_file_blocks_fit(unsigned long start, unsigned long end)
{
	return end - start <= (SB_FILE_BLOCKS - 1) * sb_huge_size();
}

/* Whether the first and the last page of [start, end) are there; or, without mapped, neither is. */
static bool are_both(const struct sb_pagemap *pagemap, unsigned long start, unsigned long end,
		     bool mapped)
{
	unsigned long page = sb_page_size();
	unsigned long last = (end - start) / page - 1;
	uint64_t entries[AT_ONCE];

	if (last < AT_ONCE)
		return sb_pagemap_read(pagemap, start, last + 1, entries) == 0 &&
		       sb_entry_present(entries[0]) == mapped &&
		       sb_entry_present(entries[last]) == mapped;
	return sb_pagemap_read(pagemap, start, 1, &entries[0]) == 0 &&
	       sb_entry_present(entries[0]) == mapped &&
	       sb_pagemap_read(pagemap, end - page, 1, &entries[0]) == 0 &&
	       sb_entry_present(entries[0]) == mapped;
}

void sb_file_blocks_note(struct sb_file_blocks *blocks, unsigned long start, unsigned long end)
{
	const struct sb_pagemap *pagemap = &blocks->pagemap;
	unsigned count;

	*blocks = (struct sb_file_blocks){ .start = start, .end = end };
	count = block_count(blocks);
	if (count == 0 || sb_pagemap_open(&blocks->pagemap, 0) < 0)
		return;
	for (unsigned block = 0; block < count; block++)
		if (are_both(pagemap, part_start(blocks, block), part_end(blocks, block), true))
			blocks->mapped |= 1ULL << block;
	if (!blocks->mapped)
		sb_pagemap_close(pagemap);
}

/* Whether all of [start, end) is of one or more mappings of files. Only asked of what is gone. */
static bool is_of_files(unsigned long start, unsigned long end)
{
	struct sb_maps_line line;
	struct sb_words maps;
	unsigned long at = start; /* what comes before is */
	bool files = true;

	if (sb_words_open(&maps, 0, "maps") < 0)
		return false;
	while (at < end && files && sb_maps_next(&maps, &line) && line.start <= at) {
		if (line.end <= at)
			continue;
		files = line.file;
		at = line.end;
	}
	sb_words_close(&maps);
	return files && at >= end;
}

/* The kernel reads a byte of each page for us: unlike a look of our own that is never a SIGBUS. */
static long read_pages(unsigned long start, unsigned long count)
{
	char bytes[AT_ONCE];
	struct iovec pages[AT_ONCE];
	struct iovec to = { .iov_base = bytes, .iov_len = count };

	for (unsigned long i = 0; i < count; i++) {
		pages[i].iov_base = (void *)(start + i * sb_page_size()); // NOLINT
		pages[i].iov_len = 1;
	}
	return sb_syscall(SYS_process_vm_readv, sb_sys_getpid(), (long)(uintptr_t)&to, 1,
			  (long)(uintptr_t)pages, (long)count, 0);
}

static void map_pages(unsigned long start, unsigned long end)
{
	unsigned long page = sb_page_size();

	while (start < end) {
		long got = read_pages(start, sb_min((end - start) / page, AT_ONCE));

		if (got < 0 && got != -EFAULT)
			return;
		start += page * (got > 0 ? (unsigned long)got : 1);
	}
}

static void map_block(const struct sb_file_blocks *blocks, unsigned block)
{
	unsigned long start = block_start(blocks, block), end = start + sb_huge_size();

	/* The other part may be of another mapping. */
	if (!is_of_files(start, end)) {
		start = part_start(blocks, block);
		end = part_end(blocks, block);
	}
	if (is_of_files(start, end))
		map_pages(start, end);
}

bool sb_file_blocks_map_again(const struct sb_file_blocks *blocks)
{
	bool any = false;

	if (!blocks->mapped)
		return false;
	for (unsigned block = 0; block < block_count(blocks); block++)
		if (blocks->mapped >> block & 1 &&
		    are_both(&blocks->pagemap, part_start(blocks, block), part_end(blocks, block),
			     false)) {
			map_block(blocks, block);
			any = true;
		}
	sb_pagemap_close(&blocks->pagemap);
	return any;
}

struct sb_cut_ends sb_cut_ends_of(unsigned long start, unsigned long end)
{
	unsigned long huge = sb_huge_size();
	unsigned long head_end = sb_min((start + huge - 1) & -huge, end);

	return (struct sb_cut_ends){ .head_end = head_end,
				     .tail_start = sb_max(end & -huge, head_end) };
}

/* Whether all pages of [start, end) are in memory, mapped or not. */
static bool is_cached(unsigned long start, unsigned long end)
{
	unsigned long page = sb_page_size();
	unsigned char cached[AT_ONCE];

	while (start < end) {
		unsigned long count = sb_min((end - start) / page, AT_ONCE);

		if (sb_syscall(SYS_mincore, (long)start, (long)(count * page),
			       (long)(uintptr_t)cached, 0, 0, 0) < 0)
			return false;
		for (unsigned long i = 0; i < count; i++)
			if (!(cached[i] & 1))
				return false;
		start += count * page;
	}
	return true;
}

/* Maps what is not mapped. Returns whether it has, or a negative errno. */
static int map_cached(const struct sb_pagemap *pagemap, unsigned long start, unsigned long end)
{
	if (!are_both(pagemap, start, end, false) || !is_of_files(start, end) ||
	    !is_cached(start, end))
		return false;
	map_pages(start, end);
	return are_both(pagemap, start, end, true) ? true : -EFAULT;
}

int sb_file_block_map_cached(unsigned long start, unsigned long end)
{
	struct sb_pagemap pagemap;
	int result;

	if (start >= end)
		return false;
	result = sb_pagemap_open(&pagemap, 0);
	if (result < 0)
		return result;
	result = map_cached(&pagemap, start, end);
	sb_pagemap_close(&pagemap);
	return result;
}
