/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A policy, as numa_maps tells it. */
#ifndef SB_PAGES_POLICY_H
#define SB_PAGES_POLICY_H

#include <stdbool.h>

#include "core/nodeset.h"
#include "core/proc_file.h"

struct sb_policy {
	int mode;		 /* SB_MPOL_*; -1: one that is not known here */
	struct sb_nodeset nodes; /* empty where it names none */
};

/* Reads the second word of a line: NAME[=FLAGS][:NODES]. */
void sb_policy_read(struct sb_words *words, struct sb_policy *policy);

/* Whether its nodes get pages in turn. */
bool sb_policy_interleaves(const struct sb_policy *policy);

/* Whether both want pages on the same nodes. */
bool sb_policy_equal(const struct sb_policy *a, const struct sb_policy *b);

#endif
