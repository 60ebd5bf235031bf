/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * random: random ranges and calls, and what comes of them compared with a model of the contract.
 *
 *   random [--seed S] [--ranges N] [--migrations M] [--raw] [--through libnuma|syscall]
 *          [--only rK|mK] [--verbose] [--json]
 *
 * Case K of a seed is the same on every machine with the same nodes, whatever ran before it. --raw
 * makes the same calls by the system calls themselves and tells how often the kernel alone is off the
 * contract. --through makes them as other programs do, by mbind(3) and migrate_pages(3) of libnuma or by
 * syscall(), for a run under the preload library: without options and reports. Exit status: 0 nothing
 * off, or --raw; 1 something off; 2 could not run.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "call.h"
#include "model_mbind.h"
#include "crew.h"
#include "model_migrate.h"
#include "raw.h"
#include "stage.h"
#include "tally.h"

struct options {
	uint64_t seed, ranges, migrations;
	char only; /* 'r', 'm' or 0 */
	uint64_t only_number;
};

static struct tally tally;
static enum way way = WAY_LIBRARY;
static struct world world;
static char scene_text[4000], call_text[400];

static void tell_case(char call, uint64_t number, const char *result)
{
	if (tally.verbose)
		printf("%c%" PRIu64 ": %s -> %s; pages: %s\n", call, number, call_text, result,
		       scene_text);
}

/* Ranges -------------------------------------------------------------------------------------- */

static void compare_range(struct stage *stage, const struct mbind_call *call,
			  const struct outcome *outcome, struct verdict *verdict)
{
	static struct mbind_model model;
	unsigned excused;

	mbind_expect(&model, &stage->scene, &world, call);
	mbind_compare(verdict, &model, &stage->scene, call, outcome, &stage->sight, tally.raw);
	tally.unknown += !tally.raw && call->report && model.unknown_allowed &&
			 outcome->report.unmoved == STRICTBIND_UNKNOWN;
	if (verdict->sort == SORT_NONE)
		return;
	excused = mbind_excuse_huge(&stage->scene, &model, call, &stage->sight);
	if (!excused)
		return;
	tally.excused += excused;
	mbind_expect(&model, &stage->scene, &world, call);
	mbind_compare(verdict, &model, &stage->scene, call, outcome, &stage->sight, tally.raw);
}

static void run_range(struct stage *stage, uint64_t number)
{
	static const struct scene_size size = { 9, 12, 5 };
	struct rng rng = rng_for(tally.seed, STREAM_RANGE, number);
	struct rng call_rng = rng_for(tally.seed, STREAM_RANGE_CALL, number);
	struct verdict verdict;
	struct mbind_call call;
	struct outcome outcome;
	char result[32];

	scene_build(&stage->scene, &world, &rng, &size);
	if (stage->scene.broken) {
		tally.left_out++;
	} else {
		mbind_pick(&call, &stage->scene, &call_rng);
		if (way != WAY_LIBRARY)
			call.report = call.with_options = false;
		mbind_do(&call, way, &outcome);
		scene_look(&stage->scene, &stage->sight);
		mbind_print(&call, call_text, sizeof(call_text));
		scene_print(&stage->scene, scene_text, sizeof(scene_text));
		outcome_print(outcome.result, outcome.error, result, sizeof(result));
		tell_case('r', number, result);
		compare_range(stage, &call, &outcome, &verdict);
		tally.ranges++;
		if (verdict.sort != SORT_NONE)
			tally_off(&tally, 'r', number, &verdict, call_text, scene_text);
	}
	scene_destroy(&stage->scene, &world);
}

/* Migrations ---------------------------------------------------------------------------------- */

/* A page that is just being written to or copied cannot be moved: seen once in some thousand calls. */
enum { MOST_EXCUSED = 2 };

static void compare_migration(struct stage *stage, const struct migrate_call *call,
			      const struct outcome *outcome, struct verdict *verdict)
{
	static struct migrate_model model;
	unsigned huge, others;

	migrate_expect(&model, &stage->scene, &stage->before, call);
	migrate_compare(verdict, &model, &stage->scene, &stage->before, &stage->after, call,
			outcome, &stage->sight, tally.raw);
	if (verdict->sort == SORT_NONE || tally.raw)
		return;
	huge = migrate_excuse_huge(&stage->scene, &model, call->pid, &stage->sight);
	others = migrate_excuse_crowd(&stage->before, &model, &stage->after);
	if (!(huge + others) || others > MOST_EXCUSED)
		return;
	tally.excused += huge + others;
	migrate_expect(&model, &stage->scene, &stage->before, call);
	migrate_compare(verdict, &model, &stage->scene, &stage->before, &stage->after, call,
			outcome, &stage->sight, tally.raw);
}

/*
 * Code and data that a first call touches for the first time would change the crowd between the looks:
 * one call that nobody judges.
 */
static void warm_up(const struct actor *actor)
{
	struct rng rng = rng_for(tally.seed, STREAM_MIGRATION_CALL, UINT64_MAX);
	struct migrate_call call;
	struct outcome outcome;

	actor_build(actor, tally.seed, 0);
	if (!actor->stage->scene.broken) {
		migrate_pick(&call, &rng);
		call.pid = actor->pid;
		if (way != WAY_LIBRARY)
			call.report = call.with_options = false;
		migrate_do(&call, way, &outcome);
		actor_look(actor);
	}
	actor_destroy(actor);
}

static void run_migration(const struct actor *actor, uint64_t number)
{
	struct rng rng = rng_for(tally.seed, STREAM_MIGRATION_CALL, number);
	struct stage *stage = actor->stage;
	struct verdict verdict;
	struct migrate_call call;
	struct outcome outcome;
	char result[32];

	actor_build(actor, tally.seed, number);
	if (stage->scene.broken) {
		tally.left_out++;
	} else {
		migrate_pick(&call, &rng);
		call.pid = actor->pid;
		if (way != WAY_LIBRARY)
			call.report = call.with_options = false;
		migrate_print(&call, call_text, sizeof(call_text));
		scene_print(&stage->scene, scene_text, sizeof(scene_text));
		migrate_do(&call, way, &outcome);
		actor_look(actor);
		outcome_print(outcome.result, outcome.error, result, sizeof(result));
		tell_case('m', number, result);
		compare_migration(stage, &call, &outcome, &verdict);
		tally.migrations++;
		if (verdict.sort != SORT_NONE)
			tally_off(&tally, 'm', number, &verdict, call_text, scene_text);
	}
	actor_destroy(actor);
}

/* Every second one on this process, the others on a child. */
static void run_all(const struct options *options, const struct actor *self,
		    const struct actor *other)
{
	uint64_t number = options->only_number;

	if (options->migrations || options->only == 'm') {
		warm_up(self);
		warm_up(other);
	}
	if (options->only == 'r')
		run_range(self->stage, number);
	else if (options->only == 'm')
		run_migration(number % 2 ? other : self, number);
	if (options->only)
		return;
	for (number = 0; number < options->ranges; number++)
		run_range(self->stage, number);
	for (number = 0; number < options->migrations; number++)
		run_migration(number % 2 ? other : self, number);
}

/* Options ------------------------------------------------------------------------------------- */

static void usage(void)
{
	fprintf(stderr, "usage: random [--seed S] [--ranges N] [--migrations M] [--raw] "
			"[--through libnuma|syscall] [--only rK|mK] [--verbose] [--json]\n");
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
			way = WAY_KERNEL;
			break;
		case 't':
			way = way_named(optarg);
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

int main(int argc, char **argv)
{
	struct options options = parse(argc, argv);
	struct actor self = { .world = &world }, other = { .pid = 0 };
	double start = now();
	int local;

	if (tally.through && !way_keeps_contract(way)) {
		fprintf(stderr, "random: %s is the kernel's: LD_PRELOAD is not set\n",
			tally.through);
		return 2;
	}
	tally.seed = options.seed;
	/* Scenes are small: threads would hardly ever start. */
	sb_crew_eager = true;
	setvbuf(stdout, NULL, _IOLBF, 0);
	stop_numa_balancing();
	local = pick_local(options.seed);
	/* The child first, while there is little that it would share. */
	if (options.migrations || options.only == 'm')
		other = actor_fork(local);
	self.stage = stage_new();
	world_open(&world, local);
	run_all(&options, &self, &other);
	tally_end(&tally, now() - start);
	actor_end(&other);
	world_close(&world);
	if (machine()->node_count < 2 && !tally.ranges_off && !tally.migrations_off)
		fprintf(stderr, "random: one node only, so nothing can be misplaced for long\n");
	return !tally.raw && tally.ranges_off + tally.migrations_off ? 1 : 0;
}
