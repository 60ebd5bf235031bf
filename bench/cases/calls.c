/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that move nothing: what the library adds to a call on a kernel that needs nothing of it. */
#include <ctype.h>
#include <numaif.h>
#include <stdio.h>

#include "bench.h"

/* A batch is short, so that most batches run undisturbed, and there are many. */
#define BATCH_NS 50000
#define MOST_CALLS 100
#define SECONDS 1

struct call {
	struct target home; /* where the pages are */
	char *start;
	size_t size;
	unsigned flags;
	unsigned calls; /* in a batch */
};

static double time_ours(void *context)
{
	const struct call *call = context;
	uint64_t before = now_ns();

	for (unsigned i = 0; i < call->calls; i++)
		strictbind_mbind(call->start, call->size, call->home.mode, &call->home.mask,
				 call->home.maxnode, call->flags);
	return (double)(now_ns() - before) / call->calls;
}

static double time_raw(void *context)
{
	const struct call *call = context;
	uint64_t before = now_ns();

	for (unsigned i = 0; i < call->calls; i++)
		raw_mbind(call->start, call->size, &call->home, call->flags);
	return (double)(now_ns() - before) / call->calls;
}

static unsigned batch_of(struct call *call)
{
	double calls;

	call->calls = 2;
	time_raw(call);
	calls = BATCH_NS / time_raw(call);
	if (calls > MOST_CALLS)
		return MOST_CALLS;
	return calls < 1 ? 1 : (unsigned)calls;
}

static void compare(const struct bench *bench, const char *kind, size_t size, int mode,
		    unsigned flags)
{
	struct call call = { .home = { mode, 1, 65 }, .size = size, .flags = flags };
	char unit = size < MIB ? 'k' : size < GIB ? 'm' : 'g';
	size_t number = size / (size < MIB ? KIB : size < GIB ? MIB : GIB);
	char name[40], what[80];

	snprintf(name, sizeof(name), "call-%s-%zu%c", kind, number, unit);
	snprintf(what, sizeof(what), "%s over %zu %ciB in place", kind, number, toupper(unit));
	if (!bench_wants(bench, name))
		return;
	call.start = bench_map(size, false);
	raw_mbind(call.start, size, &call.home, MPOL_MF_MOVE);
	call.calls = batch_of(&call);
	bench_run(bench, &(struct comparison){ name, what, "raw", time_ours, time_raw, &call, 1.02,
					       50, SECONDS });
	bench_unmap(call.start, size);
}

void bench_calls(const struct bench *bench)
{
	for (size_t size = 4 * KIB; size <= bench->room && size <= GIB; size *= 64) {
		compare(bench, "set", size, MPOL_BIND, 0);
		compare(bench, "strict", size, MPOL_BIND, MPOL_MF_STRICT);
		compare(bench, "move", size, MPOL_BIND, MPOL_MF_MOVE | MPOL_MF_STRICT);
		compare(bench, "preferred", size, MPOL_PREFERRED, MPOL_MF_MOVE | MPOL_MF_STRICT);
		compare(bench, "interleave", size, MPOL_INTERLEAVE, MPOL_MF_MOVE | MPOL_MF_STRICT);
	}
}
