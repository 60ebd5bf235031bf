/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Check tests that make a call on a stage and hold everything that can be seen against the
 * contract. */
#ifndef TESTS_CASES_H
#define TESTS_CASES_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>

#include "due.h"
#include "stage.h"

/* stage_note(), in a test. */
void stage_settle(void);

struct call bind_to(size_t first, size_t end, int node, unsigned flags);
struct call call_local(size_t first, size_t end, unsigned flags);
struct call call_default(size_t first, size_t end, unsigned flags);

/* Makes the call and compares result, errno, policies, nodes, contents and, if asked, counts. */
void check_call(const struct call *call, bool counted);

/* A test that cannot be done here says so and returns. */
void note_skip(const char *test, const char *why);
#define SKIP_IF(condition, why)                                                                    \
	do {                                                                                       \
		if (condition) {                                                                   \
			note_skip(__func__, why);                                                  \
			return;                                                                    \
		}                                                                                  \
	} while (0)

/* Runs it in this process and prints one line; the exit status. */
int run_cases(Suite *suite);

#endif
