/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "table.h"

#include <stdio.h>

/* Called for each row that has cases. */
typedef void row_fn(const char *group, const char *label, const struct count *count, bool first);

static void each_labelled(const char *group, const struct labelled *rows, row_fn *tell, bool *first)
{
	for (int i = 0; i < MAX_LABELS && rows[i].label[0]; i++) {
		tell(group, rows[i].label, &rows[i].count, *first);
		*first = false;
	}
}

static void each_kind(const char *group, const struct count *counts, row_fn *tell, bool *first)
{
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		if (!counts[kind].cases)
			continue;
		tell(group, kind_facts[kind].name, &counts[kind], *first);
		*first = false;
	}
}

static void each_row(const struct tally *tally, row_fn *tell)
{
	bool first = true;

	each_kind("mbind, kind", tally->kinds[0], tell, &first);
	each_labelled("mbind, mode", tally->modes, tell, &first);
	each_labelled("mbind, flags", tally->flags, tell, &first);
	each_kind("migrate_pages, kind", tally->kinds[1], tell, &first);
}

static void print_row(const char *group, const char *label, const struct count *count, bool first)
{
	if (first)
		printf("%-20s %-24s %8s %8s %8s %8s\n", "", "", "cases", "raw off", "library",
		       "worse");
	printf("%-20s %-24s %8lu %8lu %8lu %8lu\n", group, label, count->cases, count->raw_off,
	       count->off, count->worse);
}

static void json_row(const char *group, const char *label, const struct count *count, bool first)
{
	printf("%s{\"group\":\"%s\",\"label\":\"%s\",\"cases\":%lu,\"raw_off\":%lu,\"off\":%lu,"
	       "\"worse\":%lu}",
	       first ? "" : ",", group, label, count->cases, count->raw_off, count->off,
	       count->worse);
}

void table_print(const struct tally *tally)
{
	each_row(tally, print_row);
}

void table_json(const struct tally *tally)
{
	printf("\"table\":[");
	each_row(tally, json_row);
	printf("]");
}
