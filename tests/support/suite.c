/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "suite.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "machine.h"

/* A guest without acceleration is slow, and moving a page costs it milliseconds. */
enum { TIMEOUT_SECONDS = 120, SKIPPED = 77 };

/* Tests run in children of the runner: counted where all of them see it. */
static int *skipped;

void note_skipped(const char *test, const char *format, ...)
{
	va_list list;
	size_t len = strlen(test);

	/* Check has made a function name_fn out of a test called name. */
	if (len > 3 && !strcmp(test + len - 3, "_fn"))
		len -= 3;
	printf("skipped: %.*s: ", (int)len, test);
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	printf("\n");
	fflush(stdout);
	++*skipped;
}

int run_suite(const char *name, void (*add)(TCase *tests))
{
	Suite *suite = suite_create(name);
	TCase *tests = tcase_create(name);
	SRunner *runner;
	int failed, run;

	skipped = mmap(NULL, machine()->page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (skipped == MAP_FAILED)
		return EXIT_FAILURE;
	stop_numa_balancing();
	tcase_set_timeout(tests, TIMEOUT_SECONDS);
	suite_add_tcase(suite, tests);
	add(tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	run = srunner_ntests_run(runner);
	srunner_free(runner);
	printf("%s: %d run, %d skipped, %d failed\n", name, run, *skipped, failed);
	if (failed)
		return EXIT_FAILURE;
	return run && *skipped == run ? SKIPPED : EXIT_SUCCESS;
}
