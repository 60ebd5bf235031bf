/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "left.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "judge.h"

/* More stretches than anybody reads; what does not fit is not told by its reason. */
enum { ROOM = 1 << 16 };

/* Besides those of the library. */
enum { REASON_UNEVEN = STRICTBIND_REASON_NOT_MOVED + 1, REASONS };

/* Pages by reason. */
struct pages {
	unsigned long all;
	unsigned long by_reason[REASONS];
};

void left_begin(struct left *left, struct strictbind_options *options, const struct nodes *nodes)
{
	left->nodes = *nodes;
	left->room = ROOM;
	left->ranges = allocate(ROOM * sizeof(*left->ranges));
	options->ranges = left->ranges;
	options->range_room = left->room;
}

static unsigned long count(const struct left *left, const struct strictbind_report *report)
{
	return report->ranges < left->room ? report->ranges : left->room;
}

static const char *name_of(int reason)
{
	return reason == STRICTBIND_REASON_HELD ? "held: pinned, or in use"
	       : reason == REASON_UNEVEN	? "not spread as asked"
						: strictbind_reason_name(reason);
}

static unsigned long start_of(const struct strictbind_range *range)
{
	return (unsigned long)range->address;
}

/* The first range at an address or above. */
static unsigned long find(const struct left *left, unsigned long ranges, unsigned long address)
{
	unsigned long low = 0;

	while (low < ranges) {
		unsigned long middle = low + (ranges - low) / 2;

		if (start_of(&left->ranges[middle]) < address)
			low = middle + 1;
		else
			ranges = middle;
	}
	return low;
}

static struct pages pages_between(const struct left *left, const struct strictbind_report *report,
				  unsigned long start, unsigned long end)
{
	unsigned long page = (unsigned long)sysconf(_SC_PAGESIZE);
	unsigned long ranges = count(left, report);
	struct pages pages = { 0 };

	for (unsigned long i = find(left, ranges, start); i < ranges; i++) {
		const struct strictbind_range *range = &left->ranges[i];

		if (start_of(range) >= end)
			break;
		pages.all += range->length / page;
		/* A newer library may have more reasons. */
		pages.by_reason[range->reason < REASON_UNEVEN ? range->reason
							      : STRICTBIND_REASON_UNTOLD] +=
			range->length / page;
	}
	return pages;
}

/* By what numa_maps tells of a mapping, where pages cannot be looked at. */
static struct pages pages_on_nodes(const struct left *left, const struct process *process,
				   const struct mapping *mapping)
{
	struct pages pages = { 0 };

	for (int node = 0; node < process->nodes; node++)
		if (nodes_has(&left->nodes, node) && strncmp(mapping->name, "[v", 2) != 0)
			pages.all += mapping->pages[node];
	pages.by_reason[STRICTBIND_REASON_UNTOLD] = pages.all;
	return pages;
}

static void add_uneven(struct pages *pages, unsigned long uneven)
{
	pages->all += uneven;
	pages->by_reason[REASON_UNEVEN] += uneven;
}

static struct pages pages_of(const struct left *left, const struct strictbind_report *report,
			     const struct process *process, const struct mapping *mapping)
{
	struct pages pages = report->ranges == 0 && report->unmoved != 0
				     ? pages_on_nodes(left, process, mapping)
				     : pages_between(left, report, mapping->start, mapping->end);

	add_uneven(&pages, judge_surplus(process, mapping));
	return pages;
}

/* "held", or "3 held, 2 shared". */
static char *print_reasons(const struct pages *pages)
{
	char *text = print_new("%s", "");

	for (int i = 0; i < REASONS; i++) {
		char *longer;

		if (pages->by_reason[i] == 0)
			continue;
		if (pages->by_reason[i] == pages->all)
			return print_new("%s", name_of(i));
		longer = print_new("%s%s%lu %s", text, *text ? ", " : "", pages->by_reason[i],
				   name_of(i));
		free(text);
		text = longer;
	}
	return text;
}

static unsigned long count_uneven(const struct process *process)
{
	unsigned long pages = 0;

	for (size_t i = 0; i < process->count; i++)
		pages += judge_surplus(process, &process->mappings[i]);
	return pages;
}

unsigned long left_uneven(struct process *process)
{
	const struct judge how = { .spread = true };

	judge(process, &how);
	return count_uneven(process);
}

char *left_reasons(const struct left *left, const struct strictbind_report *report,
		   const struct process *process)
{
	struct pages pages = pages_between(left, report, 0, -1UL);

	add_uneven(&pages, count_uneven(process));
	return print_reasons(&pages);
}

void left_print(const struct left *left, const struct strictbind_report *report,
		const struct process *process, FILE *file)
{
	struct table table = { .cut = "MAPPING", .fold = "REASON" };

	table_column(&table, "ADDRESS", true);
	table_column(&table, "SIZE", true);
	table_column(&table, "LEFT", true);
	table_column(&table, "REASON", false);
	table_column(&table, "MAPPING", false);
	for (size_t i = 0; i < process->count; i++) {
		const struct mapping *mapping = &process->mappings[i];
		struct pages pages = pages_of(left, report, process, mapping);
		char size[SIZE_TEXT];

		if (!pages.all)
			continue;
		table_cell(&table, "%lx", mapping->start);
		table_cell(&table, "%s", print_size(size, mapping->end - mapping->start));
		table_cell(&table, "%lu", pages.all);
		table_cell(&table, "%s", print_reasons(&pages));
		table_cell(&table, "%s", mapping->name[0] ? print_harmless(mapping->name) : "-");
	}
	if (table.size) {
		table_print(&table, file);
		fputc('\n', file);
	}
}

static void json_reasons(struct json *json, const struct pages *pages)
{
	json_begin(json, "reasons", '{');
	for (int i = 0; i < REASONS; i++)
		if (pages->by_reason[i])
			json_number(json,
				    i == REASON_UNEVEN ? name_of(i) : strictbind_reason_name(i),
				    pages->by_reason[i]);
	json_end(json, '}');
}

void left_json(struct json *json, const struct left *left, const struct strictbind_report *report,
	       const struct process *process)
{
	json_begin(json, "left", '[');
	for (size_t i = 0; i < process->count; i++) {
		const struct mapping *mapping = &process->mappings[i];
		struct pages pages = pages_of(left, report, process, mapping);

		if (!pages.all)
			continue;
		json_begin(json, NULL, '{');
		json_address(json, "start", mapping->start);
		json_address(json, "end", mapping->end);
		json_text(json, "name", mapping->name);
		json_number(json, "pages", pages.all);
		json_reasons(json, &pages);
		json_end(json, '}');
	}
	json_end(json, ']');
}
