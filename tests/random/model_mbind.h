/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the contract says an mbind() on a scene does. Rule numbers are those of <strictbind.h>. */
#ifndef RANDOM_MODEL_MBIND_H
#define RANDOM_MODEL_MBIND_H

#include <stdbool.h>

#include "call.h"
#include "look.h"
#include "scene.h"
#include "verdict.h"

struct mbind_model {
	long result;
	int error;
	struct nodes n;	      /* N: a page on another node is misplaced */
	struct nodes targets; /* where a misplaced page may end up */
	bool policy_set;
	struct policy policy;
	bool moves;
	bool cut; /* the range ends or begins within a hugetlb page */
	unsigned long unmoved, shared;
	/*
	 * Pages besides those that may count as unmoved or not: where N names no node that they
	 * could be on, the kernel alone knows whether a page that found no room was moved or not.
	 */
	unsigned long doubtful;
	const char *first_unmoved;
	bool unknown_allowed; /* the kernel has no way to tell the counts (Q9) */
	bool first_hidden;    /* nor which page is the first */
};

void mbind_expect(struct mbind_model *model, const struct scene *scene, const struct world *world,
		  const struct mbind_call *call);

/* Had page number index to move to a node of the targets, and was there nothing in its way but
 * room? */
bool mbind_must_move(const struct mbind_model *model, const struct scene *scene,
		     const struct mbind_call *call, size_t index);

/*
 * Is a page that had to move, and is on this node now, where it may have gone? Where N names no
 * node, the kernel wants the caller's; but a huge page it rather takes from any other node that has
 * one than make room for it there.
 */
bool mbind_arrived(const struct mbind_model *model, const struct scene *scene, size_t index,
		   int now);

#endif
