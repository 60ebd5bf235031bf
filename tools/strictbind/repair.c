/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* strictbind repair: the misplaced pages of a process to where its policies want them. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <strictbind.h>
#include <string.h>

#include "command.h"
#include "left.h"
#include "node_pages.h"
#include "patience.h"
#include "preload_limits.h"
#include "process.h"
#include "progress.h"
#include "table.h"

enum { OPTION_PATIENCE = 1 };

struct repair {
	bool json;
	bool quiet;
	bool dry_run;
	bool spread;
	unsigned long threads;
	unsigned long patience;
	struct process process;
	struct node_pages nodes;
	struct left left;
	long misplaced;	      /* before */
	unsigned long uneven; /* pages that have stayed beyond the share of their node */
	bool cancelled;
	struct strictbind_report report;
};

static void read_options(struct repair *repair, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "spread", no_argument, NULL, 's' },
		{ "threads", required_argument, NULL, 't' },
		{ "patience", required_argument, NULL, OPTION_PATIENCE },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = next_option(&repair_command, argc, argv, "hjqnst:", longs)) != -1) {
		repair->json |= option == 'j';
		repair->quiet |= option == 'q';
		repair->dry_run |= option == 'n';
		repair->spread |= option == 's';
		if (option == OPTION_PATIENCE)
			repair->patience = patience_argument(optarg);
		if (option == 't')
			repair->threads = number_argument("--threads", optarg, 1, SB_MOST_THREADS);
	}
	if (argc - optind != 1)
		fail(EXIT_USAGE, "repair: takes one PID (see strictbind repair --help)");
}

/* ---- moving ---- */

/* Of all of its memory, by the policies in force. */
static long look(const struct repair *repair, const struct strictbind_options *options,
		 struct strictbind_report *report)
{
	long misplaced =
		strictbind_check(repair->process.pid, NULL, LONG_MAX, NULL, 0, options, report);

	if (misplaced < 0)
		process_fail(&repair->process, "move_pages", errno);
	return misplaced;
}

static void move_between(struct repair *repair, const void *start, unsigned long length,
			 const struct strictbind_options *options, struct strictbind_report *report)
{
	if (strictbind_enforce(repair->process.pid, start, length, options, report) >= 0)
		return;
	if (errno != ECANCELED)
		process_fail(&repair->process, "move_pages", errno);
	repair->cancelled = true;
}

/* What may be moved together with mappings that are uneven: others are moved for nothing. */
static bool goes_along(const struct mapping *mapping)
{
	return mapping->uneven || policy_spread(mapping->policy) == SPREAD_NONE;
}

/* Few calls, as each looks at all mappings below: of uneven mappings and what is between them. */
static void spread(struct repair *repair, struct strictbind_options options)
{
	const struct mapping *mappings = repair->process.mappings;
	size_t count = repair->process.count, end;

	options.spread = 1;
	options.ranges = NULL;
	for (size_t i = 0; i < count && !repair->cancelled; i = end) {
		end = i + 1;
		if (!mappings[i].uneven)
			continue;
		while (end < count && goes_along(&mappings[end]))
			end++;
		move_between(repair,
			     (const void *)mappings[i].start, // NOLINT(performance-no-int-to-ptr)
			     mappings[end - 1].end - mappings[i].start, &options, NULL);
	}
}

static void move(struct repair *repair, struct strictbind_options *options)
{
	repair->misplaced = look(repair, NULL, NULL) + (long)repair->uneven;
	options->threads = repair->threads;
	options->progress = progress_tell;
	progress_begin(!repair->quiet);
	if (repair->uneven)
		spread(repair, *options);
	/* Also when there is to be no more of it: what has stayed is told. */
	move_between(repair, NULL, LONG_MAX, options, &repair->report);
	progress_end();
}

static void judge_spread(struct repair *repair)
{
	if (repair->spread)
		repair->uneven = left_uneven(&repair->process);
}

static void carry_out(struct repair *repair)
{
	struct strictbind_options options = STRICTBIND_OPTIONS_INIT;
	struct nodes none = { 0 };

	repair->report.size = sizeof(repair->report);
	left_begin(&repair->left, &options, &none);
	node_pages_before(&repair->nodes, &repair->process);
	judge_spread(repair);
	if (repair->dry_run)
		repair->misplaced = look(repair, &options, &repair->report) + (long)repair->uneven;
	else
		move(repair, &options);
	node_pages_after(&repair->nodes, &repair->process);
	judge_spread(repair);
}

/* ---- output ---- */

static unsigned long stayed(const struct repair *repair)
{
	const struct strictbind_report *report = &repair->report;

	/* Of a check shared pages are among the others. */
	return report->unmoved + (repair->dry_run ? 0 : report->shared) + repair->uneven;
}

static bool is_counted(const struct repair *repair)
{
	return repair->report.unmoved != STRICTBIND_UNKNOWN &&
	       repair->report.shared != STRICTBIND_UNKNOWN;
}

static char *print_moved(const struct repair *repair)
{
	unsigned long misplaced = (unsigned long)repair->misplaced;
	unsigned long left = stayed(repair);
	unsigned long moved = misplaced > left ? misplaced - left : 0;

	if (!is_counted(repair))
		return print_new("how many pages are misplaced is not known");
	if (repair->dry_run)
		return left ? print_new("%lu page%s misplaced", left, left == 1 ? " is" : "s are")
			    : print_new("no page is misplaced");
	return print_new("%lu page%s moved to where the policies want %s, %lu stayed", moved,
			 moved == 1 ? "" : "s", moved == 1 ? "it" : "them", left);
}

static void print_verdict(const struct repair *repair, FILE *file)
{
	char *reasons = left_reasons(&repair->left, &repair->report, &repair->process);

	print_paragraph(file, print_new("Process %d (%s)%s: %s%s%s.", repair->process.pid,
					print_harmless(repair->process.name),
					repair->cancelled ? ", cancelled" : "", print_moved(repair),
					*reasons ? ": " : "", reasons));
}

static void print_json(const struct repair *repair, FILE *file)
{
	struct json json = { .file = file };

	json_begin(&json, NULL, '{');
	json_number(&json, "pid", (unsigned long)repair->process.pid);
	json_text(&json, "command", repair->process.name);
	json_bool(&json, "dry_run", repair->dry_run);
	json_bool(&json, "cancelled", repair->cancelled);
	json_number(&json, "misplaced", (unsigned long)repair->misplaced);
	json_count(&json, "unmoved", repair->report.unmoved);
	json_count(&json, "shared", repair->report.shared);
	if (repair->spread)
		json_number(&json, "uneven", repair->uneven);
	node_pages_json(&json, &repair->nodes, &repair->process);
	left_json(&json, &repair->left, &repair->report, &repair->process);
	json_end(&json, '}');
}

static void print(const struct repair *repair)
{
	FILE *file = output_begin();

	if (repair->json) {
		print_json(repair, file);
	} else {
		if (!repair->dry_run)
			node_pages_print(&repair->nodes, &repair->process, file);
		left_print(&repair->left, &repair->report, &repair->process, file);
		print_verdict(repair, file);
	}
	output_end();
}

static int run(int argc, char **argv)
{
	struct repair repair = { .patience = PATIENCE_USUAL };

	read_options(&repair, argc, argv);
	patience_begin(repair.patience, false, NULL);
	check_call("move_pages");
	process_open(&repair.process, pid_argument(argv[optind]));
	carry_out(&repair);
	print(&repair);
	if (repair.cancelled)
		return 128 + progress_signal();
	return !is_counted(&repair) || stayed(&repair) ? EXIT_ANSWER : EXIT_FINE;
}

const struct command repair_command = {
	.name = "repair",
	.summary = "repair PID: misplaced pages of a process to where its policies want them",
	.usage =
		"usage: strictbind repair [options] PID\n"
		"\n"
		"Moves the pages of a process that are on other nodes than the policy of their mapping\n"
		"names, or where it names none, on nodes that the cpuset does not allow. Tells which\n"
		"pages stayed, and why. No policy is changed. Ctrl-C ends it between two chunks: what\n"
		"has moved stays moved.\n"
		"\n"
		"  -n, --dry-run     move nothing, and tell what is misplaced\n"
		"  -s, --spread      also spread interleaved pages as their policy asks\n"
		"  -t, --threads N   how many threads may move pages\n"
		"      --patience N  give up when the kernel keeps it waiting for N seconds; 20, 0 never\n"
		"  -q, --quiet       no progress bar\n"
		"  -j, --json        JSON instead of tables\n"
		"  -h, --help        this text\n"
		"\n"
		"Exits with 0 when no page is misplaced any more, 1 when some are, 2 after bad arguments,\n"
		"3 when there is no such process, 4 without permission, 5 where move_pages is refused,\n"
		"6 when it has waited for too long, 130 after Ctrl-C.\n",
	.run = run,
};
