/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moving pages one list at a time to whichever of several nodes has room for them, with move_pages.
 * It goes on where the kernel gives up: behind a page that cannot be moved, and behind a huge page
 * for which there is no memory.
 */
#ifndef SB_PAGES_MOVE_LIST_H
#define SB_PAGES_MOVE_LIST_H

#include <stdbool.h>

#include "core/nodeset.h"
#include "pages/hugetlb.h"

/* Pages handed to move_pages in one call. On the stack, with what goes with them: 1 KiB. */
#define SB_MOVE_LIST 64

struct sb_move_list {
	int pid;		   /* 0 for the caller */
	struct sb_nodeset placed;  /* where pages are in place */
	struct sb_nodeset targets; /* where they may be moved to; first to those in placed */
	struct sb_nodeset full;	   /* targets that have no room for a base page */
	struct sb_stretch
		hugetlb; /* pages in here have room of their own; known once one is full */
	unsigned long start;
	unsigned long end;
	unsigned flags;
	bool refused;	    /* move_pages itself is */
	unsigned stuck;	    /* pages that have not moved to one target and were tried with others */
	unsigned long skip; /* pages below belong to a huge page that cannot be moved */
	unsigned count;
	unsigned long addresses[SB_MOVE_LIST];
};

/*
 * Adds the misplaced pages of [start, end) and moves them; shared ones with SB_MF_MOVE_ALL only.
 * Some may wait in the list afterwards. Where move_pages is refused nothing happens.
 */
void sb_move_list_walk(struct sb_move_list *list, unsigned long start, unsigned long end);

/* The same for all of the process in the range of the list, by what numa_maps tells of its VMAs. */
void sb_move_list_walk_vmas(struct sb_move_list *list);

/*
 * Whether the caller may move shared pages: with CAP_SYS_NICE. The kernel is asked, with a call
 * that does nothing: a capability in a user namespace does not count there.
 */
bool sb_may_move_shared(void);

/* Moves the pages that wait in the list. */
void sb_move_list_flush(struct sb_move_list *list);

#endif
