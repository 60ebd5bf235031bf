/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Page frames before and after a move: a page that is in the same frame was not moved. Only the
 * privileged are told frames.
 */
#ifndef SB_PAGES_PFN_H
#define SB_PAGES_PFN_H

#include "core/pagemap.h"

/* Pages that are compared at once. */
#define SB_FRAMES 8192

struct sb_frames {
	struct sb_pagemap pagemap;
	unsigned long start;
	unsigned long pages;
	uint64_t *before; /* entries of the page map */
	uint64_t *after;
};

/* Returns 0 or a negative errno. Every successful open needs a close. */
int sb_frames_open(struct sb_frames *frames);
void sb_frames_close(const struct sb_frames *frames);

/* Whether frames are told. */
bool sb_frames_told(void);

/* Before the move, of at most SB_FRAMES pages; and after it. Return 0 or a negative errno. */
int sb_frames_before(struct sb_frames *frames, unsigned long start, unsigned long end);
int sb_frames_after(struct sb_frames *frames);

/* Whether page number i is present and has not been moved. */
static inline bool sb_frames_kept(const struct sb_frames *frames, unsigned long i)
{
	return sb_entry_present(frames->before[i]) && sb_entry_present(frames->after[i]) &&
	       sb_entry_frame(frames->before[i]) == sb_entry_frame(frames->after[i]);
}

#endif
