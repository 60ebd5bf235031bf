/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls that look at pages of a range and move them, while a system call fails, or all of a kind.
 * What they then say is true, or they fail with that errno; nothing is left behind.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>

#include "core/syscall.h"
#include "run.h"
#include "scene.h"

enum { PAGES = 24, ROOM = 16, TARGET = 1 };

static struct fake_space start;
static struct strictbind_range ranges[ROOM];

static void build(void)
{
	scene_clear();
	scene_pages(0, 8, 0);
	scene_pages(8, 4, TARGET);
	scene_pages(12, 2, 2);
	scene_page(14, 2, FAKE_PINNED);
	scene_page(15, 0, FAKE_UNISOLATABLE);
	scene_pages(16, 4, 0)->mapcount = 2;
	scene_map(20, 4);
	copy_space(&start, &fake.space);
}

static void restart(void)
{
	copy_space(&fake.space, &start);
	fake_heal();
	fake_forget_answers();
	fake_count();
}

static unsigned long misplaced(void)
{
	unsigned long pages = 0;

	for (unsigned long page = 0; page < PAGES; page++)
		pages += scene_node(page) >= 0 && scene_node(page) != TARGET;
	return pages;
}

enum call { CHECK, MOVE, EXTENTS, CALLS };

static const char *const names[] = { "check", "move", "extents" };

static long make(enum call call, struct strictbind_report *report)
{
	struct strictbind_options options = STRICTBIND_OPTIONS_INIT;
	unsigned long target = 1UL << TARGET;
	const void *addr = (const void *)at(0); // NOLINT(performance-no-int-to-ptr)
	unsigned long len = PAGES * FAKE_PAGE;

	options.ranges = ranges;
	options.range_room = ROOM;
	errno = 0;
	if (call == CHECK)
		return strictbind_check(0, addr, len, &target, 65, &options, report);
	if (call == MOVE)
		return strictbind_move(0, addr, len, TARGET, &options, report);
	return strictbind_extents(0, addr, len, ranges, ROOM);
}

/* Every page of a range is on the node it says. */
static bool is_true(const struct strictbind_range *range)
{
	unsigned long first = ((unsigned long)range->address - SCENE) / FAKE_PAGE;

	for (unsigned long page = first; page < first + range->length / FAKE_PAGE; page++)
		if (range->node >= 0 && scene_node(page) != range->node)
			return false;
	return true;
}

static const char *judge(enum call call, long result, int error,
			 const struct strictbind_report *report)
{
	unsigned long told = call == EXTENTS ? (unsigned long)result : report->ranges;
	unsigned long counted = report->unmoved + (call == MOVE ? report->shared : 0);
	bool known = report->unmoved != STRICTBIND_UNKNOWN && report->shared != STRICTBIND_UNKNOWN;

	if (result == -1)
		return errno == error ? NULL : "another errno";
	if (errno)
		return "errno was touched";
	for (unsigned long i = 0; i < told && i < ROOM; i++)
		if (!is_true(&ranges[i]))
			return "a range is not so";
	if (call == EXTENTS)
		return NULL;
	if ((unsigned long)result > misplaced())
		return "returns more pages than there are";
	return !known || counted == misplaced() ? NULL : "the counts are not so";
}

static void check(enum call call, int error, const char *what)
{
	struct strictbind_report report = STRICTBIND_REPORT_INIT;
	long result = make(call, &report);
	const char *broken = judge(call, result, error, &report);

	if (!broken)
		broken = fake_leftover();
	must(!broken, "%s, %s, %s, errno %d: %s: %ld, errno %d, unmoved %ld, shared %ld",
	     fake.kernel.release, names[call], what, error, broken, result, errno,
	     (long)report.unmoved, (long)report.shared);
}

/* Nothing fails: what there is to say is said. */
START_TEST(nothing_fails)
{
	struct strictbind_report report = STRICTBIND_REPORT_INIT;

	fake_boot(&fake_kernels[_i], 4);
	build();
	restart();
	ck_assert_int_eq(make(CHECK, &report), 16);
	ck_assert_uint_eq(report.unmoved, 16);
	/* Shared pages have a reason of their own for who may not move them. */
	ck_assert_uint_eq(report.ranges, 3);
	fake.nice = false;
	ck_assert_int_eq(make(CHECK, &report), 16);
	ck_assert_uint_eq(report.ranges, 4);
	fake.nice = true;
	ck_assert_int_eq(make(EXTENTS, &report), 4);
	ck_assert_int_eq(make(MOVE, &report), 2);
	ck_assert_uint_eq(misplaced(), 2 + report.shared);
	check(CHECK, 0, "nothing");
	ck_assert_ptr_null(fake_leftover());
}
END_TEST

static const int errors[] = { ENOMEM, EPERM, ENOSYS, EMFILE };
enum { ERRORS = sizeof(errors) / sizeof(errors[0]) };

/* Pages on both sides of an end may be of one huge page, of another process as well. */
static void move_part(int error, unsigned number)
{
	const void *part = (const void *)at(2); // NOLINT(performance-no-int-to-ptr)
	long result;

	restart();
	fake.fail_error = error;
	fake.fail_at[0] = number;
	errno = 0;
	result = strictbind_move(FAKE_PID, part, 4 * FAKE_PAGE, TARGET, NULL, NULL);
	must(result == -1 ? errno == error : result <= 4 && !errno, "errno %d at call %u: %ld, %d",
	     error, number, result, errno);
	must(!fake_leftover(), "errno %d at call %u: %s", error, number, fake_leftover());
}

START_TEST(a_part_of_another_process_moves)
{
	fake_boot(&fake_kernels[_i], 4);
	build();
	move_part(0, 0);
	ck_assert_uint_gt(fake.calls_of[SB_SYS_PROCESS_MADVISE], 0);
	for (int e = 0; e < ERRORS; e++)
		for (unsigned number = 1; number == 1 || number - 1 <= fake.calls; number++)
			move_part(errors[e], number);
}
END_TEST

START_TEST(one_call_fails)
{
	fake_boot(&fake_kernels[_i], 4);
	build();
	for (enum call call = 0; call < CALLS; call++)
		for (int e = 0; e < ERRORS; e++)
			for (unsigned number = 1; number == 1 || number - 1 <= fake.calls;
			     number++) {
				char what[40];

				restart();
				fake.fail_error = errors[e];
				fake.fail_at[0] = number;
				snprintf(what, sizeof(what), "call %u", number);
				check(call, errors[e], what);
			}
}
END_TEST

static const long refusals[] = {
	SYS_move_pages, SYS_get_mempolicy, SYS_mmap, SYS_openat, SYS_read, SYS_pread64, SYS_ioctl,
};
enum { REFUSALS = sizeof(refusals) / sizeof(refusals[0]) };

START_TEST(a_call_is_refused)
{
	fake_boot(&fake_kernels[_i], 4);
	build();
	for (enum call call = 0; call < CALLS; call++)
		for (int which = 0; which < REFUSALS; which++)
			for (int e = 0; e < ERRORS; e++) {
				char what[40];

				restart();
				fake_fail(refusals[which], errors[e]);
				snprintf(what, sizeof(what), "system call %ld", refusals[which]);
				check(call, errors[e], what);
			}
}
END_TEST

START_TEST(without_proc)
{
	fake_boot(&fake_kernels[_i], 4);
	build();
	for (enum call call = 0; call < CALLS; call++) {
		restart();
		fake.proc = false;
		check(call, ENOENT, "no /proc");
	}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("check_fails");

	tcase_add_loop_test(tests, nothing_fails, 0, fake_kernel_count);
	tcase_add_loop_test(tests, a_part_of_another_process_moves, 0, fake_kernel_count);
	tcase_add_loop_test(tests, one_call_fails, 0, fake_kernel_count);
	tcase_add_loop_test(tests, a_call_is_refused, 0, fake_kernel_count);
	tcase_add_loop_test(tests, without_proc, 0, fake_kernel_count);
	return run_tests("check_fails", tests);
}
