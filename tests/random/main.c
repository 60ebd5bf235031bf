/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * random: random ranges and calls, and what comes of them compared with a model of the contract.
 *
 *   random [--seed S] [--ranges N] [--migrations M] [--raw] [--through libnuma|syscall]
 *          [--roomy] [--user] [--only rK|mK] [--verbose] [--json]
 *
 * Every case is played twice, on equal fresh layouts: by the system call itself and by the library.
 * Case K of a seed is the same on every machine with the same nodes and the same kinds of memory,
 * whatever ran before it. --raw plays the system calls alone. --through makes them as other
 * programs do, by mbind(3) and migrate_pages(3) of libnuma or by syscall(), for a run under the
 * preload library: alone, and without options and reports. --roomy leaves all nodes as they are,
 * while otherwise some cases meet nodes that are nearly full or have no hugetlb pages. --user:
 * started by root, sets up what only root may, and goes on without privileges. Exit status: 0 the
 * library is never off, or
 * --raw; 1 it is off the contract, or worse than the kernel alone; 2 could not run.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "cases.h"
#include "rights.h"
#include "trial.h"

struct options {
	uint64_t seed, ranges, migrations;
	bool user;
	char only; /* 'r', 'm' or 0 */
	uint64_t only_number;
};

static struct tally tally;
static struct world world;
static struct run run = { .tally = &tally, .world = &world, .way = WAY_LIBRARY };

static void run_all(const struct options *options)
{
	uint64_t number = options->only_number;

	if (options->migrations || options->only == 'm') {
		warm_up(&run, &run.self);
		warm_up(&run, &run.other);
	}
	if (options->only == 'r')
		run_range(&run, number);
	else if (options->only == 'm')
		run_migration(&run, number);
	if (options->only)
		return;
	for (number = 0; number < options->ranges; number++)
		run_range(&run, number);
	for (number = 0; number < options->migrations; number++)
		run_migration(&run, number);
}

/* Options ------------------------------------------------------------------------------------- */

static void usage(void)
{
	fprintf(stderr, "usage: random [--seed S] [--ranges N] [--migrations M] [--raw] "
			"[--through libnuma|syscall] [--roomy] [--user] [--only rK|mK] "
			"[--verbose] [--json]\n");
	exit(2);
}

static uint64_t number_of(const char *text)
{
	char *end;
	uint64_t number = strtoull(text, &end, 10);

	if (!*text || *end)
		usage();
	return number;
}

static enum way way_named(const char *name)
{
	tally.through = name;
	if (strcmp(name, "libnuma") == 0)
		return WAY_LIBNUMA;
	if (strcmp(name, "syscall") != 0)
		usage();
	return WAY_SYSCALL;
}

static void parse_only(struct options *options, const char *text)
{
	options->only = *text == 'm' ? 'm' : 'r';
	options->only_number = number_of(*text == 'm' || *text == 'r' ? text + 1 : text);
}

static struct options parse(int argc, char **argv)
{
	static const struct option names[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "ranges", required_argument, NULL, 'n' },
		{ "migrations", required_argument, NULL, 'm' },
		{ "only", required_argument, NULL, 'o' },
		{ "raw", no_argument, NULL, 'r' },
		{ "through", required_argument, NULL, 't' },
		{ "roomy", no_argument, NULL, 'R' },
		{ "user", no_argument, NULL, 'u' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	struct options options = { .seed = 1, .ranges = 1000, .migrations = 200 };
	int option;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (option) {
		case 's':
			options.seed = number_of(optarg);
			break;
		case 'n':
			options.ranges = number_of(optarg);
			break;
		case 'm':
			options.migrations = number_of(optarg);
			break;
		case 'o':
			parse_only(&options, optarg);
			break;
		case 'r':
			tally.raw = true;
			break;
		case 't':
			run.way = way_named(optarg);
			break;
		case 'u':
			options.user = true;
			break;
		case 'R':
			run.no_room = true;
			break;
		case 'v':
			tally.verbose = true;
			break;
		case 'j':
			tally.json = true;
			break;
		default:
			usage();
		}
	}
	if (optind != argc || (tally.raw && tally.through))
		usage();
	return options;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* A node that has a CPU, by the seed, so that no node is always the local one. */
static int pick_local(uint64_t seed)
{
	const struct machine *m = machine();

	for (int i = 0; i < m->node_count; i++) {
		int node = (int)((seed + (uint64_t)i) % (uint64_t)m->node_count);

		if (run_on_node(m->node[node]))
			return m->node[node];
	}
	return m->node[0];
}

static void open_sides(void)
{
	bool alone = tally.raw || tally.through;

	if (!alone || tally.raw)
		run.sides[SIDE_RAW] = trace_new();
	if (!tally.raw)
		run.sides[SIDE_LIBRARY] = trace_new();
}

static void tell_missing(void)
{
	char text[1000];

	world_print_missing(&world, text, sizeof(text));
	if (*text)
		fprintf(stderr, "random: kinds of memory that cannot be had here: %s\n", text);
	if (!run.no_room && !room_can_fill())
		fprintf(stderr,
			"random: nodes cannot be filled here: too few, too large, or with swap\n");
}

/* What only root may set up; then, if so wished, root no longer. */
static void set_up(const struct options *options)
{
	static const struct rlimit any = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MEMLOCK, &any);
	rights_take();
	large_pages_on();
	if (!options->user)
		return;
	if (become_nobody()) {
		perror("random: --user");
		exit(2);
	}
	machine_again();
}

static void open_world(const struct options *options)
{
	int local;

	setvbuf(stdout, NULL, _IOLBF, 0);
	stop_numa_balancing();
	local = pick_local(options->seed);
	/* The child first, while there is little that it would share. */
	if (options->migrations || options->only == 'm')
		run.other = actor_fork(local);
	run.self = (struct actor){ .stage = stage_new(), .world = &world };
	open_sides();
	world_open(&world, local);
	world_try_kinds(&world, &run.self.stage->scene);
	tell_missing();
}

int main(int argc, char **argv)
{
	struct options options = parse(argc, argv);
	double start = now();

	if (tally.through && !way_keeps_contract(run.way)) {
		fprintf(stderr, "random: %s is the kernel's: LD_PRELOAD is not set\n",
			tally.through);
		return 2;
	}
	tally.seed = options.seed;
	set_up(&options);
	open_world(&options);
	run_all(&options);
	room_leave(&run.room);
	tally_end(&tally, now() - start);
	actor_end(&run.other);
	world_close(&world);
	large_pages_back();
	if (machine()->node_count < 2 && !tally.ranges.off && !tally.migrations.off)
		fprintf(stderr, "random: one node only, so nothing can be misplaced for long\n");
	return tally.ranges.off + tally.migrations.off ? 1 : 0;
}
