/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* strictbind_locate() against asking move_pages for the node of each page. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

struct look {
	char *start;
	size_t size;
	/* The query: every page, or the few that are populated. */
	size_t count;
	void **pages;
	int *nodes;
};

static double time_ours(void *context)
{
	const struct look *look = context;
	unsigned long nodes[64];
	uint64_t before = now_ns();

	strictbind_locate(0, look->start, look->size, nodes, 64, NULL);
	return (double)(now_ns() - before);
}

static double time_query(void *context)
{
	const struct look *look = context;
	uint64_t before = now_ns();

	syscall(SYS_move_pages, 0, look->count, look->pages, NULL, look->nodes, 0);
	return (double)(now_ns() - before);
}

static void compare(const struct bench *bench, const char *name, const char *what, struct look look,
		    double aim)
{
	look.pages = calloc(look.count, sizeof(*look.pages));
	look.nodes = calloc(look.count, sizeof(*look.nodes));
	for (size_t i = 0; i < look.count; i++)
		look.pages[i] = look.start + i * (look.size / look.count);
	bench_run(bench, &(struct comparison){ name, what, "move_pages", time_ours, time_query,
					       &look, aim, 0, 0 });
	free(look.pages);
	free(look.nodes);
}

static void compare_full(const struct bench *bench, const char *name, bool huge, double aim)
{
	struct look look = { .size = bench->size };
	char what[80];

	if (!bench_wants(bench, name))
		return;
	snprintf(what, sizeof(what), "locate over %zu MiB of %s pages", look.size / MIB,
		 huge ? "huge" : "base");
	look.start = bench_map(look.size, huge);
	look.count = look.size / (size_t)sysconf(_SC_PAGESIZE);
	compare(bench, name, what, look, aim);
	bench_unmap(look.start, look.size);
}

static void compare_sparse(const struct bench *bench, const char *name, double aim)
{
	struct look look = { .size = TIB, .count = FEW_PAGES };

	if (!bench_wants(bench, name))
		return;
	look.start = bench_map_sparse(look.size);
	compare(bench, name, "locate over 1 TiB with 64 pages in it", look, aim);
	bench_unmap(look.start, look.size);
}

void bench_locate(const struct bench *bench)
{
	compare_full(bench, "locate-base", false, 0.6);
	compare_full(bench, "locate-huge", true, 0.05);
	compare_sparse(bench, "locate-sparse", 3);
}
