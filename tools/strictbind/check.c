/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* strictbind check: the memory of processes against their policies. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "patience.h"
#include "screen.h"

enum { OPTION_OPENMETRICS = 1, OPTION_PATIENCE, SECONDS_MOST = 86400, SECONDS_USUAL = 2 };

static unsigned seconds_of(const char *text)
{
	return (unsigned)number_argument("--watch", text, 1, SECONDS_MOST);
}

static void take_option(struct check *check, int option)
{
	struct look_options *look = &check->look;

	check->json |= option == 'j';
	check->map |= option == 'm';
	check->misplaced_only |= option == 'w';
	check->all |= option == 'a' || option == 'c';
	check->openmetrics |= option == OPTION_OPENMETRICS;
	if (option == OPTION_PATIENCE)
		check->patience = patience_argument(optarg);
	look->own |= option == 'o';
	look->every_page |= option == 'e';
	look->judge.spread |= option == 's';
	if (option == 'n') {
		look->judge.asked = true;
		look->judge.nodes = nodes_argument("--nodes", optarg);
	}
	if (option == 'c')
		check->cgroup = optarg;
	if (option == 'W') {
		check->watch = true;
		if (optarg)
			check->seconds = seconds_of(optarg);
	}
}

/* --watch 5 is taken as well as --watch=5, as long as it is not the number of the process. */
static void take_arguments(struct check *check, int argc, char **argv)
{
	if (check->watch && !check->seconds && argc == (check->all ? 1 : 2)) {
		check->seconds = seconds_of(*argv++);
		argc--;
	}
	if (!check->seconds)
		check->seconds = SECONDS_USUAL;
	if (check->all ? argc != 0 : argc != 1)
		fail(EXIT_USAGE, "check: takes one PID, or --all or --cgroup (see strictbind check "
				 "--help)");
	if (!check->all)
		check->pid = pid_argument(*argv);
}

/* What cannot be had together. */
static void refuse_pairs(const struct check *check)
{
	const struct {
		bool on;
		const char *name;
	} outputs[] = {
		{ check->map, "--map" },
		{ check->json, "--json" },
		{ check->openmetrics, "--openmetrics" },
		{ check->watch, "--watch" },
	};
	const char *first = NULL;

	for (size_t i = 0; i < sizeof(outputs) / sizeof(*outputs); i++) {
		if (!outputs[i].on)
			continue;
		if (first)
			fail(EXIT_USAGE, "check: %s and %s exclude each other", first,
			     outputs[i].name);
		first = outputs[i].name;
	}
	if (check->map && check->all)
		fail(EXIT_USAGE, "check: --map is for one process");
}

static void read_options(struct check *check, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "map", no_argument, NULL, 'm' },
		{ "misplaced", no_argument, NULL, 'w' },
		{ "own", no_argument, NULL, 'o' },
		{ "nodes", required_argument, NULL, 'n' },
		{ "spread", no_argument, NULL, 's' },
		{ "every-page", no_argument, NULL, 'e' },
		{ "all", no_argument, NULL, 'a' },
		{ "cgroup", required_argument, NULL, 'c' },
		{ "openmetrics", no_argument, NULL, OPTION_OPENMETRICS },
		{ "watch", optional_argument, NULL, 'W' },
		{ "patience", required_argument, NULL, OPTION_PATIENCE },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = next_option(&check_command, argc, argv, "hjmwon:seac:W::", longs)) != -1)
		take_option(check, option);
	refuse_pairs(check);
	take_arguments(check, argc - optind, argv + optind);
}

static bool check_one(const struct check *check)
{
	struct finding finding = { 0 };
	enum process_state state;
	FILE *file;

	process_open(&finding.process, check->pid);
	if (check->map)
		check_call("move_pages");
	state = finding_look(&finding, &check->look);
	if (state != PROCESS_FINE)
		process_end(&finding.process, state);
	file = output_begin();
	if (check->json)
		check_one_json(check, &finding, file);
	else
		check_one_print(check, &finding, file);
	process_check(&finding.process);
	output_end();
	return finding.misplaced != 0;
}

static bool check_all(const struct check *check)
{
	struct survey survey;
	FILE *file;

	survey_make(check, &survey);
	file = output_begin();
	if (check->openmetrics)
		survey_openmetrics(&survey, file);
	else if (check->json)
		survey_json(check, &survey, file);
	else
		survey_print(check, &survey, file);
	output_end();
	return survey.misplaced != 0;
}

static int run(int argc, char **argv)
{
	struct check check = { .patience = PATIENCE_USUAL };
	bool misplaced;

	read_options(&check, argc, argv);
	if (check.watch)
		screen_remember();
	patience_begin(check.patience, check.all, check.watch ? screen_put_back : NULL);
	if (check.watch)
		misplaced = check_watch(&check);
	else if (check.all || check.openmetrics)
		misplaced = check_all(&check);
	else
		misplaced = check_one(&check);
	return misplaced ? EXIT_ANSWER : EXIT_FINE;
}

const struct command check_command = {
	.name = "check",
	.summary = "check PID: where the memory of a process is, against its policies",
	.usage =
		"usage: strictbind check [options] PID\n"
		"       strictbind check [options] --all | --cgroup PATH\n"
		"\n"
		"Shows each mapping of a process: its policy, its pages on each node, and how many of\n"
		"them are misplaced, on a node that the policy does not name, or, where it names none,\n"
		"outside the cpuset, with the reason where it can be told. With --all, a line for each\n"
		"process that one may look at, the worst first. Counts are in base pages.\n"
		"\n"
		"  -n, --nodes NODES   judge by these where a policy names no nodes, not by the cpuset\n"
		"  -s, --spread        interleaved pages count that are too many on one node\n"
		"  -o, --own           pages that are mapped more than once do not count\n"
		"  -e, --every-page    look for reasons page by page, however long it takes\n"
		"  -a, --all           every process\n"
		"  -c, --cgroup PATH   the processes of a cgroup and of those below\n"
		"  -w, --misplaced     only mappings, or processes, with misplaced pages\n"
		"  -W, --watch[=SECS]  again every 2 or so many seconds, until q or Ctrl-C\n"
		"  -m, --map           draw the address space, a cell for each stretch of memory\n"
		"  -j, --json          JSON instead of a table\n"
		"      --openmetrics   text for the collectors of Prometheus and its like\n"
		"      --patience N    give a process up that keeps the kernel waiting for N seconds;\n"
		"                      20, or 0 for never\n"
		"  -h, --help          this text\n"
		"\n"
		"Exits with 0 when no page is misplaced, 1 when some are, 2 after bad arguments, 3 when\n"
		"there is no such process, 4 without permission, 5 where the kernel does not\n"
		"tell, 6 when it has kept the command waiting for too long.\n",
	.run = run,
};
