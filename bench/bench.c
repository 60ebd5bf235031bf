/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <getopt.h>
#include <numaif.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "bench.h"
#include "first.h"

void bench_run(const struct bench *bench, const struct comparison *comparison)
{
	struct ratio ratio = measure_pairs(comparison, bench->pairs);

	report_ratio(bench->output, comparison, &ratio);
}

static int count_nodes(void)
{
	unsigned long mask[16] = { 0 };
	int nodes = 0;

	if (syscall(SYS_get_mempolicy, NULL, mask, 1024UL, NULL, MPOL_F_MEMS_ALLOWED) < 0)
		return 1;
	for (size_t i = 0; i < 16; i++)
		nodes += __builtin_popcountl(mask[i]);
	return nodes;
}

/* A little more than half a node. */
static size_t room_on_node(int nodes)
{
	struct sysinfo info;

	sysinfo(&info);
	return info.totalram * info.mem_unit / (size_t)nodes / 16 * 9;
}

static void usage(FILE *file, int status)
{
	fprintf(file,
		"usage: bench [--json] [--table] [--pairs N] [--size MIB] [--busy N] [--only CASE,...]\n"
		"--json: one object on a line; with --table both.\n"
		"--size: of ranges, where a case does not want a certain one; 1024.\n"
		"--busy: so many processes compute all the while; for the cases beside-.\n"
		"CASE: the beginning of a name, as in the table:\n"
		"  call-         calls that move nothing; count- what system calls these make\n"
		"  move-, size-  strict moves of base and huge pages; threads- by number of threads\n"
		"  sparse        a terabyte that is nearly empty\n"
		"  pinned-       with pages that cannot move\n"
		"  together-     threads that each move memory of their own at the same time\n"
		"  stalled-, stall-  another thread faults: time, and its worst wait\n"
		"  locked-       what another thread waits for while the kernel alone moves\n"
		"  beside-       another thread faults elsewhere or in the range (renew), maps, or computes\n"
		"  locate-       where pages are\n"
		"  migrate       a process\n"
		"  first-        the first call of a process, alone and in 64 at once, as root and user\n");
	exit(status);
}

/* Processes that compute until this one ends. */
static void start_busy(int count)
{
	for (int i = 0; i < count; i++) {
		pid_t child = fork();

		if (child < 0) {
			perror("fork");
			exit(1);
		}
		if (child == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				continue;
		}
	}
}

static void read_options(struct bench *bench, int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },	   { "table", no_argument, NULL, 't' },
		{ "pairs", required_argument, NULL, 'p' }, { "size", required_argument, NULL, 's' },
		{ "only", required_argument, NULL, 'o' },  { "busy", required_argument, NULL, 'b' },
		{ "help", no_argument, NULL, 'h' },	   { NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'j')
			bench->output.json = true;
		else if (option == 't')
			bench->output.table = true;
		else if (option == 'p')
			bench->pairs = atoi(optarg);
		else if (option == 's')
			bench->size = strtoul(optarg, NULL, 10) * MIB;
		else if (option == 'o')
			bench->only = optarg;
		else if (option == 'b')
			bench->busy = atoi(optarg);
		else
			usage(option == 'h' ? stdout : stderr, option == 'h' ? 0 : 2);
	}
	if (optind < argc || bench->pairs < 1 || bench->size == 0 || bench->busy < 0)
		usage(stderr, 2);
	bench->output.table |= !bench->output.json;
}

int main(int argc, char **argv)
{
	struct bench bench = { .pairs = 7, .nodes = count_nodes(), .size = GIB };

	if (first_asked(argc, argv))
		return first_program(argv);
	read_options(&bench, argc, argv);
	bench.room = room_on_node(bench.nodes);
	bench.size = bench_fit(&bench, bench.size);
	report_begin(bench.output, bench.nodes);
	start_busy(bench.busy);
	bench_calls(&bench);
	bench_moves(&bench);
	bench_pinned(&bench);
	bench_together(&bench);
	bench_stalls(&bench);
	bench_locate(&bench);
	bench_migrate(&bench);
	bench_first(&bench);
	return 0;
}
