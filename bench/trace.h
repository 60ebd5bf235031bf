/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which system calls a process makes between marks that it leaves. */
#ifndef BENCH_TRACE_H
#define BENCH_TRACE_H

#include <stddef.h>
#include <sys/types.h>

#define TRACE_NUMBERS 512

struct trace {
	unsigned total;
	unsigned of[TRACE_NUMBERS]; /* by number; larger ones are in total only */
};

/* In the process: lets its parent trace it from the next program on. */
void trace_me(void);
/* In the process: a system call that nothing else makes. */
void trace_mark(void);

/*
 * Follows a child that has called trace_me() until it ends. traces[i] becomes what it did from its
 * i-th mark to the next one. Returns how many of these there were, or -1 where nothing is told.
 */
int trace_child(pid_t child, struct trace *traces, int most);

/* "mmap 3, mbind 2", what there is most of first. */
void trace_print(const struct trace *trace, char *text, size_t size);

#endif
