/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * System calls that fail or are refused, one at a time, two at a time, and all of a kind. Whatever
 * the library then says of the pages is true, or it fails with that errno; nothing is left behind.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "run.h"
#include "scene.h"

enum { STRICT = 1, MOVE = 2, MOVE_ALL = 4 };

static struct fake_space before, start;

/* Every kind of page, four mappings, a page table's end in the middle. */
static void build(void)
{
	scene_clear();
	scene_pages(0, 40, 0)->mapcount = 2;
	scene_touch(40, 0, 0);
	scene_pages(40, 4, 1);
	scene_page(44, 0, FAKE_UNISOLATABLE);
	scene_pages(45, 3, 0)->kind = FAKE_PINNED;
	fake.space.vmas[fake_find_vma(&fake.space, at(45))].prot = PROT_NONE;
	scene_map(48, 4);
}

/* What is said must be true, whichever question could not be asked. */
static const char *judge_claim(const struct bind *bind, const struct outcome *outcome, int error)
{
	unsigned leeway = COUNTS_MAY_BE_UNKNOWN | EMPTY_NODES_BY_KERNEL | SHARED_IS_EIO;

	if (outcome->result == -1 && outcome->error == error)
		return NULL;
	return judge_bind(bind, &before, outcome, leeway);
}

static void check(const struct bind *bind, int error, const char *what)
{
	struct outcome outcome;
	const char *broken;

	outcome = do_bind(bind);
	broken = judge_claim(bind, &outcome, error);
	if (!broken)
		broken = fake_leftover();
	must(!broken, "%s, %s, errno %d: %s\n%s", fake.kernel.release, what, error, broken,
	     scene_describe(bind, &outcome));
}

static void restart(void)
{
	copy_space(&fake.space, &start);
	copy_space(&before, &start);
	fake_heal();
	fake_forget_answers();
	fake_count();
}

static const int errors[] = { ENOMEM, EPERM, ENOSYS, EMFILE, EAGAIN, EACCES };
enum { ERRORS = sizeof(errors) / sizeof(errors[0]), FEW_ERRORS = 2 };

static struct bind bind_of(int number)
{
	struct bind bind = scene_bind(0, 52, 1, (unsigned)number & 7);

	bind.counted = number & 8;
	return bind;
}

START_TEST(one_call_fails)
{
	fake_boot(&fake_kernels[_i], 4);
	build();
	copy_space(&start, &fake.space);
	for (int number = 1; number < 12; number += number == 3 ? 6 : 1) {
		struct bind bind = bind_of(number);

		for (int e = 0; e < FEW_ERRORS; e++)
			for (unsigned call = 1; call == 1 || call - 1 <= fake.calls; call++) {
				char what[40];

				restart();
				fake.fail_error = errors[e];
				fake.fail_at[0] = call;
				snprintf(what, sizeof(what), "call %u", call);
				check(&bind, errors[e], what);
			}
	}
}
END_TEST

START_TEST(two_calls_fail)
{
	fake_boot(&fake_kernels[_i], 4);
	build();
	copy_space(&start, &fake.space);
	for (int number = 1; number < 16; number += 2)
		for (unsigned first = 1; first < 60; first += 5)
			for (unsigned second = 1; second < 40; second += 5) {
				struct bind bind = bind_of(number);

				restart();
				fake.fail_error = number & 2 ? EPERM : ENOMEM;
				fake.fail_at[0] = first;
				fake.fail_at[1] = first + second;
				check(&bind, fake.fail_error, "two calls");
			}
}
END_TEST

static const struct {
	long number;
	const char *path;
	const char *what;
} refusals[] = {
	{ SYS_mbind, NULL, "mbind" },
	{ SYS_move_pages, NULL, "move_pages" },
	{ SYS_migrate_pages, NULL, "migrate_pages" },
	{ SYS_get_mempolicy, NULL, "get_mempolicy" },
	{ SYS_mmap, NULL, "mmap" },
	{ SYS_mprotect, NULL, "mprotect" },
	{ SYS_openat, NULL, "openat" },
	{ SYS_openat, "pagemap", "pagemap" },
	{ SYS_openat, "numa_maps", "numa_maps" },
	{ SYS_openat, "/maps", "maps" },
	{ SYS_openat, "status", "status" },
	{ SYS_read, NULL, "read" },
	{ SYS_pread64, NULL, "pread" },
	{ SYS_ioctl, NULL, "ioctl" },
	{ SYS_uname, NULL, "uname" },
	{ SYS_perf_event_open, NULL, "perf_event_open" },
	{ SYS_socket, NULL, "socket" },
	{ SYS_setsockopt, NULL, "setsockopt" },
	{ SYS_sched_yield, NULL, "sched_yield" },
	{ SYS_rt_sigprocmask, NULL, "rt_sigprocmask" },
};
enum { REFUSALS = sizeof(refusals) / sizeof(refusals[0]) };

static void refuse(int which, int error)
{
	fake_fail(refusals[which].number, error)->path = refusals[which].path;
}

START_TEST(a_call_is_refused)
{
	fake_boot(&fake_kernels[_i], 4);
	build();
	copy_space(&start, &fake.space);
	for (int which = 0; which < REFUSALS; which++)
		for (int e = 0; e < FEW_ERRORS; e++)
			for (int number = 0; number < 16; number++) {
				struct bind bind = bind_of(number);

				restart();
				refuse(which, errors[e]);
				check(&bind, errors[e], refusals[which].what);
			}
}
END_TEST

START_TEST(two_calls_are_refused)
{
	fake_boot(&fake_kernels[_i], 4);
	build();
	copy_space(&start, &fake.space);
	for (int which = 0; which < REFUSALS; which++)
		for (int other = 0; other < which; other++)
			for (int number = 1; number < 16; number += 2) {
				struct bind bind = bind_of(number);

				restart();
				refuse(which, EPERM);
				refuse(other, EPERM);
				check(&bind, EPERM, refusals[which].what);
			}
}
END_TEST

/* msync is all that sees a hole there; without it the kernel's own judgement stands. */
START_TEST(msync_is_refused)
{
	struct bind bind = scene_bind(0, 52, 1, STRICT | MOVE);

	fake_boot(&fake_kernels[_i], 4);
	build();
	copy_space(&start, &fake.space);
	restart();
	fake_fail(SYS_msync, ENOSYS);
	check(&bind, ENOSYS, "msync");
	restart();
	fake_fail(SYS_msync, EPERM);
	bind = scene_bind(0, 60, 1, STRICT);
	do_bind(&bind);
	ck_assert_ptr_null(fake_leftover());
}
END_TEST

/* Without a page map the kernel is asked page by page; that it cannot say is no answer. */
START_TEST(a_failed_question_is_no_answer)
{
	fake_boot(&fake_kernels[_i], 4);
	build();
	copy_space(&start, &fake.space);
	for (unsigned skip = 0; skip < 40; skip++)
		for (int number = 2; number < 12; number += number == 3 ? 7 : 1) {
			struct bind bind = bind_of(number);
			struct strictbind_fact fact = { .size = sizeof(fact) };

			restart();
			for (unsigned i = 0; strictbind_kernel(i, &fact) == 1; i++)
				;
			fake_fail(SYS_openat, EACCES)->path = "pagemap";
			fake_fail(SYS_mbind, ENOMEM)->skip = skip;
			fake.rules[1].times = 1 + skip % 3;
			check(&bind, ENOMEM, "mbind while looking");
		}
}
END_TEST

/* Signals: reads are taken up again. */
START_TEST(reads_are_interrupted)
{
	fake_boot(&fake_kernels[_i], 4);
	build();
	copy_space(&start, &fake.space);
	for (int number = 0; number < 16; number++)
		for (unsigned skip = 0; skip < 4; skip++) {
			struct bind bind = bind_of(number);

			restart();
			fake_fail(SYS_read, EINTR)->times = 3;
			fake.rules[0].skip = skip;
			fake_fail(SYS_pread64, EINTR)->times = 3;
			fake.rules[1].skip = skip;
			check(&bind, 0, "interrupted");
		}
}
END_TEST

/* All that fails is what the caller asked for; it is the caller's errno, and nothing was done. */
START_TEST(a_refused_mbind_is_the_callers_errno)
{
	for (int e = 1; e < 3; e++)
		for (int number = 0; number < 16; number++) {
			struct bind bind = bind_of(number);
			struct outcome outcome;

			fake_boot(&fake_kernels[_i], 4);
			build();
			copy_space(&before, &fake.space);
			fake_fail(SYS_mbind, errors[e]);
			outcome = do_bind(&bind);
			ck_assert_int_eq(outcome.result, -1);
			ck_assert_int_eq(outcome.error, errors[e]);
			ck_assert(unchanged(&before, &fake.space));
		}
}
END_TEST

/* Nothing to be seen at all: no verdict can be better than the kernel's own, and none is a guess.
 */
START_TEST(without_proc_and_move_pages)
{
	for (int number = 0; number < 16; number++) {
		struct bind bind = bind_of(number);

		fake_boot(&fake_kernels[_i], 4);
		build();
		copy_space(&before, &fake.space);
		fake.proc = false;
		fake_fail(SYS_move_pages, EPERM);
		check(&bind, EPERM, "no /proc, no move_pages");
	}
}
END_TEST

/* ---- migrate_pages ---- */

static void check_migration(struct migration *migration, int error, const char *what)
{
	struct outcome outcome;
	const char *broken;

	outcome = do_migration(migration);
	broken = fake_leftover();
	if (!broken && !(outcome.result == -1 && outcome.error == error))
		broken = judge_migration(migration, &before, &outcome,
					 COUNTS_MAY_BE_UNKNOWN | COUNT_BY_KERNEL);
	must(!broken, "%s, %s, errno %d: %s: %ld errno %d unmoved %ld shared %ld",
	     fake.kernel.release, what, error, broken, outcome.result, outcome.error,
	     (long)outcome.report.unmoved, (long)outcome.report.shared);
}

static struct migration migration_of(int number)
{
	struct migration migration = { .from = mask_of(fake_one_node(0)),
				       .to = mask_of(fake_one_node(number & 1 ? 1 : 2)),
				       .counted = number & 2 };

	/* A chain. */
	if (number & 4)
		migration.from = mask_of(fake_two_nodes(0, 1));
	if (number & 4)
		migration.to = mask_of(fake_two_nodes(1, 2));
	return migration;
}

START_TEST(one_call_fails_while_migrating)
{
	fake_boot(&fake_kernels[_i], 4);
	build();
	copy_space(&start, &fake.space);
	for (int nice = 0; nice < 2; nice++)
		for (int number = 0; number < 8; number++)
			for (int e = 0; e < FEW_ERRORS; e++)
				for (unsigned call = 1; call == 1 || call - 1 <= fake.calls;
				     call++) {
					struct migration migration = migration_of(number);
					char what[40];

					restart();
					fake.nice = nice;
					fake.fail_error = errors[e];
					fake.fail_at[0] = call;
					snprintf(what, sizeof(what), "call %u", call);
					check_migration(&migration, errors[e], what);
				}
}
END_TEST

START_TEST(a_call_is_refused_while_migrating)
{
	fake_boot(&fake_kernels[_i], 4);
	build();
	copy_space(&start, &fake.space);
	for (int which = 0; which < REFUSALS; which++)
		for (int e = 0; e < ERRORS; e++)
			for (int number = 0; number < 8; number++) {
				struct migration migration = migration_of(number);

				restart();
				refuse(which, errors[e]);
				check_migration(&migration, errors[e], refusals[which].what);
			}
}
END_TEST

static int cancel(void *calls, unsigned long done, unsigned long total)
{
	(void)done;
	(void)total;
	++*(int *)calls;
	return 1;
}

/* Such as for a full node. It does not make the caller want more. */
START_TEST(cancelled_as_a_call_fails)
{
	int cancelled = 0;

	fake_boot(&fake_kernels[_i], 4);
	build();
	copy_space(&start, &fake.space);
	for (int number = 0; number < 8; number++)
		for (unsigned skip = 0; skip < 20; skip++) {
			struct migration migration = migration_of(number);
			int calls = 0;
			struct strictbind_options options = { .size = sizeof(options),
							      .progress = cancel,
							      .user = &calls };
			long result;

			restart();
			fake_fail(SYS_move_pages, ENOMEM)->skip = skip;
			result = strictbind_migrate_pages_opt(
				0, migration.from.maxnode, migration.from.nodes.bits,
				migration.to.nodes.bits, &options, NULL);
			ck_assert_int_le(calls, 1);
			if (calls)
				ck_assert(result == -1 && errno == ECANCELED);
			ck_assert_ptr_null(fake_leftover());
			cancelled += calls;
		}
	ck_assert_int_gt(cancelled, 0);
}
END_TEST

/* The probe, too: it says something of every fact, and leaves nothing. */
START_TEST(one_call_fails_while_probing)
{
	struct strictbind_fact fact = { .size = sizeof(fact) };

	fake_boot(&fake_kernels[_i], 4);
	copy_space(&start, &fake.space);
	for (int e = 0; e < ERRORS; e++)
		for (unsigned call = 1; call == 1 || call - 1 <= fake.calls; call++) {
			const char *broken;

			restart();
			fake.fail_error = errors[e];
			fake.fail_at[0] = call;
			for (unsigned i = 0; strictbind_kernel(i, &fact) == 1; i++)
				must(fact.known >= 1 && fact.known <= 3, "%s", fact.name);
			broken = fake_leftover();
			must(!broken, "%s, call %u, errno %d: %s", fake.kernel.release, call,
			     errors[e], broken);
		}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("failing_calls");

	tcase_add_loop_test(tests, one_call_fails, 0, fake_kernel_count);
	tcase_add_loop_test(tests, two_calls_fail, 0, fake_kernel_count);
	tcase_add_loop_test(tests, a_call_is_refused, 0, fake_kernel_count);
	tcase_add_loop_test(tests, two_calls_are_refused, 0, fake_kernel_count);
	tcase_add_loop_test(tests, msync_is_refused, 0, fake_kernel_count);
	tcase_add_loop_test(tests, a_failed_question_is_no_answer, 0, fake_kernel_count);
	tcase_add_loop_test(tests, reads_are_interrupted, 0, fake_kernel_count);
	tcase_add_loop_test(tests, a_refused_mbind_is_the_callers_errno, 0, fake_kernel_count);
	tcase_add_loop_test(tests, without_proc_and_move_pages, 0, fake_kernel_count);
	tcase_add_loop_test(tests, one_call_fails_while_migrating, 0, fake_kernel_count);
	tcase_add_loop_test(tests, a_call_is_refused_while_migrating, 0, fake_kernel_count);
	tcase_add_loop_test(tests, cancelled_as_a_call_fails, 0, fake_kernel_count);
	tcase_add_loop_test(tests, one_call_fails_while_probing, 0, fake_kernel_count);
	return run_tests("failing_calls", tests);
}
