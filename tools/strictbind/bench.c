/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* strictbind bench: a short selection of the cases of bench/, on this machine. */
#include <strictbind.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench.h"
#include "command.h"
#include "nodes.h"
#include "table.h"
#include "terminal.h"

/* What fits in some seconds. Beginnings of names, as --only takes them. */
#define BENCH_CASES                                                                                \
	"call-set-4k,call-strict-256k,call-move-256k,move-base,move-huge,threads-2,stall-16m,"     \
	"stall-64m,locate-base,migrate"

enum { MOST_RESULTS = 64 };

struct result {
	const char *name;
	const char *what;
	const char *against;
	struct ratio ratio;
};

static struct result results[MOST_RESULTS];
static int count;

static void read_options(struct bench *bench, bool *json, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },	   { "json", no_argument, NULL, 'j' },
		{ "pairs", required_argument, NULL, 'p' }, { "size", required_argument, NULL, 's' },
		{ "only", required_argument, NULL, 'o' },  { NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = next_option(&bench_command, argc, argv, "hjp:s:o:", longs)) != -1) {
		*json |= option == 'j';
		if (option == 'p')
			bench->pairs = (int)number_argument("--pairs", optarg, 1, 1000);
		if (option == 's')
			bench->size = number_argument("--size", optarg, 1, 1UL << 30) * MIB;
		if (option == 'o')
			bench->only = optarg;
	}
	if (optind < argc)
		fail(EXIT_USAGE, "bench: takes no argument: '%s'", argv[optind]);
}

/* ---- what there is to measure with ---- */

/* A little more than half of what is free on each of the nodes: nobody else is to run short. */
static size_t find_room(const struct nodes *nodes)
{
	size_t least = SIZE_MAX;

	for (int node = 0; node < NODES_MOST; node++) {
		size_t free = nodes_has(nodes, node) ? nodes_free(node, 0) : SIZE_MAX;

		if (free < least)
			least = free;
	}
	return least / 16 * 9;
}

/* Pages move between nodes 0 and 1 where this process may use both, else from a node to itself. */
static void find_nodes(struct bench *bench)
{
	struct nodes nodes = { .words = { 3 } };
	struct nodes allowed = nodes_allowed();
	struct nodes missing = nodes_without(&nodes, &allowed);

	bench->nodes = nodes_empty(&missing) ? 2 : 1;
	bench->room = find_room(bench->nodes == 2 ? &nodes : &allowed);
}

/* ---- what the cases call for each comparison ---- */

void bench_run(const struct bench *bench, const struct comparison *comparison)
{
	struct result *result = &results[count];

	if (count == MOST_RESULTS)
		return;
	if (terminal_draws(STDERR_FILENO))
		fprintf(stderr, "\r%s ...\033[K", comparison->name);
	count++;
	result->name = print_new("%s", comparison->name);
	result->what = print_new("%s", comparison->what);
	result->against = print_new("%s", comparison->against);
	result->ratio = measure_pairs(comparison, bench->pairs);
}

/* ---- output ---- */

static const char *print_time(double ns)
{
	double size = ns < 0 ? -ns : ns;

	if (size < 10e3)
		return print_new("%.0f ns", ns);
	if (size < 10e6)
		return print_new("%.1f us", ns / 1e3);
	return print_new("%.1f ms", ns / 1e6);
}

static void print_table(const struct nodes *machine, const struct utsname *kernel, FILE *file)
{
	struct table table = { .fold = "WHAT" };
	static const char *const titles[] = { "CASE",  "RATIO", "SPREAD", "STRICTBIND",
					      "OTHER", "PAIRS", "WHAT" };

	print_wrapped(
		file, 0, terminal_text_width(),
		print_new(
			"Linux %s, %s, %ld processors. Ratio: strictbind / other, median of "
			"pairs, each taken as A B B A; spread: without the lowest and the highest "
			"tenth of them.",
			kernel->release, nodes_describe(machine), sysconf(_SC_NPROCESSORS_ONLN)));
	fputc('\n', file);
	for (int i = 0; i < 7; i++)
		table_column(&table, titles[i], i > 0 && i < 6);
	for (int i = 0; i < count; i++) {
		const struct result *result = &results[i];

		table_cell(&table, "%s", result->name);
		table_cell(&table, "%.3f", result->ratio.median);
		table_cell(&table, "%.2f-%.2f", result->ratio.low, result->ratio.high);
		table_cell(&table, "%s", print_time(result->ratio.ours));
		table_cell(&table, "%s", print_time(result->ratio.theirs));
		table_cell(&table, "%d", result->ratio.pairs);
		table_cell(&table, "%s, against %s", result->what, result->against);
	}
	table_print(&table, file);
}

static void print_json(const struct nodes *machine, const struct utsname *kernel, FILE *file)
{
	struct json json = { .file = file };

	json_begin(&json, NULL, '{');
	json_text(&json, "kernel", kernel->release);
	json_number(&json, "nodes", (unsigned long)nodes_weight(machine));
	json_begin(&json, "cases", '[');
	for (int i = 0; i < count; i++) {
		const struct result *result = &results[i];

		json_begin(&json, NULL, '{');
		json_text(&json, "name", result->name);
		json_text(&json, "what", result->what);
		json_text(&json, "against", result->against);
		json_real(&json, "median", result->ratio.median);
		json_real(&json, "low", result->ratio.low);
		json_real(&json, "high", result->ratio.high);
		json_real(&json, "ours_ns", result->ratio.ours);
		json_real(&json, "theirs_ns", result->ratio.theirs);
		json_number(&json, "pairs", (unsigned long)result->ratio.pairs);
		json_end(&json, '}');
	}
	json_end(&json, ']');
	json_end(&json, '}');
}

static int run(int argc, char **argv)
{
	struct nodes machine = nodes_of_machine();
	struct bench bench = { .pairs = 5, .size = 64 * MIB, .only = BENCH_CASES };
	struct utsname kernel;
	bool json = false;
	FILE *file;

	read_options(&bench, &json, argc, argv);
	uname(&kernel);
	check_call("mbind");
	check_call("move_pages");
	check_call("migrate_pages");
	find_nodes(&bench);
	bench.size = bench_fit(&bench, bench.size);
	if (bench.size < MIB)
		fail(EXIT_FAILED, "bench: no memory node has 2M free to measure with");
	bench_calls(&bench);
	bench_moves(&bench);
	bench_stalls(&bench);
	bench_locate(&bench);
	bench_migrate(&bench);
	if (terminal_draws(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	if (count == 0)
		fail(EXIT_USAGE, "bench: --only '%s' names no case%s", bench.only,
		     bench.nodes == 1 ? " that can be measured with one memory node" : "");
	file = output_begin();
	if (json)
		print_json(&machine, &kernel, file);
	else
		print_table(&machine, &kernel, file);
	output_end();
	return EXIT_FINE;
}

const struct command bench_command = {
	.name = "bench",
	.summary = "bench: what it costs on this machine, against the system calls",
	.usage =
		"usage: strictbind bench [options]\n"
		"\n"
		"Measures a short selection of cases, in a few seconds: single calls, a strict move, how\n"
		"long a move keeps page faults waiting, and where pages are, each against what there is\n"
		"without libstrictbind. On a machine with one node, pages move from the node to itself.\n"
		"\n"
		"  -p, --pairs N     measurements of each case, 5\n"
		"  -s, --size MIB    of the memory that moves, 64\n"
		"  -o, --only CASE,...  cases whose names begin so\n"
		"  -j, --json        JSON instead of a table\n"
		"  -h, --help        this text\n"
		"\n"
		"Exits with 0, 2 after bad arguments, 5 where mbind, migrate_pages or\n"
		"move_pages is refused, 6 where hardly any memory is free.\n",
	.run = run,
};
