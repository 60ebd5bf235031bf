/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "node_pages.h"

#include <stdlib.h>

#include "command.h"
#include "nodes.h"

static unsigned long *count_pages(struct process *process)
{
	unsigned long *pages = calloc((size_t)process->nodes, sizeof(*pages));

	if (!pages)
		fail(EXIT_FAILED, "no memory");
	process_read(process);
	for (size_t i = 0; i < process->count; i++)
		for (int node = 0; node < process->nodes; node++)
			pages[node] += process->mappings[i].pages[node];
	return pages;
}

void node_pages_before(struct node_pages *pages, struct process *process)
{
	pages->before = count_pages(process);
}

void node_pages_after(struct node_pages *pages, struct process *process)
{
	pages->after = count_pages(process);
}

void node_pages_print(const struct node_pages *pages, const struct process *process, FILE *file)
{
	struct table table = { 0 };
	struct nodes machine = nodes_of_machine();

	table_column(&table, "NODE", true);
	table_column(&table, "BEFORE", true);
	table_column(&table, "AFTER", true);
	for (int node = 0; node < process->nodes; node++) {
		if (!nodes_has(&machine, node) && !pages->before[node] && !pages->after[node])
			continue;
		table_cell(&table, "%d", node);
		table_cell(&table, "%lu", pages->before[node]);
		table_cell(&table, "%lu", pages->after[node]);
	}
	table_print(&table, file);
	fputc('\n', file);
}

static void json_nodes(struct json *json, const struct process *process, const char *key,
		       const unsigned long *pages)
{
	json_begin(json, key, '{');
	for (int node = 0; node < process->nodes; node++) {
		char name[16];

		snprintf(name, sizeof(name), "%d", node);
		if (pages[node])
			json_number(json, name, pages[node]);
	}
	json_end(json, '}');
}

void node_pages_json(struct json *json, const struct node_pages *pages,
		     const struct process *process)
{
	json_nodes(json, process, "before", pages->before);
	json_nodes(json, process, "after", pages->after);
}
