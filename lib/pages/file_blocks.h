/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Huge pages of files in memory that the kernel takes out of the page table. It does so when it
 * splits one because it finds no room for it, and when a policy is set for a part of one. Its pages
 * stay where they are, but neither a move nor a count finds them in the page table any more. So
 * what was mapped before is mapped again.
 */
#ifndef SB_PAGES_FILE_BLOCKS_H
#define SB_PAGES_FILE_BLOCKS_H

#include <stdbool.h>
#include <stdint.h>

enum { SB_FILE_BLOCKS = 64 };

/* A bit for each block of the size of a huge page. */
struct sb_file_blocks {
	unsigned long start; /* of what was looked at */
	unsigned long end;
	uint64_t mapped;
};

/*
 * Whether so much is looked at. Where the kernel keeps others waiting, what is moved in one go is
 * less, or nearly empty.
 */
bool sb_file_blocks_fit(unsigned long start, unsigned long end);

/*
 * Notes the blocks whose pages in [start, end) are all in the page table, and of a file or in
 * memory that the kernel treats as one. Of a block that is in the range in part, that part counts.
 * Without /proc none is noted.
 */
void sb_file_blocks_note(struct sb_file_blocks *blocks, unsigned long start, unsigned long end);

/*
 * Maps those blocks again of which no page is in the page table any more. Where the kernel does not
 * let the process read its own memory, they stay unmapped.
 */
void sb_file_blocks_map_again(const struct sb_file_blocks *blocks);

#endif
