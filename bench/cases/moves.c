/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strict moves of populated memory: base pages, huge pages, few pages, threads, sizes. */
#include <numaif.h>
#include <stdio.h>

#include "bench.h"

/* A move in chunks may cost a little, one in one chunk next to nothing. */
static double aim_of(size_t size)
{
	return bench_quirk("locked-while-moving") && size > 2 * MIB ? 1.3 : 1.05;
}

static const char *mode_name(int mode)
{
	return mode == MPOL_PREFERRED	 ? "PREFERRED, "
	       : mode == MPOL_INTERLEAVE ? "INTERLEAVE, "
					 : "";
}

static double time_one_thread(void *context)
{
	struct move move = *(struct move *)context;

	move.threads = 1;
	return time_move_ours(&move);
}

static void compare(const struct bench *bench, const char *name, bool huge, struct move move,
		    double aim)
{
	char what[100];

	if (!bench_wants(bench, name))
		return;
	snprintf(what, sizeof(what), "%sstrict move of %zu MiB of %s pages, %lu thread(s)",
		 mode_name(move.mode), move.size / MIB, huge ? "huge" : "base",
		 move.threads ? move.threads : 1);
	move.bench = bench;
	move.start = bench_map(move.size, huge);
	bench_run(bench, &(struct comparison){ name, what, "raw", time_move_ours, time_move_raw,
					       &move, aim, 0, 0 });
	bench_unmap(move.start, move.size);
}

static void compare_sparse(const struct bench *bench)
{
	struct move move = { .bench = bench, .size = TIB };

	if (!bench_wants(bench, "sparse"))
		return;
	move.start = bench_map_sparse(move.size);
	bench_run(bench, &(struct comparison){ "sparse", "strict move of 1 TiB with 64 pages in it",
					       "raw", time_move_ours, time_move_raw, &move,
					       bench_quirk("stops-at-unmovable") ? 2 : 1.1, 0, 0 });
	bench_unmap(move.start, move.size);
}

static void compare_sizes(const struct bench *bench)
{
	char name[20];

	for (size_t size = MIB; size <= bench->room && size <= GIB; size *= 4) {
		snprintf(name, sizeof(name), "size-%zum", size / MIB);
		compare(bench, name, false, (struct move){ .size = size }, aim_of(size));
	}
}

/* Modes in which the kernel takes other nodes, too, when there is no room: the library looks once
 * more. */
static void compare_modes(const struct bench *bench, size_t size)
{
	static const struct {
		const char *name;
		int mode;
		int nodes; /* that it takes */
	} modes[] = {
		{ "move-preferred", MPOL_PREFERRED, 2 },
		{ "move-interleave", MPOL_INTERLEAVE, 3 },
	};

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		struct move move = { .size = size, .mode = modes[i].mode };

		if (bench->nodes >= modes[i].nodes)
			compare(bench, modes[i].name, false, move, 1.06);
		else if (bench_wants(bench, modes[i].name))
			report_skipped(
				bench->output, modes[i].name,
				"this machine has too few memory nodes for a page to be misplaced");
	}
}

/* Against the raw call, for the curve; and against one thread: asking must never cost much. */
static void compare_threads(const struct bench *bench, size_t size, unsigned long threads)
{
	struct move move = { .bench = bench, .size = size, .threads = threads };
	bool pays = bench->nodes == 1 && threads > 1;
	char name[20];

	snprintf(name, sizeof(name), "move-threads-%lu", threads);
	compare(bench, name, false, move, pays ? 0.6 : aim_of(size));
	snprintf(name, sizeof(name), "threads-%lu", threads);
	if (threads == 1 || !bench_wants(bench, name))
		return;
	move.start = bench_map(size, false);
	bench_run(bench, &(struct comparison){ name, "strict move, threads asked for", "one thread",
					       time_move_ours, time_one_thread, &move, 1.1, 0, 0 });
	bench_unmap(move.start, size);
}

void bench_moves(const struct bench *bench)
{
	size_t size = bench->size;
	struct move one = { .size = size };
	struct move two = { .size = size, .threads = 2 };

	compare(bench, "move-base", false, one, aim_of(size));
	compare(bench, "move-huge", true, one, aim_of(size));
	compare(bench, "move-huge-threads-2", true, two, aim_of(size));
	for (unsigned long threads = 1; threads <= 4; threads *= 2)
		compare_threads(bench, size, threads);
	compare_sizes(bench);
	compare_sparse(bench);
	compare_modes(bench, size);
}
