/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running the tests of one program with Check. */
#ifndef FAKE_RUN_H
#define FAKE_RUN_H

#include <check.h>
#include <stdlib.h>

/* As ck_assert_msg(), which takes a system call to note that all is well: for loops. */
#define must(condition, ...)                                                                       \
	do {                                                                                       \
		if (!(condition))                                                                  \
			ck_abort_msg(__VA_ARGS__);                                                 \
	} while (0)

static inline int run_tests(const char *name, TCase *tests)
{
	Suite *suite = suite_create(name);
	SRunner *runner;
	int failed;

	/* Slow under valgrind. */
	tcase_set_timeout(tests, 120);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
