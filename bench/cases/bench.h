/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the cases share: which are wanted, memory, nodes, and the two sides of a move. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <strictbind.h>

#include "measure.h"

struct bench {
	struct output output;
	int pairs;
	int nodes;	  /* memory nodes of the machine */
	const char *only; /* beginnings of the names of the cases to run, or NULL */
	size_t size;	  /* of ranges, where a case does not want a certain size */
	size_t room;	  /* what fits on a node */
	int busy;	  /* processes that compute besides, all the time */
};

#define KIB 1024UL
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)

/* Populated pages of a range that is nearly empty. */
#define FEW_PAGES 64

/* Whether the case is asked for. */
bool bench_wants(const struct bench *bench, const char *name);
void bench_run(const struct bench *bench, const struct comparison *comparison);
/* The size, or as much of it, halved and halved again, as there is room for. */
size_t bench_fit(const struct bench *bench, size_t size);
/* Whether the running kernel has the quirk. */
bool bench_quirk(const char *name);

/* Private mappings, populated; huge: with huge pages. Without memory the program ends. */
char *bench_map(size_t size, bool huge);
/* FEW_PAGES pages are populated, the first of each part of equal size. */
char *bench_map_sparse(size_t size);
void bench_unmap(char *start, size_t size);

/* A binding for moving pages: to a node, or, on a machine with one node, MPOL_LOCAL. */
struct target {
	int mode;
	unsigned long mask;
	unsigned long maxnode;
};

struct move {
	const struct bench *bench;
	char *start;
	size_t size;
	unsigned long threads; /* to ask for, or 0: call without options */
	bool counts;	       /* ask for a report */
	int mode;	       /* of the policy, or 0: MPOL_BIND */
	bool raw_lenient;      /* the system call without STRICT, which may end early */
};

long raw_mbind(void *start, size_t size, const struct target *target, unsigned flags);
/* Puts the pages on node 0; does nothing on a machine with one node. */
void move_back(const struct move *move);
/* A strict move to node 1, or of MPOL_INTERLEAVE to 1 and 2, by the library and by the system call.
 */
void move_ours(const struct move *move);
void move_raw(const struct move *move);
/* The same for struct comparison: back, and then there in so many nanoseconds. */
double time_move_ours(void *move);
double time_move_raw(void *move);

void bench_calls(const struct bench *bench);
void bench_moves(const struct bench *bench);
void bench_pinned(const struct bench *bench);
void bench_together(const struct bench *bench);
void bench_stalls(const struct bench *bench);
void bench_locate(const struct bench *bench);
void bench_migrate(const struct bench *bench);
void bench_first(const struct bench *bench);

#endif
