/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* strictbind_bind_node(): rules 1, 3, 8, 9, and numbers that are no node's. */
#include <errno.h>
#include <limits.h>

#include "common.h"

enum { PAGES = 16, PINNED = 5 };

static long bind_node(char *at, int node, struct strictbind_report *report)
{
	*report = new_report();
	errno = 0;
	return answer(strictbind_bind_node(at, PAGES * PAGE, node, NULL, report));
}

static bool is_bound(const char *at, int node)
{
	struct nodes set = nodes_one(node);
	struct policy now = policy_of(at), due = policy_after(MPOL_BIND, &set);

	return policy_equal(&now, &due);
}

static bool is_clear(const struct strictbind_report *report)
{
	return !report->unmoved && !report->shared && !report->first_unmoved &&
	       !report->first_status;
}

START_TEST(rule_8_every_node)
{
	struct strictbind_report report;
	char *at = pages_on(PAGES, NODE(0));

	for (int i = machine()->node_count; i-- > 0;) {
		ck_assert_int_eq(bind_node(at, NODE(i), &report), 0);
		ck_assert_int_eq(errno, 0);
		ck_assert(is_bound(at, NODE(i)) && is_clear(&report));
		ck_assert_uint_eq(count_on(at, PAGES, NODE(i)), PAGES);
	}
	ck_assert(intact(at, PAGES));
	ck_assert_int_eq(strictbind_bind_node(at, PAGES * PAGE, NODE(0), NULL, NULL), 0);
	unmap(at, PAGES);
}
END_TEST

START_TEST(rule_9_a_page_stays)
{
	struct strictbind_report report;
	struct pins pins;
	char *at;

	NEED_NODES(2);
	at = pages_on(PAGES, NODE(0));
	ck_assert(pins_open(&pins) && pin(&pins, at + PINNED * PAGE));
	ck_assert_int_eq(bind_node(at, NODE(1), &report), -EIO);
	ck_assert(is_bound(at, NODE(1)));
	ck_assert_uint_eq(count_on(at, PAGES, NODE(1)), PAGES - 1);
	ck_assert(report.unmoved == 1 || report.unmoved == STRICTBIND_UNKNOWN);
	unpin_all(&pins);
	pins_close(&pins);
	unmap(at, PAGES);
}
END_TEST

START_TEST(rule_3_hole)
{
	struct strictbind_report report;
	char *at = pages_on(PAGES, NODE(0));

	unmap(at + 3 * PAGE, 1);
	ck_assert_int_eq(bind_node(at, NODE(machine()->node_count - 1), &report), -EFAULT);
	ck_assert(is_clear(&report) && policy_of(at).mode == MPOL_DEFAULT);
	ck_assert_uint_eq(count_on(at, PAGES, NODE(0)), PAGES - 1);
	unmap(at, PAGES);
}
END_TEST

START_TEST(rule_1_no_node)
{
	static const int none[] = { -1, INT_MIN, 1024, 1025, INT_MAX };
	struct strictbind_report report;
	struct strictbind_options options = { .size = 1 };
	char *at = pages_on(PAGES, NODE(0));

	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		ck_assert_int_eq(bind_node(at, none[i], &report), -EINVAL);
		ck_assert(is_clear(&report) && policy_of(at).mode == MPOL_DEFAULT);
		/* Also where there is nothing to bind. */
		ck_assert_int_eq(answer(strictbind_bind_node(at, 0, none[i], NULL, NULL)), -EINVAL);
	}
	report.size = 5000;
	ck_assert_int_eq(answer(strictbind_bind_node(at, PAGE, -1, NULL, &report)), -E2BIG);
	ck_assert_int_eq(answer(strictbind_bind_node(at, PAGE, NODE(0), &options, NULL)), -EINVAL);
	/* A number that a node might have. */
	if (!nodes_has(&machine()->allowed, MACHINE_NODES - 1)) {
		ck_assert_int_eq(bind_node(at, MACHINE_NODES - 1, &report), -EINVAL);
		ck_assert(is_clear(&report));
	}
	ck_assert_int_eq(bind_node(at, 1023, &report), -EINVAL);
	ck_assert(policy_of(at).mode == MPOL_DEFAULT);
	unmap(at, PAGES);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, rule_8_every_node);
	tcase_add_test(tests, rule_9_a_page_stays);
	tcase_add_test(tests, rule_3_hole);
	tcase_add_test(tests, rule_1_no_node);
}

int main(void)
{
	return run_suite("bind_node", add);
}
