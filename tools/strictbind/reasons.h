/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why pages of a mapping are not where they belong. */
#ifndef REASONS_H
#define REASONS_H

#include "process.h"

enum reason {
	REASON_SHARED,	  /* mapped more than once */
	REASON_KERNEL,	  /* the kernel's own memory, mapped: cannot be isolated */
	REASON_SECRET,	  /* of memfd_secret(): cannot be isolated */
	REASON_MERGED,	  /* by KSM */
	REASON_CACHE,	  /* a file's pages, put there when they were first read */
	REASON_FULL,	  /* no room where they belong */
	REASON_CPUSET,	  /* the process may not use these nodes */
	REASON_UNEVEN,	  /* more than this node's share */
	REASON_UNTOLD,	  /* pages could not be looked at */
	REASON_UNSEEN,	  /* there were too many to look at all of them */
	REASON_OUTSIDE,	  /* no policy names nodes, and the cpuset does not have this one */
	REASON_ASKED,	  /* no policy names nodes, and --nodes does not have this one */
	REASON_NOT_MOVED, /* put there before the policy was set, or pinned: cannot be told apart */
	REASONS
};

struct reasons {
	unsigned long pages[REASONS];
};

extern const char *const reason_names[REASONS];

/*
 * Of each mapping of a process that judge() has been called for. Pages are looked at only where
 * numa_maps does not tell what goes for all of a mapping, and, without every_page, no more of them
 * than takes about as long as reading numa_maps.
 */
void reasons_find(const struct process *process, bool every_page, struct reasons *reasons);

/* How many misplaced pages between two addresses of a mapping are on each node, without shared
 * ones. */
void reasons_own(const struct process *process, const struct mapping *mapping, unsigned long start,
		 unsigned long end, unsigned long *pages);

/* The one that most pages have. */
enum reason reasons_main(const struct reasons *reasons);

#endif
