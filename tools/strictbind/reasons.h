/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why pages of a mapping are not where its policy wants them. */
#ifndef REASONS_H
#define REASONS_H

#include "process.h"

enum reason {
	REASON_SHARED,	  /* mapped more than once */
	REASON_KERNEL,	  /* the kernel's own memory, mapped: cannot be isolated */
	REASON_MERGED,	  /* by KSM */
	REASON_CACHE,	  /* a file's pages, put there when they were first read */
	REASON_FULL,	  /* no room where they belong */
	REASON_CPUSET,	  /* the process may not use these nodes */
	REASON_UNTOLD,	  /* pages could not be looked at */
	REASON_NOT_MOVED, /* put there before the policy was set, or pinned: cannot be told apart */
	REASONS
};

struct reasons {
	unsigned long pages[REASONS];
};

extern const char *const reason_names[REASONS];

/* For a mapping with misplaced pages. */
struct reasons reasons_of(const struct process *process, const struct mapping *mapping);

/* How many misplaced pages between two addresses of a mapping are on each node, without shared
 * ones. */
void reasons_own(const struct process *process, const struct mapping *mapping, unsigned long start,
		 unsigned long end, unsigned long *pages);

#endif
