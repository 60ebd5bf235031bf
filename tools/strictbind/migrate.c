/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* strictbind migrate: the pages of a process, to other nodes, with a true count. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <strictbind.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "nodes.h"
#include "preload_limits.h"
#include "process.h"
#include "progress.h"
#include "reasons.h"
#include "table.h"

struct migrate {
	bool json;
	bool quiet;
	unsigned long threads;
	unsigned long stall_us;
	struct nodes from;
	struct nodes to;
	bool told; /* /proc is there to tell where pages are */
	struct process process;
	unsigned long *before; /* pages on each node */
	unsigned long *after;
	long result;
	int error;
	struct strictbind_report report;
};

enum { OPTION_STALL = 1 };

static void read_options(struct migrate *migrate, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "threads", required_argument, NULL, 't' },
		{ "stall-us", required_argument, NULL, OPTION_STALL },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = next_option(&migrate_command, argc, argv, "+hjqt:", longs)) != -1) {
		migrate->json |= option == 'j';
		migrate->quiet |= option == 'q';
		if (option == 't')
			migrate->threads = number_argument("--threads", optarg, 1, SB_MOST_THREADS);
		if (option == OPTION_STALL)
			migrate->stall_us =
				number_argument("--stall-us", optarg, 1, SB_MOST_STALL_US);
	}
	if (argc - optind != 3)
		fail(EXIT_USAGE, "migrate: takes PID, FROM and TO (see strictbind migrate --help)");
}

/* ---- counting ---- */

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

/* A page that is left is judged as if a policy forbade the nodes that were to be emptied. */
static void judge_left(struct migrate *migrate)
{
	struct nodes machine = nodes_of_machine();
	struct nodes left = nodes_without(&migrate->from, &migrate->to);
	struct nodes rest = nodes_without(&machine, &left);

	for (size_t i = 0; i < migrate->process.count; i++) {
		struct mapping *mapping = &migrate->process.mappings[i];

		mapping->nodes = process_set(&migrate->process, &rest);
		mapping->misplaced = 0;
		for (int node = 0; node < migrate->process.nodes; node++)
			if (nodes_has(&left, node) && strncmp(mapping->name, "[v", 2) != 0)
				mapping->misplaced += mapping->pages[node];
	}
}

/* ---- moving ---- */

static void move(struct migrate *migrate)
{
	struct strictbind_options options = {
		.size = sizeof(options),
		.threads = migrate->threads,
		.stall_us = migrate->stall_us,
		.progress = progress_tell,
	};

	migrate->report.size = sizeof(migrate->report);
	progress_begin(!migrate->quiet);
	migrate->result = strictbind_migrate_pages_opt(migrate->process.pid, NODES_MAXNODE,
						       migrate->from.words, migrate->to.words,
						       &options, &migrate->report);
	migrate->error = migrate->result < 0 ? errno : 0;
	progress_end();
}

/* Errors after which nothing is worth showing. */
static void check_error(const struct migrate *migrate)
{
	int pid = migrate->process.pid;

	/* The answer about one that is ending may be any of these. */
	if (migrate->error && migrate->error != ECANCELED)
		process_check(&migrate->process);
	switch (migrate->error) {
	case 0:
	case ECANCELED:
	case ENOMEM:
		return;
	case EPERM:
	case EACCES:
		fail(EXIT_PERMISSION,
		     "not permitted: to move process %d takes its user or CAP_SYS_NICE, and "
		     "nodes that its cpuset allows",
		     pid);
	case EINVAL:
		fail(EXIT_FAILED, "migrate: none of node %s is allowed%s",
		     nodes_print(&migrate->to),
		     migrate->told ? ""
				   : ", or the process has no memory: a kernel thread, or ended");
	}
	process_fail(&migrate->process, "migrate_pages", migrate->error);
}

/* ---- output ---- */

static void print_nodes(const struct migrate *migrate, FILE *file)
{
	struct table table = { 0 };
	struct nodes machine = nodes_of_machine();

	table_column(&table, "NODE", true);
	table_column(&table, "BEFORE", true);
	table_column(&table, "AFTER", true);
	for (int node = 0; node < migrate->process.nodes; node++) {
		if (!nodes_has(&machine, node) && !migrate->before[node] && !migrate->after[node])
			continue;
		table_cell(&table, "%d", node);
		table_cell(&table, "%lu", migrate->before[node]);
		table_cell(&table, "%lu", migrate->after[node]);
	}
	table_print(&table, file);
	fputc('\n', file);
}

static const char *main_reason(const struct reasons *reasons)
{
	int main = 0;

	for (int i = 1; i < REASONS; i++)
		if (reasons->pages[i] > reasons->pages[main])
			main = i;
	/* The policy is not what these pages are judged by. */
	return main == REASON_NOT_MOVED ? "pinned, or in use"
	       : main == REASON_CACHE	? "file cache, in use"
					: reason_names[main];
}

static void print_left(const struct migrate *migrate, FILE *file)
{
	struct table table = { .cut = "MAPPING" };

	table_column(&table, "ADDRESS", true);
	table_column(&table, "SIZE", true);
	table_column(&table, "LEFT", true);
	table_column(&table, "MAPPING", false);
	table_column(&table, migrate->error ? "" : "MOSTLY", false);
	for (size_t i = 0; i < migrate->process.count; i++) {
		const struct mapping *mapping = &migrate->process.mappings[i];
		struct reasons reasons;
		char size[SIZE_TEXT];

		if (!mapping->misplaced)
			continue;
		reasons = reasons_of(&migrate->process, mapping);
		table_cell(&table, "%lx", mapping->start);
		table_cell(&table, "%s", print_size(size, mapping->end - mapping->start));
		table_cell(&table, "%lu", mapping->misplaced);
		table_cell(&table, "%s", mapping->name[0] ? print_harmless(mapping->name) : "-");
		table_cell(&table, "%s", migrate->error ? "" : main_reason(&reasons));
	}
	if (table.count) {
		table_print(&table, file);
		fputc('\n', file);
	}
}

static unsigned long first_of(const struct migrate *migrate)
{
	return (unsigned long)migrate->report.first_unmoved;
}

static const char *name_at(const struct migrate *migrate, unsigned long address)
{
	for (size_t i = 0; i < migrate->process.count; i++) {
		const struct mapping *mapping = &migrate->process.mappings[i];

		if (address >= mapping->start && address < mapping->end)
			return print_harmless(mapping->name);
	}
	return "";
}

/* What has become of the pages, behind whose they are. */
static char *print_left_pages(const struct migrate *migrate)
{
	const struct strictbind_report *report = &migrate->report;
	const char *name = name_at(migrate, first_of(migrate));

	if (report->unmoved == STRICTBIND_UNKNOWN && migrate->error == 0)
		return print_new("%ld pages stayed, by the kernel's own count", migrate->result);
	if (report->unmoved == STRICTBIND_UNKNOWN)
		return print_new("how many pages are left is not known");
	if (report->unmoved == 0)
		return print_new("no page stayed that had to move");
	if (report->first_status != STRICTBIND_FIRST_KNOWN)
		name = "";
	return print_new("%lu page%s %s%s%.0lx%s%s%s", report->unmoved,
			 report->unmoved == 1 ? "" : "s",
			 migrate->error ? "are left" : "could not be moved",
			 report->first_status == STRICTBIND_FIRST_KNOWN ? ", the first at " : "",
			 first_of(migrate), *name ? " (" : "", name, *name ? ")" : "");
}

static char *print_shared_pages(const struct migrate *migrate)
{
	unsigned long shared = migrate->report.shared;

	if (migrate->error == ENOMEM || shared == 0 || shared == STRICTBIND_UNKNOWN)
		return print_new("%s", "");
	return print_new(" %lu shared page%s left where %s.", shared,
			 shared == 1 ? " was" : "s were", shared == 1 ? "it is" : "they are");
}

static void print_verdict(const struct migrate *migrate, FILE *file)
{
	char *what = migrate->error == ENOMEM
			     ? print_new("no room on the new nodes. What has moved stays there")
			     : print_left_pages(migrate);
	char *who = migrate->told ? print_new(" (%s)", print_harmless(migrate->process.name))
				  : print_new("%s", "");

	print_paragraph(file,
			print_new("Process %d%s, node %s to %s: %s%s.%s", migrate->process.pid, who,
				  nodes_print(&migrate->from), nodes_print(&migrate->to),
				  migrate->error == ECANCELED
					  ? "cancelled. What has moved stays there; "
					  : "",
				  what, print_shared_pages(migrate)));
}

static void json_nodes(struct json *json, const struct migrate *migrate, const char *key,
		       const unsigned long *pages)
{
	json_begin(json, key, '{');
	for (int node = 0; node < migrate->process.nodes; node++) {
		char name[16];

		snprintf(name, sizeof(name), "%d", node);
		if (pages[node])
			json_number(json, name, pages[node]);
	}
	json_end(json, '}');
}

static void json_left(struct json *json, const struct migrate *migrate)
{
	json_begin(json, "left", '[');
	for (size_t i = 0; i < migrate->process.count; i++) {
		const struct mapping *mapping = &migrate->process.mappings[i];

		if (!mapping->misplaced)
			continue;
		json_begin(json, NULL, '{');
		json_address(json, "start", mapping->start);
		json_address(json, "end", mapping->end);
		json_text(json, "name", mapping->name);
		json_number(json, "pages", mapping->misplaced);
		json_end(json, '}');
	}
	json_end(json, ']');
}

static const char *name_of_status(unsigned long status)
{
	switch (status) {
	case STRICTBIND_FIRST_NONE:
		return "none";
	case STRICTBIND_FIRST_KNOWN:
		return "known";
	default:
		return "unknown";
	}
}

static void print_json(const struct migrate *migrate, FILE *file)
{
	const struct strictbind_report *report = &migrate->report;
	struct json json = { .file = file };

	json_begin(&json, NULL, '{');
	json_number(&json, "pid", (unsigned long)migrate->process.pid);
	json_text(&json, "from", nodes_print(&migrate->from));
	json_text(&json, "to", nodes_print(&migrate->to));
	json_bool(&json, "cancelled", migrate->error == ECANCELED);
	if (migrate->error)
		json_text(&json, "error", strerror(migrate->error));
	json_count(&json, "unmoved",
		   migrate->error == ENOMEM ? STRICTBIND_UNKNOWN : report->unmoved);
	json_count(&json, "shared", migrate->error == ENOMEM ? STRICTBIND_UNKNOWN : report->shared);
	if (report->first_status == STRICTBIND_FIRST_KNOWN)
		json_address(&json, "first_unmoved", first_of(migrate));
	else
		json_null(&json, "first_unmoved");
	json_text(&json, "first_status", name_of_status(report->first_status));
	if (migrate->told) {
		json_nodes(&json, migrate, "before", migrate->before);
		json_nodes(&json, migrate, "after", migrate->after);
		json_left(&json, migrate);
	}
	json_end(&json, '}');
}

static void print(const struct migrate *migrate)
{
	FILE *file = output_begin();

	if (migrate->json) {
		print_json(migrate, file);
	} else {
		if (migrate->told) {
			print_nodes(migrate, file);
			print_left(migrate, file);
		}
		print_verdict(migrate, file);
	}
	output_end();
}

static int exit_code(const struct migrate *migrate)
{
	if (migrate->error == ECANCELED)
		return 128 + progress_signal();
	if (migrate->error)
		return EXIT_FAILED;
	return migrate->result ? EXIT_ANSWER : EXIT_FINE;
}

static int run(int argc, char **argv)
{
	struct migrate migrate = { 0 };
	int pid;

	read_options(&migrate, argc, argv);
	argv += optind;
	pid = pid_argument(argv[0]);
	migrate.from = nodes_argument("FROM", argv[1]);
	migrate.to = nodes_argument("TO", argv[2]);
	/* Nothing else about it is worth saying then. */
	check_call("migrate_pages");
	migrate.told = access("/proc/self/stat", F_OK) == 0;
	migrate.process.pid = pid;
	if (!process_exists(pid))
		fail(EXIT_PROCESS, "there is no process %d", pid);
	if (migrate.told) {
		process_open(&migrate.process, pid);
		migrate.before = count_pages(&migrate.process);
	}
	move(&migrate);
	check_error(&migrate);
	if (migrate.told) {
		migrate.after = count_pages(&migrate.process);
		judge_left(&migrate);
	}
	print(&migrate);
	return exit_code(&migrate);
}

const struct command migrate_command = {
	.name = "migrate",
	.summary = "migrate PID FROM TO: the pages of a process to other nodes, with a true count",
	.usage =
		"usage: strictbind migrate [options] PID FROM TO\n"
		"\n"
		"Moves the pages of a process that are on the nodes FROM to the nodes TO, and tells how\n"
		"many could not be moved and where they are. Nodes are written as numactl takes them:\n"
		"0,2-3 or all or !1 or +0. Ctrl-C ends it between two chunks: what has moved stays\n"
		"moved, and what is left is told.\n"
		"\n"
		"  -t, --threads N   how many threads may move pages\n"
		"      --stall-us N  how long one chunk may keep page faults waiting, in microseconds\n"
		"  -q, --quiet       no progress bar\n"
		"  -j, --json        JSON instead of tables\n"
		"  -h, --help        this text\n"
		"\n"
		"Exits with 0 when all has moved, 1 when some pages could not, 2 after bad arguments, 3\n"
		"when there is no such process, 4 without permission, 5 where migrate_pages is refused, 6\n"
		"when the new nodes are full, 130 after Ctrl-C.\n",
	.run = run,
};
