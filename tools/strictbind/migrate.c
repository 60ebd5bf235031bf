/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* strictbind migrate: the pages of a process, to other nodes, with a true count. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <strictbind.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "left.h"
#include "node_pages.h"
#include "nodes.h"
#include "patience.h"
#include "preload_limits.h"
#include "process.h"
#include "progress.h"
#include "table.h"

struct migrate {
	bool json;
	bool quiet;
	unsigned long threads;
	unsigned long patience;
	unsigned long stall_us;
	struct nodes from;
	struct nodes to;
	bool told; /* /proc is there to tell where pages are */
	struct process process;
	struct node_pages pages;
	struct left left;
	long result;
	int error;
	struct strictbind_report report;
};

enum { OPTION_STALL = 1, OPTION_PATIENCE };

static void read_options(struct migrate *migrate, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "threads", required_argument, NULL, 't' },
		{ "stall-us", required_argument, NULL, OPTION_STALL },
		{ "patience", required_argument, NULL, OPTION_PATIENCE },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = next_option(&migrate_command, argc, argv, "+hjqt:", longs)) != -1) {
		migrate->json |= option == 'j';
		migrate->quiet |= option == 'q';
		if (option == 't')
			migrate->threads = number_argument("--threads", optarg, 1, SB_MOST_THREADS);
		if (option == OPTION_PATIENCE)
			migrate->patience = patience_argument(optarg);
		if (option == OPTION_STALL)
			migrate->stall_us =
				number_argument("--stall-us", optarg, 1, SB_MOST_STALL_US);
	}
	if (argc - optind != 3)
		fail(EXIT_USAGE, "migrate: takes PID, FROM and TO (see strictbind migrate --help)");
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
	struct nodes emptied = nodes_without(&migrate->from, &migrate->to);

	left_begin(&migrate->left, &options, &emptied);
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
		node_pages_json(&json, &migrate->pages, &migrate->process);
		left_json(&json, &migrate->left, report, &migrate->process);
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
			node_pages_print(&migrate->pages, &migrate->process, file);
			left_print(&migrate->left, &migrate->report, &migrate->process, file);
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
	struct migrate migrate = { .patience = PATIENCE_USUAL };
	int pid;

	read_options(&migrate, argc, argv);
	argv += optind;
	pid = pid_argument(argv[0]);
	migrate.from = nodes_argument("FROM", argv[1]);
	migrate.to = nodes_argument("TO", argv[2]);
	patience_begin(migrate.patience, false, NULL);
	patience_with(pid);
	/* Nothing else about it is worth saying then. */
	check_call("migrate_pages");
	migrate.told = access("/proc/self/stat", F_OK) == 0;
	migrate.process.pid = pid;
	if (!process_exists(pid))
		fail(EXIT_PROCESS, "there is no process %d", pid);
	if (migrate.told) {
		process_open(&migrate.process, pid);
		node_pages_before(&migrate.pages, &migrate.process);
	}
	move(&migrate);
	check_error(&migrate);
	if (migrate.told)
		node_pages_after(&migrate.pages, &migrate.process);
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
		"      --patience N  give up when the kernel keeps it waiting for N seconds; 20, 0 never\n"
		"  -q, --quiet       no progress bar\n"
		"  -j, --json        JSON instead of tables\n"
		"  -h, --help        this text\n"
		"\n"
		"Exits with 0 when all has moved, 1 when some pages could not, 2 after bad arguments, 3\n"
		"when there is no such process, 4 without permission, 5 where migrate_pages is refused, 6\n"
		"when the new nodes are full, or it has waited for too long, 130 after Ctrl-C.\n",
	.run = run,
};
