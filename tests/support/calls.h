/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The system calls that a function makes, as a tracer sees them. */
#ifndef TESTS_CALLS_H
#define TESTS_CALLS_H

#include <stdbool.h>
#include <stddef.h>

enum { CALLS_KEPT = 4096, CALL_ARGUMENTS = 6 };

struct seen_call {
	long number; /* SYS_* */
	unsigned long arguments[CALL_ARGUMENTS];
};

struct seen_calls {
	size_t count; /* of all; the first CALLS_KEPT are kept */
	struct seen_call calls[CALLS_KEPT];
};

/*
 * Runs it in a child of its own and notes every call it makes; becomes what it returned, or -1 when
 * the child could not be traced. The child is a copy of this process: what was used here has been
 * used there, and memory is shared. What prepare does, which may be NULL, comes before and is not
 * noted.
 */
int calls_of(void (*prepare)(void *arg), int (*run)(void *arg), void *arg, struct seen_calls *seen);

/* Whether a child can be traced at all. */
bool can_trace(void);

/* How many of them have this number. */
size_t calls_with(const struct seen_calls *seen, long number);

#endif
