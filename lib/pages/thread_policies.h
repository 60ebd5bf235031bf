/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the threads of a process want of mappings that have no policy of their own. */
#ifndef SB_PAGES_THREAD_POLICIES_H
#define SB_PAGES_THREAD_POLICIES_H

#include "pages/policy.h"

struct sb_thread_policies {
	int pid;
	int other;		   /* a thread that has another policy than the first; 0: none */
	struct sb_policy together; /* all nodes that any of them wants pages on */

	/* While the mappings are gone through: those of the other thread. */
	bool open;
	struct sb_words numa_maps;
	unsigned long start; /* of the mapping last read */
	struct sb_policy policy;
};

/*
 * Finds out whether the policies of the threads differ; for pid 0 they are those of the caller's
 * process, and the caller is the first. Where a policy names no nodes, those allowed count. What
 * cannot be read is taken for the first one's.
 */
void sb_thread_policies_find(struct sb_thread_policies *threads, int pid,
			     const struct sb_nodeset *allowed);

/* Begins to go through the mappings. Every begin needs an end. */
void sb_thread_policies_begin(struct sb_thread_policies *threads);
void sb_thread_policies_end(struct sb_thread_policies *threads);

/*
 * The policy that the first thread's numa_maps tells of the mapping that starts here: where it is
 * the thread's and not the mapping's, and they differ, it becomes what they want together. Mappings
 * are asked for in their order.
 */
void sb_thread_policies_judge(struct sb_thread_policies *threads, unsigned long start,
			      struct sb_policy *policy);

#endif
