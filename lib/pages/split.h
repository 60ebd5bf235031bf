/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_PAGES_SPLIT_H
#define SB_PAGES_SPLIT_H

#include <stdbool.h>

/* Splitting folios of a process. Set up with pid alone; has to be closed. */
struct sb_splitting {
	int pid; /* 0 for the caller */

	/* Its own. */
	bool begun;
	bool own;
	int process; /* a descriptor of another process, or negative */
};

/*
 * Splits the transparent huge page or large folio that a page is of, where it lies across the end
 * of a mapping, or of a range: parts of it can be on different nodes then. That page is then taken
 * for one that is used less. Of another process it takes CAP_SYS_NICE and Linux 5.10, of the caller
 * 5.4; else nothing happens.
 */
void sb_split_folio(struct sb_splitting *splitting, unsigned long address);

void sb_split_close(const struct sb_splitting *splitting);

#endif
