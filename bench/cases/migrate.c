/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Migrating the calling process from one node to another. */
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

static const unsigned long node0 = 1, node1 = 2;

/* Context: the number of threads to ask for, or 0. */
static double time_ours(void *context)
{
	struct strictbind_options options = { .size = sizeof(options),
					      .threads = *(unsigned long *)context };
	uint64_t before;

	syscall(SYS_migrate_pages, 0, 65UL, &node1, &node0);
	before = now_ns();
	strictbind_migrate_pages_opt(0, 65, &node0, &node1, options.threads ? &options : NULL,
				     NULL);
	return (double)(now_ns() - before);
}

static double time_raw(void *context)
{
	uint64_t before;

	(void)context;
	syscall(SYS_migrate_pages, 0, 65UL, &node1, &node0);
	before = now_ns();
	syscall(SYS_migrate_pages, 0, 65UL, &node0, &node1);
	return (double)(now_ns() - before);
}

static void compare(const struct bench *bench, const char *name, unsigned long threads)
{
	size_t size = bench_fit(bench, 150 * MIB);
	char what[80];
	char *start;

	if (!bench_wants(bench, name))
		return;
	if (bench->nodes == 1) {
		report_skipped(bench->output, name,
			       "this machine has one memory node, it takes two");
		return;
	}
	snprintf(what, sizeof(what), "migrate a process of %zu MiB, %lu thread(s)", size / MIB,
		 threads ? threads : 1);
	start = bench_map(size, false);
	bench_run(bench, &(struct comparison){ name, what, "raw", time_ours, time_raw, &threads,
					       1.3, 0, 0 });
	bench_unmap(start, size);
}

void bench_migrate(const struct bench *bench)
{
	compare(bench, "migrate", 0);
	compare(bench, "migrate-threads-2", 2);
}
