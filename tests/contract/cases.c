/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cases.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static size_t skipped;

void stage_settle(void)
{
	const char *why = stage_note();

	ck_assert_msg(!why, "%s: %s", stage.about, why);
}

struct call bind_to(size_t first, size_t end, int node, unsigned flags)
{
	return (struct call){ .first = first,
			      .end = end,
			      .mode = MPOL_BIND,
			      .mask = nodes_one(node),
			      .flags = flags };
}

struct call call_local(size_t first, size_t end, unsigned flags)
{
	return (struct call){ .first = first, .end = end, .mode = MODE_LOCAL, .flags = flags };
}

struct call call_default(size_t first, size_t end, unsigned flags)
{
	return (struct call){ .first = first, .end = end, .mode = MPOL_DEFAULT, .flags = flags };
}

void check_call(const struct call *call, bool counted)
{
	struct way way = { .counted = counted };
	struct expected want = expect_call(call);
	struct answer answer = do_call(call, &way);

	ck_assert_msg(compare_call(&want, call, &answer) == DIFFERS_NOT, "%s: %s",
		      describe_call(call), difference_text());
}

/* Check calls the function of a test by the test's name and "_fn". */
void note_skip(const char *test, const char *why)
{
	size_t length = strlen(test);

	if (length > 3 && !strcmp(test + length - 3, "_fn"))
		length -= 3;
	printf("skipped: %.*s: %s\n", (int)length, test, why);
	skipped++;
}

int run_cases(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	size_t tests, failed;

	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_SILENT);
	tests = (size_t)srunner_ntests_run(runner);
	failed = (size_t)srunner_ntests_failed(runner);
	if (failed)
		srunner_print(runner, CK_NORMAL);
	printf("%s: %zu tests, %zu skipped\n", program_invocation_short_name, tests, skipped);
	srunner_free(runner);
	stage_forget();
	if (failed)
		return 1;
	return skipped == tests ? 77 : 0;
}
