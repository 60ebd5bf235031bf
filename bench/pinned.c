/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strict moves of memory with pages in it that cannot be moved, and the price of their count. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bench.h"

/* Pins count pages spread over the range, by putting them into pipes. Returns the pipes' number. */
static size_t pin(const struct move *move, size_t count, int (*pipes)[2])
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t step = move->size / count / page * page;
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		struct iovec page_of = { move->start + i * step, 1 };

		/* A pipe takes 16 pages. */
		if (i % 16 == 0 && pipe2(pipes[used++], O_CLOEXEC | O_NONBLOCK) < 0)
			return used - 1;
		if (vmsplice(pipes[used - 1][1], &page_of, 1, 0) < 0)
			return used;
	}
	return used;
}

static void compare(const struct bench *bench, const char *name, size_t count, bool huge,
		    double aim)
{
	struct move move = { .bench = bench, .size = bench->size, .counts = true };
	int(*pipes)[2];
	char what[80];
	size_t used;

	if (!bench_wants(bench, name))
		return;
	pipes = calloc(count / 16 + 1, sizeof(*pipes));
	move.start = bench_map(move.size, huge);
	move_back(&move);
	used = pin(&move, count, pipes);
	snprintf(what, sizeof(what), "strict move of %zu MiB with %zu pinned %spages, counted",
		 move.size / MIB, count, huge ? "huge " : "");
	bench_run(bench, &(struct comparison){ name, what, "raw, not counted", time_move_ours,
					       time_move_raw, &move, aim, 0, 0 });
	for (size_t i = 0; i < used; i++) {
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
	free(pipes);
	bench_unmap(move.start, move.size);
}

void bench_pinned(const struct bench *bench)
{
	compare(bench, "pinned-1", 1, false, 1.15);
	compare(bench, "pinned-100", 100, false, 1.15);
	compare(bench, "pinned-10000", 10000, false, 1.3);
	compare(bench, "pinned-huge-8", 8, true, 2);
}
