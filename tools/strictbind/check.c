/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* strictbind check: every mapping of a process against its policy. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "picture.h"
#include "process.h"
#include "reasons.h"
#include "table.h"

struct check {
	bool json;
	bool map;
	bool misplaced_only;
	bool own;
	struct process process;
	struct reasons *reasons; /* of each mapping */
	struct reasons total_reasons;
	unsigned long *pages; /* of all mappings, on each node */
	unsigned long present;
	unsigned long misplaced;
};

static void read_options(struct check *check, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' }, { "json", no_argument, NULL, 'j' },
		{ "map", no_argument, NULL, 'm' },  { "misplaced", no_argument, NULL, 'w' },
		{ "own", no_argument, NULL, 'o' },  { NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = next_option(&check_command, argc, argv, "hjmwo", longs)) != -1) {
		check->json |= option == 'j';
		check->map |= option == 'm';
		check->misplaced_only |= option == 'w';
		check->own |= option == 'o';
	}
	if (argc - optind != 1)
		fail(EXIT_USAGE, "check: takes one PID (see strictbind check --help)");
	if (check->json && check->map)
		fail(EXIT_USAGE, "check: --map and --json exclude each other");
}

/* ---- looking ---- */

/* With --own what is mapped more than once does not count. */
static void leave_shared_out(struct mapping *mapping, struct reasons *reasons)
{
	mapping->misplaced -= reasons->pages[REASON_SHARED];
	reasons->pages[REASON_SHARED] = 0;
}

static void look(struct check *check)
{
	struct process *process = &check->process;

	process_read(process);
	check->pages = calloc((size_t)process->nodes, sizeof(*check->pages));
	check->reasons = calloc(process->count, sizeof(*check->reasons));
	if (!check->pages || !check->reasons)
		fail(EXIT_FAILED, "no memory");
	for (size_t i = 0; i < process->count; i++) {
		struct mapping *mapping = &process->mappings[i];
		struct reasons *reasons = &check->reasons[i];

		if (mapping->misplaced)
			*reasons = reasons_of(process, mapping);
		if (check->own)
			leave_shared_out(mapping, reasons);
		for (int reason = 0; reason < REASONS; reason++)
			check->total_reasons.pages[reason] += reasons->pages[reason];
		for (int node = 0; node < process->nodes; node++)
			check->pages[node] += mapping->pages[node];
		check->present += mapping->present;
		check->misplaced += mapping->misplaced;
	}
	process_check(process);
}

/* ---- a table ---- */

enum { WIDE = 16 }; /* no more nodes than these get columns of their own */

/* Nodes that have a column. */
static bool has_column(const struct check *check, int node)
{
	return check->process.nodes <= WIDE || check->pages[node];
}

static void add_columns(const struct check *check, struct table *table)
{
	table_column(table, "ADDRESS", true);
	table_column(table, "SIZE", true);
	table_column(table, "POLICY", false);
	for (int node = 0; node < check->process.nodes; node++)
		if (has_column(check, node) && table->columns < TABLE_COLUMNS - 3)
			table_column(table, print_new("N%d", node), true);
	table_column(table, "MISPLACED", true);
	table_column(table, "REASON", false);
	table_column(table, "MAPPING", false);
}

static void add_nodes(const struct check *check, struct table *table, const unsigned long *pages)
{
	int columns = 3;

	for (int node = 0; node < check->process.nodes; node++)
		if (has_column(check, node) && columns++ < TABLE_COLUMNS - 3)
			table_cell(table, "%lu", pages[node]);
}

/* "shared", or "3 shared, 2 file cache". */
static char *print_reasons(const struct reasons *reasons, unsigned long misplaced)
{
	char *text = print_new("%s", "");

	for (int i = 0; i < REASONS; i++) {
		unsigned long pages = reasons->pages[i];
		char *longer;

		if (pages == 0)
			continue;
		if (pages == misplaced)
			return print_new("%s", reason_names[i]);
		longer = print_new("%s%s%lu %s", text, *text ? ", " : "", pages, reason_names[i]);
		free(text);
		text = longer;
	}
	return text;
}

static void add_mapping(const struct check *check, struct table *table, size_t i)
{
	const struct mapping *mapping = &check->process.mappings[i];
	char size[SIZE_TEXT];

	table_cell(table, "%lx", mapping->start);
	table_cell(table, "%s", print_size(size, mapping->end - mapping->start));
	table_cell(table, "%s", mapping->policy);
	add_nodes(check, table, mapping->pages);
	table_cell(table, "%lu", mapping->misplaced);
	table_cell(table, "%s", print_reasons(&check->reasons[i], mapping->misplaced));
	table_cell(table, "%s", *mapping->name ? print_harmless(mapping->name) : "-");
}

static void print_table(const struct check *check, FILE *file)
{
	struct table table = { 0 };

	table.fold = "REASON";
	table.cut = "MAPPING";
	add_columns(check, &table);
	for (size_t i = 0; i < check->process.count; i++)
		if (check->process.mappings[i].misplaced || !check->misplaced_only)
			add_mapping(check, &table, i);
	table_cell(&table, "total");
	table_cell(&table, "%s", "");
	table_cell(&table, "%s", "");
	add_nodes(check, &table, check->pages);
	table_cell(&table, "%lu", check->misplaced);
	table_cell(&table, "%s", "");
	table_cell(&table, "%s", "");
	table_print(&table, file);
	fputc('\n', file);
}

static void print_verdict(const struct check *check, FILE *file)
{
	char *verdict;

	if (check->misplaced == 0)
		verdict = print_new("none of %lu pages is misplaced%s", check->present,
				    check->own ? ", but for shared ones" : "");
	else
		verdict = print_new("%lu of %lu pages misplaced: %s", check->misplaced,
				    check->present,
				    print_reasons(&check->total_reasons, check->misplaced));
	print_paragraph(file, print_new("Process %d (%s): %s.", check->process.pid,
					print_harmless(check->process.name), verdict));
}

/* ---- JSON ---- */

static void json_pages(struct json *json, const struct process *process, const unsigned long *pages)
{
	json_begin(json, "pages", '{');
	for (int node = 0; node < process->nodes; node++) {
		char key[16];

		snprintf(key, sizeof(key), "%d", node);
		if (pages[node])
			json_number(json, key, pages[node]);
	}
	json_end(json, '}');
}

static void json_reasons(struct json *json, const struct reasons *reasons)
{
	json_begin(json, "reasons", '{');
	for (int i = 0; i < REASONS; i++)
		if (reasons->pages[i])
			json_number(json, reason_names[i], reasons->pages[i]);
	json_end(json, '}');
}

static void json_mapping(struct json *json, const struct check *check, size_t i)
{
	const struct mapping *mapping = &check->process.mappings[i];

	json_begin(json, NULL, '{');
	json_address(json, "start", mapping->start);
	json_address(json, "end", mapping->end);
	json_text(json, "permissions", mapping->permissions);
	json_text(json, "name", mapping->name);
	json_text(json, "policy", mapping->policy);
	json_pages(json, &check->process, mapping->pages);
	json_number(json, "misplaced", mapping->misplaced);
	json_reasons(json, &check->reasons[i]);
	json_end(json, '}');
}

static void print_json(const struct check *check, FILE *file)
{
	struct json json = { .file = file };

	json_begin(&json, NULL, '{');
	json_number(&json, "pid", (unsigned long)check->process.pid);
	json_text(&json, "command", check->process.name);
	json_number(&json, "page_size", (unsigned long)sysconf(_SC_PAGESIZE));
	json_begin(&json, "mappings", '[');
	for (size_t i = 0; i < check->process.count; i++)
		if (check->process.mappings[i].misplaced || !check->misplaced_only)
			json_mapping(&json, check, i);
	json_end(&json, ']');
	json_begin(&json, "total", '{');
	json_pages(&json, &check->process, check->pages);
	json_number(&json, "present", check->present);
	json_number(&json, "misplaced", check->misplaced);
	json_reasons(&json, &check->total_reasons);
	json_end(&json, '}');
	json_end(&json, '}');
}

static void print(const struct check *check)
{
	FILE *file = output_begin();

	if (check->json) {
		print_json(check, file);
	} else {
		if (check->map) {
			struct picture picture = picture_of_terminal(file);

			picture.own = check->own;
			picture_draw(&picture, &check->process, check->misplaced_only);
		} else {
			print_table(check, file);
		}
		print_verdict(check, file);
	}
	process_check(&check->process);
	output_end();
}

static int run(int argc, char **argv)
{
	struct check check = { 0 };

	read_options(&check, argc, argv);
	process_open(&check.process, pid_argument(argv[optind]));
	if (check.map)
		check_call("move_pages");
	look(&check);
	print(&check);
	return check.misplaced ? EXIT_ANSWER : EXIT_FINE;
}

const struct command check_command = {
	.name = "check",
	.summary = "check PID: where the memory of a process is, against its policies",
	.usage =
		"usage: strictbind check [options] PID\n"
		"\n"
		"Shows each mapping of a process: its policy, its pages on each node, and how many of\n"
		"them are misplaced, on a node that the policy does not name, with the reason where it\n"
		"can be told. Counts are in base pages.\n"
		"\n"
		"  -m, --map        draw the address space, a cell for each stretch of memory\n"
		"  -w, --misplaced  only mappings with misplaced pages\n"
		"  -o, --own        pages that are mapped more than once do not count\n"
		"  -j, --json       JSON instead of a table\n"
		"  -h, --help       this text\n"
		"\n"
		"Exits with 0 when no page is misplaced, 1 when some are, 2 after bad arguments, 3 when\n"
		"there is no such process, 4 without permission, 5 where the kernel does not tell.\n",
	.run = run,
};
