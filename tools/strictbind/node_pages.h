/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many pages of a process are on each node, before and after they were moved. */
#ifndef NODE_PAGES_H
#define NODE_PAGES_H

#include <stdio.h>

#include "process.h"
#include "table.h"

struct node_pages {
	unsigned long *before; /* on each node */
	unsigned long *after;
};

/* Read the process anew. */
void node_pages_before(struct node_pages *pages, struct process *process);
void node_pages_after(struct node_pages *pages, struct process *process);

void node_pages_print(const struct node_pages *pages, const struct process *process, FILE *file);

/* As members "before" and "after". */
void node_pages_json(struct json *json, const struct node_pages *pages,
		     const struct process *process);

#endif
