/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that move nothing: what the library adds to a call on a kernel that needs nothing of it. */
#include <numaif.h>
#include <stdio.h>

#include "bench.h"

struct call {
	char *start;
	size_t size;
	unsigned flags;
	int repeats;
};

static double time_ours(void *context)
{
	struct call *call = context;
	unsigned long mask = 1;
	uint64_t before = now_ns();

	for (int i = 0; i < call->repeats; i++)
		strictbind_mbind(call->start, call->size, MPOL_BIND, &mask, 65, call->flags);
	return (double)(now_ns() - before) / call->repeats;
}

static double time_raw(void *context)
{
	struct call *call = context;
	struct target target = { MPOL_BIND, 1, 65 };
	uint64_t before = now_ns();

	for (int i = 0; i < call->repeats; i++)
		raw_mbind(call->start, call->size, &target, call->flags);
	return (double)(now_ns() - before) / call->repeats;
}

static void compare(const struct bench *bench, struct call *call, const char *flags)
{
	char name[40], what[80];

	snprintf(name, sizeof(name), "call-%s-%zuk", flags, call->size / KIB);
	snprintf(what, sizeof(what), "%s over %zu KiB in place", flags, call->size / KIB);
	bench_run(bench, &(struct comparison){ name, what, "raw", time_ours, time_raw, call, 1.02 });
}

void bench_calls(const struct bench *bench)
{
	size_t largest = bench->nodes == 1 ? GIB : 100 * MIB;
	struct target home = { MPOL_BIND, 1, 65 };
	char *start;

	if (!bench_wants(bench, "call"))
		return;
	start = bench_map(largest, false);
	raw_mbind(start, largest, &home, MPOL_MF_MOVE);
	for (size_t size = 4 * KIB; size <= largest; size *= 64) {
		int repeats = size < MIB ? 10000 : size < 64 * MIB ? 500 : 20;

		if (bench->nodes > 1)
			repeats /= 10;
		compare(bench, &(struct call){ start, size, 0, repeats }, "set");
		compare(bench, &(struct call){ start, size, MPOL_MF_STRICT, repeats }, "strict");
		compare(bench, &(struct call){ start, size, MPOL_MF_MOVE | MPOL_MF_STRICT, repeats / 10 },
			"move");
	}
	bench_unmap(start, largest);
}
