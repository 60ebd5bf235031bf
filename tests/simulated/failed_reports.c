/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A report is written whatever becomes of the call: zeros where nothing was done, and of a call
 * that ended halfway a count or that there is none.
 */
#include <errno.h>
#include <sys/syscall.h>

#include "first.h"
#include "run.h"
#include "scene.h"

enum { STRICT = 1, MOVE = 2, MOVE_ALL = 4 };

/* What the caller had there before. */
static struct strictbind_report stale(void)
{
	return (struct strictbind_report){
		.size = sizeof(struct strictbind_report),
		.unmoved = 4711,
		.shared = 4712,
		.first_unmoved = (void *)0x4713, // NOLINT(performance-no-int-to-ptr)
		.first_status = 4714,
	};
}

static void expect_zeros(const struct strictbind_report *report, const char *what)
{
	must(report->size == sizeof(*report) && report->unmoved == 0 && report->shared == 0 &&
		     !report->first_unmoved && report->first_status == STRICTBIND_FIRST_NONE,
	     "%s, %s: unmoved %ld shared %ld first %p", fake.kernel.release, what,
	     (long)report->unmoved, (long)report->shared, report->first_unmoved);
}

struct bad_migration {
	int pid;
	unsigned long maxnode;
	const unsigned long *from;
	const unsigned long *to;
	int error;
	const char *what;
};

static void expect_failed_migration(const struct bad_migration *bad)
{
	struct strictbind_report report = stale();
	long result;

	errno = 0;
	result = strictbind_migrate_pages_opt(bad->pid, bad->maxnode, bad->from, bad->to, NULL,
					      &report);
	must(result == -1 && errno == bad->error, "%s, %s: %ld errno %d", fake.kernel.release,
	     bad->what, result, errno);
	expect_zeros(&report, bad->what);
}

START_TEST(a_migration_that_fails_at_once)
{
	static const unsigned long one[16] = { 1 }, two[16] = { 2 }, none[16], far[16] = { 1 << 9 };
	const unsigned long *nowhere = (const unsigned long *)16; // NOLINT
	const struct bad_migration bad[] = {
		{ 77, 1025, one, two, ESRCH, "no such process" },
		{ 0, 1UL << 20, one, two, EINVAL, "too long a mask" },
		{ 0, 1025, nowhere, two, EFAULT, "old nodes not readable" },
		{ 0, 1025, one, nowhere, EFAULT, "new nodes not readable" },
		{ 0, 1025, one, none, EINVAL, "no new nodes" },
		{ 0, 1025, one, far, EINVAL, "new nodes that do not exist" },
	};

	fake_boot(&fake_kernels[_i], 4);
	scene_pages(0, 8, 0);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		/* Older ones have no pages to move to no nodes. */
		if (bad[i].to == none && !fake.kernel.merges_new_nodes)
			continue;
		expect_failed_migration(&bad[i]);
	}
	fake_remove(&fake.allowed, 1);
	fake.nice = false;
	expect_failed_migration(
		&(struct bad_migration){ 0, 1025, one, two, EPERM, "a node of others" });
}
END_TEST

START_TEST(a_migration_that_is_refused)
{
	static const unsigned long one[16] = { 1 }, two[16] = { 2 };
	static const int errors[] = { ENOSYS, EPERM };

	for (unsigned i = 0; i < 2; i++) {
		fake_boot(&fake_kernels[_i], 4);
		scene_pages(0, 8, 0);
		fake_fail(SYS_migrate_pages, errors[i]);
		expect_failed_migration(
			&(struct bad_migration){ 0, 1025, one, two, errors[i], "refused" });
	}
}
END_TEST

/* Options of a size that no version has, or of a later one that asks for more. */
START_TEST(options_that_are_none)
{
	static const unsigned long one[16] = { 1 }, two[16] = { 2 };
	struct strictbind_options options = { .size = 3 };
	struct strictbind_report report = stale();

	fake_boot(&fake_kernels[_i], 4);
	scene_pages(0, 8, 0);
	ck_assert_int_eq(strictbind_migrate_pages_opt(0, 1025, one, two, &options, &report), -1);
	expect_zeros(&report, "bad options");
	report = stale();
	ck_assert_int_eq(strictbind_mbind_opt((void *)at(0), FAKE_PAGE, 2, two, 1025, MOVE,
					      &options, &report),
			 -1);
	expect_zeros(&report, "bad options");
}
END_TEST

/* Half of them have moved; 0 would say that none is left. */
START_TEST(a_migration_that_ends_for_lack_of_room)
{
	static const unsigned long one[16] = { 1 }, two[16] = { 2 };
	struct strictbind_report report = stale();
	unsigned long left = 0;

	fake_boot(&fake_kernels[_i], 4);
	scene_clear();
	fake.local = 3;
	scene_pages(0, 40, 0);
	fake.room[1] = 20;
	errno = 0;
	ck_assert_int_eq(strictbind_migrate_pages_opt(0, 1025, one, two, NULL, &report), -1);
	ck_assert_int_eq(errno, ENOMEM);
	for (unsigned i = 0; i < fake.space.page_count; i++)
		left += fake.space.pages[i].node == 0;
	ck_assert_uint_ge(left, 20);
	must(report.unmoved == left || report.unmoved == STRICTBIND_UNKNOWN,
	     "%s: unmoved %ld for %lu", fake.kernel.release, (long)report.unmoved, left);
	if (report.unmoved == STRICTBIND_UNKNOWN)
		ck_assert_ptr_null(report.first_unmoved);
	ck_assert(first_status_agrees(&report));
}
END_TEST

static void expect_failed_bind(struct bind bind, int error, const char *what)
{
	struct strictbind_report report = stale();
	long result;

	errno = 0;
	result = strictbind_mbind_opt((void *)bind.start, bind.len, bind.mode, bind.mask.nodes.bits,
				      bind.mask.maxnode, bind.flags, NULL, &report);
	must(result == -1 && errno == error, "%s, %s, flags %u: %ld errno %d", fake.kernel.release,
	     what, bind.flags, result, errno);
	expect_zeros(&report, what);
}

START_TEST(a_bind_that_fails_at_once)
{
	for (unsigned flags = 0; flags < 8; flags++) {
		struct bind bind = scene_bind(0, 8, 1, flags);

		fake_boot(&fake_kernels[_i], 4);
		scene_pages(0, 8, 0);
		bind.len *= 2;
		expect_failed_bind(bind, EFAULT, "a hole");
		bind = scene_bind(0, 8, 9, flags);
		expect_failed_bind(bind, EINVAL, "a node that does not exist");
		bind = scene_bind(0, 8, 1, flags);
		bind.start += 7;
		expect_failed_bind(bind, EINVAL, "an odd address");
		bind = scene_bind(0, 8, 1, flags | 64);
		expect_failed_bind(bind, EINVAL, "a flag that does not exist");
		fake.nice = false;
		bind = scene_bind(0, 8, 1, flags | MOVE_ALL);
		expect_failed_bind(bind, EPERM, "a privilege");
	}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("failed_reports");

	tcase_add_loop_test(tests, a_migration_that_fails_at_once, 0, fake_kernel_count);
	tcase_add_loop_test(tests, a_migration_that_is_refused, 0, fake_kernel_count);
	tcase_add_loop_test(tests, options_that_are_none, 0, fake_kernel_count);
	tcase_add_loop_test(tests, a_migration_that_ends_for_lack_of_room, 0, fake_kernel_count);
	tcase_add_loop_test(tests, a_bind_that_fails_at_once, 0, fake_kernel_count);
	return run_tests("failed_reports", tests);
}
