/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running Check tests so that what cannot be tested here says so. */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <check.h>

/* Run the tests that add() adds. For main(): 0, 1 when something failed, 77 when all were skipped.
 */
int run_suite(const char *name, void (*add)(TCase *tests));

void note_skipped(const char *test, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Leave a test that this machine, kernel or user cannot run. */
#define SKIP_IF(condition, ...)                                                                    \
	do {                                                                                       \
		if (condition) {                                                                   \
			note_skipped(__func__, __VA_ARGS__);                                       \
			return;                                                                    \
		}                                                                                  \
	} while (0)

#endif
