/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What has been found out about a process: its pages, which are misplaced, and why. */
#ifndef FINDING_H
#define FINDING_H

#include "judge.h"
#include "process.h"
#include "reasons.h"

struct look_options {
	struct judge judge;
	bool own;	 /* pages that are mapped more than once do not count */
	bool every_page; /* look at however many */
};

struct finding {
	struct process process;
	struct reasons *reasons; /* of each mapping; NULL after finding_shorten() */
	struct reasons total;
	unsigned long *pages; /* of all mappings, on each node */
	unsigned long present;
	unsigned long misplaced;
	unsigned long uneven; /* mappings whose pages are not spread as asked */
	bool balanced;	      /* NUMA balancing may move some of its pages */
};

/* Looks at a process that has been opened. */
enum process_state finding_look(struct finding *finding, const struct look_options *options);

/* Only what is said of the process as a whole is kept. */
void finding_shorten(struct finding *finding);
void finding_forget(struct finding *finding);

/* The name of the reason that all of the misplaced pages have; NULL: they have several. */
const char *only_reason(const struct reasons *reasons, unsigned long misplaced);

/* "shared", or "3 shared, 2 file cache", as a new string. */
char *print_reasons(const struct reasons *reasons, unsigned long misplaced);

/* vm.max_map_count; 0: not told. */
unsigned long mappings_most(void);

#endif
