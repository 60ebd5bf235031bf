/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A scene: some memory, a call, and what the contract says comes of it. Memory is drawn with one
 * character for each page.
 */
#ifndef SCENE_H
#define SCENE_H

#include <stdbool.h>
#include <stddef.h>

enum call { MBIND, MIGRATE };

struct scene {
	const char *title;
	const char
		*quirk; /* of kernels that get it wrong, as strictbind_kernel() names it, or NULL */
	enum call call;
	unsigned flags;	  /* MBIND */
	int from;	  /* MIGRATE: the node to empty */
	int to;		  /* the node to fill; mbind sets MPOL_BIND to it */
	bool huge;	  /* one huge page in 8 characters */
	bool count_after; /* the raw call is followed by a move_pages query, as careful callers do
			   */

	/* What each page is, see kinds[] in show.c. */
	const char *pages;
	/* The node of each page before the call, and after it by the contract. */
	const char *before;
	const char *after;
	/* The policy of each page after it: node, or '.' for the default. */
	const char *policy;
	int error; /* by the contract, or 0 */
	const char *rule;
};

extern const struct scene scenes[];
extern const size_t scene_count;

#endif
