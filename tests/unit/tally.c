/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a report can say of pages that are not told one by one. */
#include "pages/tally.h"

#include <limits.h>

#include "run.h"

enum { PAGE = 4096 };

static const struct {
	unsigned long some, all, mine; /* some of all are on the nodes; mine are asked about */
	struct sb_bounds bounds;
} partly_told[] = {
	{ 0, 10, 4, { 0, 0 } }, { 10, 10, 4, { 4, 4 } }, { 7, 10, 10, { 7, 7 } },
	{ 3, 10, 4, { 0, 3 } }, { 8, 10, 4, { 2, 4 } },	 { 1, 1, 0, { 0, 0 } },
	{ 6, 10, 4, { 0, 4 } },
};

START_TEST(some_of_all)
{
	struct sb_bounds bounds =
		sb_bounds_of_some(partly_told[_i].some, partly_told[_i].all, partly_told[_i].mine);

	ck_assert_uint_eq(bounds.least, partly_told[_i].bounds.least);
	ck_assert_uint_eq(bounds.most, partly_told[_i].bounds.most);
}
END_TEST

START_TEST(the_lowest_is_first)
{
	struct sb_tally tally = { .failed = false }, more = { .failed = false };

	ck_assert_uint_eq(sb_tally_first(&tally), 0);
	sb_tally_unmoved(&tally, 9 * PAGE, 2);
	sb_tally_unmoved(&more, 5 * PAGE, 1);
	sb_tally_add(&tally, &more);
	ck_assert(tally.failed);
	ck_assert_uint_eq(tally.unmoved.least, 3);
	ck_assert_uint_eq(tally.unmoved.most, 3);
	ck_assert_uint_eq(sb_tally_first(&tally), 5 * PAGE);
}
END_TEST

/* Pages of which only the number is told. */
START_TEST(a_lower_one_may_be_first)
{
	struct sb_tally tally = { .failed = false };

	sb_tally_unmoved(&tally, 5 * PAGE, 1);
	sb_tally_unmoved_of(&tally, 7 * PAGE, 4, (struct sb_bounds){ 2, 2 });
	ck_assert_uint_eq(sb_tally_first(&tally), 5 * PAGE);
	sb_tally_unmoved_of(&tally, 3 * PAGE, 4, (struct sb_bounds){ 2, 2 });
	ck_assert_uint_eq(sb_tally_first(&tally), 0);
	ck_assert_uint_eq(tally.unmoved.least, 5);
	ck_assert(sb_bounds_exact(&tally.unmoved));
	sb_tally_unmoved(&tally, 2 * PAGE, 1);
	ck_assert_uint_eq(sb_tally_first(&tally), 2 * PAGE);
}
END_TEST

START_TEST(what_nobody_tells_stays_so)
{
	struct sb_tally tally = { .failed = false }, more = { .failed = false };

	sb_tally_unknown(&tally);
	ck_assert(!tally.failed);
	sb_tally_unmoved(&tally, PAGE, 3);
	sb_tally_shared(&tally, 2);
	sb_tally_add(&more, &tally);
	sb_tally_add(&more, &tally);
	ck_assert_uint_eq(more.unmoved.least, 6);
	ck_assert_uint_eq(more.unmoved.most, ULONG_MAX);
	ck_assert_uint_eq(more.shared.least, 4);
	ck_assert_uint_eq(more.shared.most, ULONG_MAX);
	ck_assert_uint_eq(sb_tally_first(&more), 0);
}
END_TEST

START_TEST(none_is_no_failure)
{
	struct sb_tally tally = { .failed = false };

	sb_tally_unmoved(&tally, 0, 0);
	sb_tally_unmoved_of(&tally, PAGE, 4, (struct sb_bounds){ 0, 4 });
	ck_assert(!tally.failed);
	ck_assert(!sb_bounds_exact(&tally.unmoved));
	ck_assert_uint_eq(tally.unmoved.most, 4);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("tally");

	tcase_add_loop_test(tests, some_of_all, 0, sizeof(partly_told) / sizeof(*partly_told));
	tcase_add_test(tests, the_lowest_is_first);
	tcase_add_test(tests, a_lower_one_may_be_first);
	tcase_add_test(tests, what_nobody_tells_stays_so);
	tcase_add_test(tests, none_is_no_failure);
	return run_tests("tally", tests);
}
