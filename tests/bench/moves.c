/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Moves of populated memory: default options, threads, huge pages, pages that cannot be moved. */
#include <fcntl.h>
#include <numaif.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bench.h"

struct buffer {
	const struct bench *bench;
	char *start;
	size_t size;
	unsigned long threads;
	bool counts;
};

static double time_raw(void *context)
{
	struct buffer *buffer = context;
	struct target target = bench_target(buffer->bench, 1);
	uint64_t before;

	bench_reset(buffer->bench, buffer->start, buffer->size);
	before = now_ns();
	raw_mbind(buffer->start, buffer->size, &target, MPOL_MF_MOVE | MPOL_MF_STRICT);
	return (double)(now_ns() - before);
}

static double time_ours(void *context)
{
	struct buffer *buffer = context;
	struct target target = bench_target(buffer->bench, 1);
	struct strictbind_options options = { .size = sizeof(options), .threads = buffer->threads };
	struct strictbind_report report = { .size = sizeof(report) };
	uint64_t before;

	bench_reset(buffer->bench, buffer->start, buffer->size);
	before = now_ns();
	strictbind_mbind_opt(buffer->start, buffer->size, target.mode,
			     target.maxnode ? &target.mask : NULL, target.maxnode,
			     MPOL_MF_MOVE | MPOL_MF_STRICT, buffer->threads ? &options : NULL,
			     buffer->counts ? &report : NULL);
	return (double)(now_ns() - before);
}

static double time_one_thread(void *context)
{
	struct buffer *buffer = context;
	unsigned long threads = buffer->threads;
	double time;

	buffer->threads = 1;
	time = time_ours(buffer);
	buffer->threads = threads;
	return time;
}

static size_t move_size(const struct bench *bench)
{
	/* The lab's nodes are small. */
	return bench->nodes == 1 ? GIB : 100 * MIB;
}

static void compare_move(const struct bench *bench, const char *name, bool huge, unsigned long threads,
			 double at_most)
{
	struct buffer buffer = { bench, NULL, move_size(bench), threads, false };
	char what[80];

	if (!bench_wants(bench, name))
		return;
	snprintf(what, sizeof(what), "strict move of %zu MiB of %s pages, %lu thread(s)",
		 buffer.size / MIB, huge ? "huge" : "base", threads ? threads : 1);
	buffer.start = bench_map(buffer.size, huge);
	bench_run(bench, &(struct comparison){ name, what, "raw", time_ours, time_raw, &buffer, at_most });
	bench_unmap(buffer.start, buffer.size);
}

static void compare_threads(const struct bench *bench, const char *name, unsigned long threads)
{
	struct buffer buffer = { bench, NULL, move_size(bench), threads, false };

	if (!bench_wants(bench, name))
		return;
	buffer.start = bench_map(buffer.size, false);
	bench_run(bench, &(struct comparison){ name, "strict move, threads asked for", "one thread",
					       time_ours, time_one_thread, &buffer, 1.1 });
	bench_unmap(buffer.start, buffer.size);
}

void bench_moves(const struct bench *bench)
{
	compare_move(bench, "move", false, 0, 1.05);
	compare_move(bench, "move-2-threads", false, 2, bench->nodes == 1 ? 0.60 : 1.1);
	compare_move(bench, "move-huge", true, 0, 1.05);
	compare_move(bench, "move-huge-2-threads", true, 2, 1.05);
	compare_threads(bench, "threads-2", 2);
	compare_threads(bench, "threads-4", 4);
}

/* ---- pages that cannot be moved ---- */

/* Pins count pages spread over the buffer, by putting them into pipes. Returns the pipes' number. */
static size_t pin(const struct buffer *buffer, size_t count, int (*pipes)[2])
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t step = buffer->size / count / page * page;
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		struct iovec page_of = { buffer->start + i * step, 1 };

		/* A pipe takes 16 pages. */
		if (i % 16 == 0 && pipe2(pipes[used++], O_CLOEXEC | O_NONBLOCK) < 0)
			return used - 1;
		if (vmsplice(pipes[used - 1][1], &page_of, 1, 0) < 0)
			return used;
	}
	return used;
}

static void compare_pinned(const struct bench *bench, const char *name, size_t count, double at_most)
{
	struct buffer buffer = { bench, NULL, move_size(bench), 0, true };
	int(*pipes)[2];
	char what[80];
	size_t used;

	if (!bench_wants(bench, name))
		return;
	pipes = calloc(count / 16 + 1, sizeof(*pipes));
	buffer.start = bench_map(buffer.size, false);
	bench_reset(bench, buffer.start, buffer.size);
	used = pin(&buffer, count, pipes);
	snprintf(what, sizeof(what), "strict move of %zu MiB with %zu pinned pages, counted",
		 buffer.size / MIB, count);
	bench_run(bench, &(struct comparison){ name, what, "raw, not counted", time_ours, time_raw,
					       &buffer, at_most });
	for (size_t i = 0; i < used; i++) {
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
	free(pipes);
	bench_unmap(buffer.start, buffer.size);
}

void bench_pinned(const struct bench *bench)
{
	compare_pinned(bench, "pinned-1", 1, 1.15);
	compare_pinned(bench, "pinned-100", 100, 1.15);
	compare_pinned(bench, "pinned-10000", 10000, 1.3);
}
