/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the cases share: buffers, nodes, and the two sides of a move. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <strictbind.h>

#include "measure.h"

struct bench {
	bool json;
	int pairs;
	int nodes;        /* memory nodes of the machine */
	const char *only; /* name of the one case to run, or NULL */
};

#define KIB 1024UL
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

/* Whether the case is asked for. */
bool bench_wants(const struct bench *bench, const char *name);
void bench_run(const struct bench *bench, const struct comparison *comparison);

/* A populated mapping of its own; huge: of huge pages. Ends the program when there is no memory. */
char *bench_map(size_t size, bool huge);
void bench_unmap(char *start, size_t size);

/* A binding for moving pages: to a node, or, on a machine with one node, MPOL_LOCAL. */
struct target {
	int mode;
	unsigned long mask;
	unsigned long maxnode;
};
struct target bench_target(const struct bench *bench, int node);

long raw_mbind(void *start, size_t size, const struct target *target, unsigned flags);
/* Puts pages on node 0 before a move is timed; does nothing on a machine with one node. */
void bench_reset(const struct bench *bench, char *start, size_t size);

void bench_calls(const struct bench *bench);
void bench_moves(const struct bench *bench);
void bench_pinned(const struct bench *bench);

#endif
