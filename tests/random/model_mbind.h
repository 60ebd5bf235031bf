/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the contract says an mbind() on a scene does. Rule numbers are those of <strictbind.h>. */
#ifndef RANDOM_MODEL_MBIND_H
#define RANDOM_MODEL_MBIND_H

#include <stdbool.h>

#include "call.h"
#include "scene.h"
#include "verdict.h"

struct mbind_model {
	long result;
	int error;
	struct nodes n;        /* N: a page on another node is misplaced */
	struct nodes targets;  /* where a misplaced page may end up */
	bool policy_set;
	struct policy policy;
	bool moves;
	unsigned long unmoved, shared;
	const char *first_unmoved;
	bool unknown_allowed;  /* the kernel has no way to tell the counts (Q9) */
	bool first_hidden;     /* nor which page is the first */
};

void mbind_expect(struct mbind_model *model, const struct scene *scene, const struct world *world,
		  const struct mbind_call *call);

/* Compare what happened. counts says whether a report was asked for. */
void mbind_compare(struct verdict *verdict, const struct mbind_model *model,
		   const struct scene *scene, const struct mbind_call *call,
		   const struct outcome *outcome, const struct sight *sight, bool raw);

/*
 * Huge pages that had to move and did not, and that the kernel cannot move now either (no huge page
 * to be had on the target): mark them as stuck. Returns how many huge pages these are.
 */
unsigned mbind_excuse_huge(struct scene *scene, const struct mbind_model *model,
			   const struct mbind_call *call, const struct sight *sight);

#endif
