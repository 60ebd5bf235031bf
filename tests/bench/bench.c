/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <getopt.h>
#include <numaif.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

#define HUGE_PAGE (2 * MIB)

bool bench_wants(const struct bench *bench, const char *name)
{
	return !bench->only || strncmp(name, bench->only, strlen(bench->only)) == 0;
}

void bench_run(const struct bench *bench, const struct comparison *comparison)
{
	struct ratio ratio;

	if (!bench_wants(bench, comparison->name))
		return;
	ratio = measure_pairs(comparison, bench->pairs);
	report_ratio(bench->json, comparison, &ratio);
}

char *bench_map(size_t size, bool huge)
{
	/* Aligned so that huge pages fit; what sticks out is given back. */
	char *whole = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *start;

	if (whole == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	start = (char *)(((unsigned long)whole + HUGE_PAGE - 1) & -HUGE_PAGE);
	if (start > whole)
		munmap(whole, (size_t)(start - whole));
	munmap(start + size, (size_t)(whole + HUGE_PAGE - start));
	madvise(start, size, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	memset(start, 1, size);
	return start;
}

void bench_unmap(char *start, size_t size)
{
	munmap(start, size);
}

struct target bench_target(const struct bench *bench, int node)
{
	if (bench->nodes == 1)
		return (struct target){ MPOL_LOCAL, 0, 0 };
	return (struct target){ MPOL_BIND, 1UL << node, 65 };
}

long raw_mbind(void *start, size_t size, const struct target *target, unsigned flags)
{
	return syscall(SYS_mbind, start, size, target->mode, target->maxnode ? &target->mask : NULL,
		       target->maxnode, flags);
}

void bench_reset(const struct bench *bench, char *start, size_t size)
{
	struct target home = bench_target(bench, 0);

	if (bench->nodes > 1)
		raw_mbind(start, size, &home, MPOL_MF_MOVE);
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

static void usage(void)
{
	fprintf(stderr, "usage: bench [--json] [--pairs N] [--only CASE]\n");
	exit(2);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "pairs", required_argument, NULL, 'p' },
		{ "only", required_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 },
	};
	struct bench bench = { .pairs = 7, .nodes = count_nodes() };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'j')
			bench.json = true;
		else if (option == 'p')
			bench.pairs = atoi(optarg);
		else if (option == 'o')
			bench.only = optarg;
		else
			usage();
	}
	if (optind < argc || bench.pairs < 1)
		usage();
	report_begin(bench.json);
	bench_calls(&bench);
	bench_moves(&bench);
	bench_pinned(&bench);
	report_end(bench.json);
	return 0;
}
