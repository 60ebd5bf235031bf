/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pages that stayed, mapping by mapping, from the ranges that the library tells. */
#ifndef LEFT_H
#define LEFT_H

#include <stdio.h>
#include <strictbind.h>

#include "nodes.h"
#include "process.h"
#include "table.h"

struct left {
	struct strictbind_range *ranges;
	unsigned long room;
	struct nodes nodes; /* where pages have stayed, for when the library cannot tell ranges */
};

/* Sets the ranges of the options. Only pages on these nodes can be left. */
void left_begin(struct left *left, struct strictbind_options *options, const struct nodes *nodes);

/* The table of mappings with pages that stayed, if there are any. */
void left_print(const struct left *left, const struct strictbind_report *report,
		const struct process *process, FILE *file);

/* "3 held, 2 shared": of all mappings. */
char *left_reasons(const struct left *left, const struct strictbind_report *report,
		   const struct process *process);

/*
 * The pages of a process that are beyond the share of their node. Judges it: from then on, until it
 * is read again, these are told as left, too.
 */
unsigned long left_uneven(struct process *process);

/* The list of mappings, as the member "left". */
void left_json(struct json *json, const struct left *left, const struct strictbind_report *report,
	       const struct process *process);

#endif
