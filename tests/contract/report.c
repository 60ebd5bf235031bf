/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What struct strictbind_report tells after mbind. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common.h"
#include "first.h"
#include "fullnode.h"

enum { PAGES = 16 };

static void check_report(const struct strictbind_report *report, size_t unmoved, size_t shared,
			 const void *first)
{
	ck_assert_uint_eq(report->unmoved, unmoved);
	ck_assert_uint_eq(report->shared, shared);
	ck_assert_ptr_eq(report->first_unmoved, first);
	ck_assert(first_status_agrees(report));
	ck_assert_uint_eq(report->size, sizeof(*report));
}

static bool policy_is_default(const void *at)
{
	return policy_of(at).mode == MPOL_DEFAULT;
}

/* The same scene, without and with a report. */
START_TEST(asking_changes_nothing)
{
	static const unsigned flags[] = { 0, STRICT, MOVE, STRICT | MOVE };
	struct strictbind_report report;
	struct pins pins;

	NEED_NODES(2);
	ck_assert(pins_open(&pins));
	for (size_t f = 0; f < 4; f++) {
		char *plain = pages_on(PAGES, NODE(0)), *asked = pages_on(PAGES, NODE(0));
		struct policy a, b;
		long result;

		ck_assert(pin(&pins, plain + 4 * PAGE) && pin(&pins, asked + 4 * PAGE));
		result = answer(bind_to(plain, PAGES, NODE(1), flags[f]));
		ck_assert_int_eq(answer(bind_report(asked, PAGES, NODE(1), flags[f], &report)),
				 result);
		ck_assert_uint_eq(count_on(plain, PAGES, NODE(1)), count_on(asked, PAGES, NODE(1)));
		ck_assert_int_eq(node_of(asked + 4 * PAGE), NODE(0));
		a = policy_of(plain);
		b = policy_of(asked);
		ck_assert(policy_equal(&a, &b));
		ck_assert(intact(plain, PAGES) && intact(asked, PAGES));
		unpin_all(&pins);
		unmap(plain, PAGES);
		unmap(asked, PAGES);
	}
	pins_close(&pins);
}
END_TEST

START_TEST(all_well)
{
	static const unsigned flags[] = { STRICT, MOVE, STRICT | MOVE };
	struct strictbind_report report;
	char *at = pages_on(PAGES, NODE(0));

	for (size_t f = 0; f < 3; f++) {
		ck_assert_int_eq(bind_report(at, PAGES, NODE(0), flags[f], &report), 0);
		check_report(&report, 0, 0, NULL);
	}
	unmap(at, PAGES);
}
END_TEST

/* Rule 6: shared or not, all of them made the call fail. */
START_TEST(strict_counts_misplaced)
{
	struct strictbind_report report;
	char *at;

	NEED_NODES(2);
	at = pages_on(PAGES, NODE(1));
	pages_at(at + 3 * PAGE, 4, NODE(0), MAP_PRIVATE);
	ck_assert_int_eq(answer(bind_report(at, PAGES, NODE(1), STRICT, &report)), -EIO);
	check_report(&report, 4, 0, at + 3 * PAGE);
	ck_assert(policy_is_default(at) && policy_is_default(at + 3 * PAGE));
	unmap(at, PAGES);
}
END_TEST

START_TEST(strict_counts_shared)
{
	struct strictbind_report report;
	char *at;
	pid_t pid;

	NEED_NODES(2);
	at = pages_on(PAGES, NODE(0));
	pid = start_sleeper();
	ck_assert_int_eq(answer(bind_report(at, PAGES, NODE(1), STRICT, &report)), -EIO);
	ck_assert_uint_eq(report.unmoved, PAGES);
	ck_assert_ptr_eq(report.first_unmoved, at);
	ck_assert(policy_is_default(at));
	end_sleeper(pid);
	unmap(at, PAGES);
}
END_TEST

START_TEST(move_returns_0_and_counts)
{
	struct strictbind_report report;
	struct pins pins;
	char *at;

	NEED_NODES(2);
	ck_assert(pins_open(&pins));
	at = pages_on(PAGES, NODE(0));
	ck_assert(pin(&pins, at + 11 * PAGE) && pin(&pins, at + 6 * PAGE));
	ck_assert_int_eq(bind_report(at, PAGES, NODE(1), MOVE, &report), 0);
	check_report(&report, 2, 0, at + 6 * PAGE);
	ck_assert_int_eq(answer(bind_report(at, PAGES, NODE(1), STRICT | MOVE, &report)), -EIO);
	check_report(&report, 2, 0, at + 6 * PAGE);
	ck_assert_uint_eq(count_on(at, PAGES, NODE(1)), PAGES - 2);
	unpin_all(&pins);
	ck_assert_int_eq(bind_report(at, PAGES, NODE(1), STRICT | MOVE, &report), 0);
	check_report(&report, 0, 0, NULL);
	pins_close(&pins);
	unmap(at, PAGES);
}
END_TEST

/* Rule 10. */
START_TEST(move_counts_shared)
{
	struct strictbind_report report;
	char *at;
	pid_t pid;

	NEED_NODES(2);
	at = pages_on(PAGES, NODE(0));
	pid = start_sleeper();
	ck_assert_int_eq(bind_report(at, PAGES, NODE(1), STRICT | MOVE, &report), 0);
	check_report(&report, 0, PAGES, NULL);
	/* Written to, a page is this process's alone; it comes where the policy says. */
	memset(at + 2 * PAGE, 3, PAGE);
	ck_assert_int_eq(bind_report(at, PAGES, NODE(1), STRICT | MOVE, &report), 0);
	check_report(&report, 0, PAGES - 1, NULL);
	end_sleeper(pid);
	ck_assert_int_eq(bind_report(at, PAGES, NODE(1), STRICT | MOVE, &report), 0);
	check_report(&report, 0, 0, NULL);
	ck_assert_uint_eq(count_on(at, PAGES, NODE(1)), PAGES);
	unmap(at, PAGES);
}
END_TEST

START_TEST(move_all_leaves_none_shared)
{
	struct strictbind_report report;
	char *at;
	pid_t pid;

	NEED_NODES(2);
	SKIP_IF(!machine()->nice, "needs CAP_SYS_NICE");
	at = pages_on(PAGES, NODE(0));
	pid = start_sleeper();
	ck_assert_int_eq(bind_report(at, PAGES, NODE(1), STRICT | MOVE_ALL, &report), 0);
	check_report(&report, 0, 0, NULL);
	ck_assert_uint_eq(count_on(at, PAGES, NODE(1)), PAGES);
	end_sleeper(pid);
	unmap(at, PAGES);
}
END_TEST

static void check_huge(char *at, size_t pages)
{
	struct strictbind_report report;
	struct pins pins;

	ck_assert(pins_open(&pins));
	ck_assert(pin(&pins, at + 9 * PAGE));
	ck_assert_int_eq(answer(bind_report(at, pages, NODE(1), STRICT, &report)), -EIO);
	check_report(&report, pages, 0, at);
	ck_assert_int_eq(bind_report(at, pages, NODE(1), MOVE, &report), 0);
	check_report(&report, pages, 0, at);
	ck_assert_int_eq(answer(bind_report(at, pages, NODE(1), STRICT | MOVE, &report)), -EIO);
	check_report(&report, pages, 0, at);
	unpin_all(&pins);
	pins_close(&pins);
	ck_assert_int_eq(bind_report(at, pages, NODE(1), STRICT | MOVE, &report), 0);
	check_report(&report, 0, 0, NULL);
	ck_assert(intact(at, pages));
	unmap(at, pages);
}

START_TEST(thp_in_base_pages)
{
	char *at;

	NEED_NODES(2);
	at = thp_on(NODE(0));
	SKIP_IF(!at, "no transparent huge page");
	check_huge(at, HUGE_PAGES);
}
END_TEST

START_TEST(hugetlb_in_base_pages)
{
	char *at;

	NEED_NODES(2);
	at = hugetlb_on(NODE(0));
	SKIP_IF(!at, "no hugetlb page");
	check_huge(at, HUGETLB_PAGES);
}
END_TEST

/* move_pages of 6.1 does not tell where these are. */
START_TEST(inaccessible_pages)
{
	struct strictbind_report report;
	struct pins pins;
	char *at;

	NEED_NODES(2);
	ck_assert(pins_open(&pins));
	at = pages_on(PAGES, NODE(0));
	ck_assert(pin(&pins, at + 4 * PAGE));
	mprotect(at, PAGES * PAGE, PROT_NONE);
	ck_assert_int_eq(answer(bind_report(at, PAGES, NODE(1), STRICT, &report)), -EIO);
	ck_assert_uint_eq(report.unmoved, PAGES);
	ck_assert(!report.first_unmoved || report.first_unmoved == at);
	ck_assert(first_status_agrees(&report));
	ck_assert_int_eq(answer(bind_report(at, PAGES, NODE(1), STRICT | MOVE, &report)), -EIO);
	ck_assert_uint_eq(report.unmoved, 1);
	ck_assert(!report.first_unmoved || report.first_unmoved == at + 4 * PAGE);
	ck_assert(first_status_agrees(&report));
	ck_assert_int_eq(bind_report(at, PAGES, NODE(1), MOVE, &report), 0);
	ck_assert_uint_eq(report.unmoved, 1);
	unpin_all(&pins);
	ck_assert_int_eq(bind_report(at, PAGES, NODE(1), STRICT | MOVE, &report), 0);
	check_report(&report, 0, 0, NULL);
	pins_close(&pins);
	unmap(at, PAGES);
}
END_TEST

/* Empty N: what counts is what the kernel could not move. */
START_TEST(local_counts_what_could_not_move)
{
	struct strictbind_report report = new_report();
	struct pins pins;
	char *at = pages_on(PAGES, NODE(0));

	ck_assert(pins_open(&pins));
	ck_assert_int_eq(answer(strictbind_mbind_opt(at, PAGES * PAGE, MODE_LOCAL, NULL, 0, STRICT,
						     NULL, &report)),
			 -EIO);
	ck_assert_uint_eq(report.unmoved, PAGES);
	ck_assert_ptr_eq(report.first_unmoved, at);
	ck_assert_int_eq(
		strictbind_mbind_opt(at, PAGES * PAGE, MODE_LOCAL, NULL, 0, MOVE, NULL, &report),
		0);
	check_report(&report, 0, 0, NULL);
	ck_assert(pin(&pins, at + 3 * PAGE));
	ck_assert_int_eq(
		strictbind_mbind_opt(at, PAGES * PAGE, MODE_LOCAL, NULL, 0, MOVE, NULL, &report),
		0);
	/* Nothing tells a pinned page of N = {} from one that has moved to where it was. */
	ck_assert(report.unmoved == 1 || report.unmoved == STRICTBIND_UNKNOWN);
	unpin_all(&pins);
	pins_close(&pins);
	ck_assert(intact(at, PAGES));
	unmap(at, PAGES);
}
END_TEST

START_TEST(default_leaves_none_misplaced)
{
	static const unsigned flags[] = { 0, STRICT, MOVE, STRICT | MOVE };
	struct strictbind_report report;
	char *at = pages_on(PAGES, NODE(0));

	for (size_t f = 0; f < 4; f++) {
		report = new_report();
		report.unmoved = report.shared = 9;
		report.first_unmoved = at;
		ck_assert_int_eq(strictbind_mbind_opt(at, PAGES * PAGE, MPOL_DEFAULT, NULL, 0,
						      flags[f], NULL, &report),
				 0);
		check_report(&report, 0, 0, NULL);
	}
	unmap(at, PAGES);
}
END_TEST

struct beheaded {
	int mode;	   /* of the call, MPOL_BIND to node 1 */
	bool thread_binds; /* the thread's own policy binds to node 1, else it runs there */
	int from;	   /* 0: the first node, 1: the page is in place */
	unsigned long len; /* bytes */
};

/*
 * Rule 8: a huge page whose first base page was given back moves, though some kernels take it for
 * shared.
 */
static int beheaded_moves(void *arg)
{
	const struct beheaded *scene = arg;
	bool named = scene->mode == MPOL_BIND;
	struct nodes set = nodes_one(NODE(1));
	struct strictbind_report report = new_report();
	char *at = thp_on(NODE(scene->from));

	if (scene->thread_binds)
		EXPECT(raw_set_mempolicy(MPOL_BIND, set.words, NODES_MAXNODE) == 0);
	else
		EXPECT(run_on_node(NODE(1)));
	EXPECT(at && madvise(at, PAGE, MADV_DONTNEED) == 0);
	/* The kernel is not to fill it up meanwhile. */
	EXPECT(madvise(at, machine()->huge, MADV_NOHUGEPAGE) == 0);
	EXPECT(count_on(at, HUGE_PAGES, NODE(scene->from)) == HUGE_PAGES - 1);
	EXPECT(strictbind_mbind_opt(at, scene->len, scene->mode, named ? set.words : NULL,
				    named ? NODES_MAXNODE : 0, STRICT | MOVE, NULL, &report) == 0);
	EXPECT(count_on(at, HUGE_PAGES, NODE(1)) == HUGE_PAGES - 1);
	EXPECT(report.unmoved == 0 && report.shared == 0);
	return 0;
}

START_TEST(huge_page_without_its_first)
{
	/* MPOL_DEFAULT also over more than is resident, holes included (rule 4). */
	struct beheaded scenes[] = {
		{ MPOL_BIND, false, 0, machine()->huge },
		{ MPOL_DEFAULT, true, 0, machine()->huge },
		{ MPOL_DEFAULT, true, 0, 1UL << 34 },
		{ MPOL_DEFAULT, false, 0, machine()->huge },
		{ MPOL_DEFAULT, false, 0, 1UL << 34 },
		{ MODE_LOCAL, false, 0, machine()->huge },
		{ MODE_LOCAL, false, 1, machine()->huge },
	};

	NEED_NODES(2);
	SKIP_IF(!has_thp() || machine()->cpu[1] < 0, "no huge page or no CPU on the second node");
	SKIP_IF(!nodes_have_room(4 * HUGE_PAGES), "huge pages are large for these nodes");
	for (size_t i = 0; i < sizeof(scenes) / sizeof(*scenes); i++)
		ASSERT_CHILD(beheaded_moves, &scenes[i]);
}
END_TEST

/* Rule 5: pages are not looked at, nothing had to move. */
START_TEST(no_flags)
{
	struct strictbind_report report;
	char *at = pages_on(PAGES, NODE(0));

	ck_assert_int_eq(bind_report(at, PAGES, NODE(machine()->node_count - 1), 0, &report), 0);
	check_report(&report, 0, 0, NULL);
	unmap(at, PAGES);
}
END_TEST

static void check_failed(char *at, unsigned long len, int mode, unsigned flags, int error)
{
	struct strictbind_report report = new_report();
	struct nodes set = nodes_one(NODE(0));

	report.unmoved = report.shared = 9;
	report.first_unmoved = at;
	ck_assert_int_eq(answer(strictbind_mbind_opt(at, len, mode, set.words, NODES_MAXNODE, flags,
						     NULL, &report)),
			 -error);
	check_report(&report, 0, 0, NULL);
}

START_TEST(after_errors)
{
	char *at = pages_on(PAGES, NODE(0));

	unmap(at + 8 * PAGE, 1);
	check_failed(at, PAGES * PAGE, MPOL_BIND, STRICT | MOVE, EFAULT);
	check_failed(at, PAGES * PAGE, MPOL_BIND, STRICT, EFAULT);
	check_failed(at, PAGES * PAGE, MPOL_BIND, 0, EFAULT);
	check_failed(at + 1, PAGE, MPOL_BIND, MOVE, EINVAL);
	check_failed(at, PAGE, 77, MOVE, EINVAL);
	check_failed(at, PAGE, MPOL_BIND, 1U << 20, EINVAL);
	unmap(at, PAGES);
}
END_TEST

static void check_cleared(const char *what, long result, int error,
			  const struct strictbind_report *report)
{
	ck_assert_msg(result == -error, "%s: %ld", what, result);
	ck_assert_msg(!report->unmoved && !report->shared && !report->first_unmoved &&
			      report->first_status == STRICTBIND_FIRST_NONE,
		      "%s: unmoved %lu, shared %lu, first %p", what, report->unmoved,
		      report->shared, report->first_unmoved);
}

static const struct strictbind_options too_small = { .size = 8 };

/* Failures before anything was looked at: the report was used before, and is zeros now. */
START_TEST(after_the_earliest_errors)
{
	struct strictbind_report report = new_report();
	struct nodes set = nodes_one(NODE(0));
	const unsigned long *unreadable =
		mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at = pages_on(1, NODE(0));
	long result;

	result = answer(strictbind_mbind_opt(at, PAGE, MPOL_BIND, set.words, NODES_MAXNODE, MOVE,
					     &too_small, &report));
	check_cleared("mbind, options too small", result, EINVAL, &report);
	report = new_report();
	result = answer(strictbind_mbind_opt(at, PAGE, MPOL_BIND, unreadable, NODES_MAXNODE, MOVE,
					     NULL, &report));
	check_cleared("mbind, unreadable mask", result, EFAULT, &report);
	report = new_report();
	result = answer(strictbind_mbind_opt(at, PAGE, MPOL_BIND, set.words, 1UL << 40, MOVE, NULL,
					     &report));
	check_cleared("mbind, mask too long", result, EINVAL, &report);
	report = new_report();
	result = answer(strictbind_migrate_pages_opt(0, NODES_MAXNODE, set.words, set.words,
						     &too_small, &report));
	check_cleared("migrate_pages, options too small", result, EINVAL, &report);
	report = new_report();
	result = answer(strictbind_migrate_pages_opt(0, NODES_MAXNODE, unreadable, set.words, NULL,
						     &report));
	check_cleared("migrate_pages, unreadable old nodes", result, EFAULT, &report);
	report = new_report();
	result = answer(strictbind_migrate_pages_opt(0, NODES_MAXNODE, set.words, unreadable, NULL,
						     &report));
	check_cleared("migrate_pages, unreadable new nodes", result, EFAULT, &report);
	report = new_report();
	result = answer(
		strictbind_migrate_pages_opt(0, 1UL << 40, set.words, set.words, NULL, &report));
	check_cleared("migrate_pages, masks too long", result, EINVAL, &report);
	report = new_report();
	result = answer(strictbind_migrate_pages_opt(0x7ffffff0, NODES_MAXNODE, set.words,
						     set.words, NULL, &report));
	check_cleared("migrate_pages, no such process", result, ESRCH, &report);
	munmap((void *)(uintptr_t)unreadable, PAGE);
	unmap(at, 1);
}
END_TEST

/* Untouched pages and the zero page are not counted. */
START_TEST(not_counted)
{
	struct strictbind_report report;
	volatile char *at = mmap(space(PAGES), PAGES * PAGE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	static const unsigned flags[] = { STRICT, MOVE, STRICT | MOVE };

	NEED_NODES(2);
	(void)at[0];
	(void)at[5 * PAGE];
	for (int node = 0; node < 2; node++)
		for (size_t f = 0; f < 3; f++) {
			ck_assert_int_eq(bind_report((char *)(uintptr_t)at, PAGES, NODE(node),
						     flags[f], &report),
					 0);
			check_report(&report, 0, 0, NULL);
		}
	unmap((char *)(uintptr_t)at, PAGES);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, asking_changes_nothing);
	tcase_add_test(tests, all_well);
	tcase_add_test(tests, strict_counts_misplaced);
	tcase_add_test(tests, strict_counts_shared);
	tcase_add_test(tests, move_returns_0_and_counts);
	tcase_add_test(tests, move_counts_shared);
	tcase_add_test(tests, move_all_leaves_none_shared);
	tcase_add_test(tests, thp_in_base_pages);
	tcase_add_test(tests, hugetlb_in_base_pages);
	tcase_add_test(tests, inaccessible_pages);
	tcase_add_test(tests, local_counts_what_could_not_move);
	tcase_add_test(tests, default_leaves_none_misplaced);
	tcase_add_test(tests, huge_page_without_its_first);
	tcase_add_test(tests, no_flags);
	tcase_add_test(tests, after_errors);
	tcase_add_test(tests, after_the_earliest_errors);
	tcase_add_test(tests, not_counted);
}

int main(void)
{
	run_on_node(NODE(0));
	return run_suite_here("report", add);
}
