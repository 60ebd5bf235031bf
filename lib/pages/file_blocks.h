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

#include "core/pagemap.h"

enum { SB_FILE_BLOCKS = 64 };

/* A bit for each block of the size of a huge page. */
struct sb_file_blocks {
	unsigned long start; /* of what was looked at */
	unsigned long end;
	uint64_t mapped;	   /* first and last page were there */
	struct sb_pagemap pagemap; /* open if any is noted */
};

/*
 * Whether so much is looked at. Where the kernel keeps others waiting, what is moved in one go is
 * less, or nearly empty.
 */
bool sb_file_blocks_fit(unsigned long start, unsigned long end);

/*
 * Notes the blocks whose first and last pages in [start, end) are in the page table, of whatever
 * memory: of a huge page, older kernels do not tell that it is of a file. Without /proc none is
 * noted. What is noted has to be mapped again.
 */
void sb_file_blocks_note(struct sb_file_blocks *blocks, unsigned long start, unsigned long end);

/*
 * Maps those blocks of files again whose first and last pages are not in the page table any more:
 * they were huge pages, so all of the block is mapped, also what is not in [start, end). Where the
 * kernel does not let the process read its own memory, they stay unmapped. Returns whether there
 * were any.
 */
bool sb_file_blocks_map_again(const struct sb_file_blocks *blocks);

/* The parts of [start, end) in those blocks that its ends cut. Either may be empty. */
struct sb_cut_ends {
	unsigned long head_end;	  /* [start, head_end) */
	unsigned long tail_start; /* [tail_start, end) */
};

struct sb_cut_ends sb_cut_ends_of(unsigned long start, unsigned long end);

/*
 * For what was not noted before, of one block: maps [start, end) if neither its first nor its last
 * page is in the page table though all of it is of files and in memory. So is a huge page that the
 * kernel has taken out of the page table, and also one that was never mapped. Returns whether it
 * has mapped that, or a negative errno where nobody tells or it cannot be mapped.
 */
int sb_file_block_map_cached(unsigned long start, unsigned long end);

#endif
