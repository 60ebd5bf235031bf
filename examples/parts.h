/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the examples of many binders share: the nodes that may be used, a part of memory bound to
 * one of them, and what came of that.
 */
#ifndef PARTS_H
#define PARTS_H

#include <errno.h>
#include <linux/mempolicy.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <strictbind.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NODES = 1024, REASONS = STRICTBIND_REASON_NOT_MOVED + 1, RANGES = 64, WORD = 64 };

/* Of one node, in pages; plain numbers, so that MPI can add them up. */
struct outcome {
	unsigned long parts;
	unsigned long failed; /* parts whose binding failed otherwise than by pages that stayed */
	unsigned long bound;  /* pages in the parts */
	unsigned long stayed;
	unsigned long stayed_for[REASONS]; /* of those, as far as there was room to tell */
};

enum { NUMBERS = sizeof(struct outcome) / sizeof(unsigned long) };

/* The index-th of the nodes that this process may use, going round; -1 when none is told. */
static inline int usable_node(unsigned index)
{
	unsigned long allowed[NODES / WORD] = { 0 };
	unsigned count = 0;

	syscall(SYS_get_mempolicy, NULL, allowed, (unsigned long)NODES, NULL, MPOL_F_MEMS_ALLOWED);
	for (int node = 0; node < NODES; node++)
		count += allowed[node / WORD] >> node % WORD & 1;
	if (count == 0)
		return -1;
	index %= count;
	for (int node = 0; node < NODES; node++)
		if (allowed[node / WORD] >> node % WORD & 1 && index-- == 0)
			return node;
	return -1;
}

/* A part of memory with all its pages, on whichever node they come to lie. NULL: none. */
static inline char *new_part(size_t length)
{
	char *part = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return part == MAP_FAILED ? NULL : memset(part, 1, length);
}

/* Binds a part strictly to a node, and adds what came of it to that node's numbers. */
static inline void bind_part(char *part, size_t length, int node, struct outcome *outcome)
{
	struct strictbind_range ranges[RANGES];
	struct strictbind_options options = STRICTBIND_OPTIONS_INIT;
	struct strictbind_report report = STRICTBIND_REPORT_INIT;
	unsigned long page = (unsigned long)sysconf(_SC_PAGESIZE);
	unsigned long told;

	options.ranges = ranges;
	options.range_room = RANGES;
	outcome->parts++;
	outcome->bound += length / page;
	if (strictbind_bind_node(part, length, node, &options, &report) < 0 && errno != EIO)
		outcome->failed++;
	outcome->stayed += report.unmoved;
	told = report.ranges < RANGES ? report.ranges : RANGES;
	for (unsigned long i = 0; i < told; i++)
		outcome->stayed_for[ranges[i].reason] += ranges[i].length / page;
}

/* How many pages stayed, and why, as the end of a sentence. */
static inline void print_stayed(const struct outcome *outcome)
{
	printf(", %lu stayed elsewhere", outcome->stayed);
	for (int reason = 0; reason < REASONS; reason++)
		if (outcome->stayed_for[reason])
			printf(" (%lu: %s)", outcome->stayed_for[reason],
			       strictbind_reason_name(reason));
	printf("%s\n", outcome->failed ? "; binding failed." : ".");
}

#endif
