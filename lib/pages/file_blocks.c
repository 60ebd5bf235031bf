/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages/file_blocks.h"

#include <sys/uio.h>

#include "core/page.h"
#include "core/pagemap.h"
#include "core/syscall.h"

/* Entries of the page map, and pages to be mapped, that are taken at a time. */
enum { BATCH = 64 };

static unsigned long first_block(const struct sb_file_blocks *blocks)
{
	return blocks->start & -sb_huge_size();
}

/* The part of a block that was looked at. */
static unsigned long part_start(const struct sb_file_blocks *blocks, unsigned block)
{
	return sb_max(first_block(blocks) + block * sb_huge_size(), blocks->start);
}

static unsigned long part_end(const struct sb_file_blocks *blocks, unsigned block)
{
	return sb_min(first_block(blocks) + (block + 1) * sb_huge_size(), blocks->end);
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

/* Whether all pages of [start, end) are there and of files; or, without mapped, whether none is. */
static bool are_all(const struct sb_pagemap *pagemap, unsigned long start, unsigned long end,
		    bool mapped)
{
	unsigned long page = sb_page_size();
	unsigned long batch = 1; /* the first page alone tells of most blocks */
	uint64_t entries[BATCH];

	for (unsigned long at = start; at < end; at += batch * page, batch = BATCH) {
		unsigned long count = sb_min(batch, (end - at) / page);

		if (sb_pagemap_read(pagemap, at, count, entries) < 0)
			return false;
		for (unsigned long i = 0; i < count; i++) {
			bool there = sb_entry_present(entries[i]);

			if (there != mapped || (there && !sb_entry_file(entries[i])))
				return false;
		}
	}
	return true;
}

void sb_file_blocks_note(struct sb_file_blocks *blocks, unsigned long start, unsigned long end)
{
	struct sb_pagemap pagemap;
	unsigned count;

	*blocks = (struct sb_file_blocks){ .start = start, .end = end };
	count = block_count(blocks);
	if (count == 0 || sb_pagemap_open(&pagemap, 0) < 0)
		return;
	for (unsigned block = 0; block < count; block++)
		if (are_all(&pagemap, part_start(blocks, block), part_end(blocks, block), true))
			blocks->mapped |= 1ULL << block;
	sb_pagemap_close(&pagemap);
}

/* The kernel reads a byte of each page for us: unlike a look of our own that is never a SIGBUS. */
static long read_pages(unsigned long start, unsigned long count)
{
	char bytes[BATCH];
	struct iovec pages[BATCH];
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
		long got = read_pages(start, sb_min((end - start) / page, BATCH));

		if (got < 0 && got != -EFAULT)
			return;
		start += page * (got > 0 ? (unsigned long)got : 1);
	}
}

void sb_file_blocks_map_again(const struct sb_file_blocks *blocks)
{
	unsigned count = block_count(blocks);
	struct sb_pagemap pagemap = { .fd = -1 };

	for (unsigned block = 0; block < count; block++) {
		unsigned long start = part_start(blocks, block), end = part_end(blocks, block);

		if (!(blocks->mapped >> block & 1))
			continue;
		if (pagemap.fd < 0 && sb_pagemap_open(&pagemap, 0) < 0)
			return;
		if (are_all(&pagemap, start, end, false))
			map_pages(start, end);
	}
	if (pagemap.fd >= 0)
		sb_pagemap_close(&pagemap);
}
