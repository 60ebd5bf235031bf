/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why a call failed, on every release; and where one of the questions fails that are asked to find
 * out: the cause is then the same, or not known, and nothing is left behind.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "run.h"
#include "scene.h"

enum { STRICT = 1, MOVE = 2, MOVE_ALL = 4, PAGES = 8, MOST_CALLS = 120 };

/* Nodes 0 to 3 have memory, 2 is not allowed, 4 has none, and 5 does not exist. */
static const unsigned long masks[] = { 1 << 1, 1 << 2, 1 << 4, 1 << 5, 0, 1UL << 63 };
enum { GOOD, FORBIDDEN, EMPTY_NODE, MISSING, NONE, LAST };

struct failure {
	const char *words; /* in the sentence */
	int error;
	enum strictbind_cause cause;
	int mode;
	int mask;
	unsigned flags;
	unsigned long offset; /* of the address, in bytes */
	unsigned long maxnode;
	int other; /* a cause that is right as well where /sys is not readable; 0: none */
	bool migrate;
};

static const struct failure failures[] = {
	{ "Node 5 does not exist", EINVAL, STRICTBIND_CAUSE_NODE_MISSING, 2, MISSING, 0, 0, 65,
	  STRICTBIND_CAUSE_NODE_NOT_ALLOWED, false },
	{ "Node 4 has no memory", EINVAL, STRICTBIND_CAUSE_NODE_WITHOUT_MEMORY, 2, EMPTY_NODE, 0, 0,
	  65, STRICTBIND_CAUSE_NODE_NOT_ALLOWED, false },
	{ "Node 2 is outside of the cpuset of this process; this process may use nodes 0-1,3.",
	  EINVAL, STRICTBIND_CAUSE_NODE_NOT_ALLOWED, 2, FORBIDDEN, 0, 0, 65, 0, false },
	{ "names none", EINVAL, STRICTBIND_CAUSE_MASK_EMPTY, 2, NONE, 0, 0, 65, 0, false },
	{ "takes maxnode 65.", EINVAL, STRICTBIND_CAUSE_MAXNODE_SMALL, 2, LAST, 0, 0, 64, 0,
	  false },
	{ "is too large", EINVAL, STRICTBIND_CAUSE_MAXNODE_LARGE, 2, GOOD, 0, 0, 1UL << 40, 0,
	  false },
	{ "MPOL_DEFAULT takes no nodes", EINVAL, STRICTBIND_CAUSE_MASK_UNWANTED, 0, GOOD, 0, 0, 65,
	  0, false },
	{ "Mode 0x9", EINVAL, STRICTBIND_CAUSE_MODE_INVALID, 9, GOOD, 0, 0, 65, 0, false },
	{ "exclude", EINVAL, STRICTBIND_CAUSE_MODE_FLAGS, 2 | 3 << 14, GOOD, 0, 0, 65, 0, false },
	{ "Flag 0x40", EINVAL, STRICTBIND_CAUSE_FLAG_INVALID, 2, GOOD, 0x41, 0, 65, 0, false },
	{ "not a multiple", EINVAL, STRICTBIND_CAUSE_ADDRESS, 2, GOOD, 0, 1, 65, 0, false },
	{ "first hole", EFAULT, STRICTBIND_CAUSE_HOLE, 2, GOOD, MOVE, FAKE_PAGE, 65, 0, false },
	{ "on other nodes", EIO, STRICTBIND_CAUSE_MISPLACED, 2, GOOD, STRICT, 0, 65, 0, false },
	{ "takes CAP_SYS_NICE", EPERM, STRICTBIND_CAUSE_PRIVILEGE, 2, GOOD, MOVE_ALL, 0, 65, 0,
	  false },
	{ "names none", EINVAL, STRICTBIND_CAUSE_MASK_EMPTY, 0, NONE, 0, 0, 65, 0, true },
	{ "Node 5 does not exist", EPERM, STRICTBIND_CAUSE_NODE_MISSING, 0, MISSING, 0, 0, 65,
	  STRICTBIND_CAUSE_NODE_NOT_ALLOWED, true },
};
enum { FAILURES = sizeof(failures) / sizeof(failures[0]) };

static char text[512];

static void boot(const struct fake_kernel *kernel)
{
	fake_boot(kernel, 4);
	fake.nice = false;
	fake.allowed = fake.memory;
	fake.allowed.bits[0] &= ~4UL;
	fake.text_of[FAKE_NODES_ONLINE] = "0-4\n";
	fake.text_of[FAKE_NODES_WITH_MEMORY] = "0-3\n";
	fake.text_of[FAKE_MAX_MAP_COUNT] = "65530\n";
	scene_clear();
	scene_pages(0, PAGES, 0);
}

static struct strictbind_arguments call_of(const struct failure *failure)
{
	struct strictbind_arguments call = STRICTBIND_ARGUMENTS_INIT;

	call.addr = (void *)(at(0) + failure->offset);
	call.len = PAGES * FAKE_PAGE;
	call.mode = failure->mode;
	call.nodemask = &masks[failure->migrate ? GOOD : failure->mask];
	call.new_nodes = &masks[failure->mask];
	call.maxnode = failure->maxnode;
	call.flags = failure->flags;
	if (failure->migrate)
		call.call = STRICTBIND_CALL_MIGRATE_PAGES;
	return call;
}

static long make(const struct strictbind_arguments *call)
{
	errno = 0;
	if (call->call == STRICTBIND_CALL_MBIND)
		return strictbind_mbind((void *)(uintptr_t)call->addr, call->len, call->mode,
					call->nodemask, call->maxnode, call->flags);
	return strictbind_migrate_pages(call->pid, call->maxnode, call->nodemask, call->new_nodes);
}

/* The simulated kernel fails each of these calls so, and that is why. */
START_TEST(every_release)
{
	for (int i = 0; i < FAILURES; i++) {
		const struct failure *failure = &failures[i];
		struct strictbind_arguments call = call_of(failure);
		int cause;

		boot(&fake_kernels[_i]);
		/* These take an empty set. */
		if (failure->migrate && failure->mask == NONE && !fake.kernel.merges_new_nodes)
			continue;
		must(make(&call) == -1 && errno == failure->error, "%s: %s: errno %d",
		     fake.kernel.release, failure->words, errno);
		cause = strictbind_explain(&call, failure->error, text, sizeof(text));
		must(cause == (int)failure->cause && strstr(text, failure->words), "%s: %s: %s: %s",
		     fake.kernel.release, failure->words, strictbind_cause_name(cause), text);
		must(!fake_leftover(), "%s: %s: %s", fake.kernel.release, failure->words,
		     fake_leftover());
	}
}
END_TEST

START_TEST(modes_of_other_releases)
{
	static const struct failure failure = { .mode = 2, .mask = GOOD, .maxnode = 65 };
	struct strictbind_arguments call = call_of(&failure);

	for (int mode = 4; mode < 7; mode++) {
		boot(&fake_kernels[_i]);
		call.mode = mode;
		call.nodemask = mode == 4 ? &masks[NONE] : &masks[GOOD];
		if (mode < fake.kernel.modes) {
			ck_assert_int_eq(make(&call), 0);
			continue;
		}
		ck_assert_int_eq(make(&call), -1);
		ck_assert_int_eq(strictbind_explain(&call, errno, text, sizeof(text)),
				 STRICTBIND_CAUSE_MODE_MISSING);
	}
	call.mode = 2 | 1 << 13;
	call.nodemask = &masks[GOOD];
	if (make(&call) == -1)
		ck_assert_int_eq(strictbind_explain(&call, errno, text, sizeof(text)),
				 STRICTBIND_CAUSE_MODE_FLAG_MISSING);
	else
		ck_assert(fake.kernel.numa_balancing_flag);
}
END_TEST

/* ---- questions that fail ---- */

static void check_cause(const struct failure *failure, int error, unsigned call_number)
{
	struct strictbind_arguments call = call_of(failure);
	int cause;

	fake_count();
	errno = 0;
	cause = strictbind_explain(&call, failure->error, text, sizeof(text));
	/* What is made to fail with the same error is indeed refused. */
	must(cause == (int)failure->cause || cause == STRICTBIND_CAUSE_UNKNOWN ||
		     (failure->other && cause == failure->other) || error == failure->error,
	     "%s: call %u fails with %d: %s: %s", failure->words, call_number, error,
	     strictbind_cause_name(cause), text);
	must(errno == 0 && strlen(text) > 20 && text[strlen(text) - 1] == '.', "%s: errno %d: %s",
	     failure->words, errno, text);
	must(!fake_leftover(), "%s: call %u: %s", failure->words, call_number, fake_leftover());
}

START_TEST(one_question_fails)
{
	static const int errors[] = { EPERM, ENOSYS, ENOMEM, EMFILE };
	const struct failure *failure = &failures[_i];

	for (int e = 0; e < 4; e++)
		for (unsigned call = 1; call < MOST_CALLS; call++) {
			boot(fake_kernel("6.12"));
			fake.fail_error = errors[e];
			fake.fail_at[0] = call;
			check_cause(failure, errors[e], call);
		}
}
END_TEST

/* All of a kind, as where a filter refuses them, and where there are no files. */
START_TEST(questions_refused)
{
	static const long calls[] = { SYS_mbind,  SYS_get_mempolicy, SYS_move_pages, SYS_msync,
				      SYS_openat, SYS_read,	     SYS_mmap,	     SYS_prctl,
				      SYS_capget, SYS_rt_sigprocmask };
	const struct failure *failure = &failures[_i];

	for (int i = 0; i < 10; i++)
		for (int j = 0; j < 10; j++) {
			boot(fake_kernel("5.10"));
			fake_fail(calls[i], EPERM);
			fake_fail(calls[j], EPERM);
			check_cause(failure, EPERM, 0);
		}
	boot(fake_kernel("5.10"));
	memset(fake.text_of, 0, sizeof(fake.text_of));
	fake.proc = false;
	check_cause(failure, 0, 0);
}
END_TEST

/* ---- what cannot be had on a real kernel of the lab ---- */

static int explain(const struct strictbind_arguments *call, int error)
{
	return strictbind_explain(call, error, text, sizeof(text));
}

START_TEST(calls_refused)
{
	static const struct failure failure = { .mode = 2, .mask = GOOD, .maxnode = 65 };
	struct strictbind_arguments call = call_of(&failure);

	for (int status = 0; status < 2; status++)
		for (int filtered = 0; filtered < 2; filtered++)
			for (int i = 0; i < 2; i++) {
				int error = i ? EPERM : ENOSYS;
				int due = filtered ? STRICTBIND_CAUSE_SECCOMP
						   : STRICTBIND_CAUSE_UNKNOWN;

				boot(fake_kernel("6.12"));
				fake.filtered = filtered;
				if (status)
					fake.text_of[FAKE_STATUS] =
						filtered ? "Seccomp:\t2\n" : "Seccomp:\t0\n";
				fake_fail(SYS_mbind, error);
				ck_assert_int_eq(make(&call), -1);
				ck_assert_int_eq(explain(&call, error), due);
				ck_assert_ptr_null((void *)fake_leftover());
			}
	/* prctl is refused by a filter only. */
	boot(fake_kernel("6.12"));
	fake_fail(SYS_mbind, EPERM);
	fake_fail(SYS_prctl, EPERM);
	ck_assert_int_eq(explain(&call, EPERM), STRICTBIND_CAUSE_SECCOMP);
}
END_TEST

START_TEST(kernel_without_numa)
{
	static const struct failure failure = { .mode = 2, .mask = GOOD, .maxnode = 65 };
	struct strictbind_arguments call = call_of(&failure);

	for (int filtered = 0; filtered < 2; filtered++) {
		boot(fake_kernel("6.12"));
		memset(fake.text_of, 0, sizeof(fake.text_of));
		fake.filtered = filtered;
		fake_fail(SYS_mbind, ENOSYS);
		fake_fail(SYS_get_mempolicy, ENOSYS);
		fake_fail(SYS_openat, ENOENT)->path = "numa_maps";
		ck_assert_int_eq(explain(&call, ENOSYS),
				 filtered ? STRICTBIND_CAUSE_UNKNOWN : STRICTBIND_CAUSE_NOT_BUILT);
	}
	boot(fake_kernel("6.12"));
	call.call = STRICTBIND_CALL_MIGRATE_PAGES;
	call.new_nodes = call.nodemask;
	ck_assert_int_eq(explain(&call, ENOSYS), STRICTBIND_CAUSE_NOT_BUILT);
}
END_TEST

START_TEST(most_mappings)
{
	static const struct failure failure = { .mode = 2, .mask = GOOD, .maxnode = 65 };
	struct strictbind_arguments call = call_of(&failure);
	char limit[20];

	for (int room = -1; room < 4; room++) {
		boot(fake_kernel("6.12"));
		snprintf(limit, sizeof(limit), "%d\n", (int)fake.space.vma_count + room);
		fake.text_of[FAKE_MAX_MAP_COUNT] = limit;
		ck_assert_int_eq(explain(&call, ENOMEM),
				 room < 2 ? STRICTBIND_CAUSE_MAP_COUNT : STRICTBIND_CAUSE_UNKNOWN);
		snprintf(limit, sizeof(limit), " %u mappings", fake.space.vma_count);
		ck_assert_ptr_nonnull(strstr(text, limit));
	}
}
END_TEST

START_TEST(user_namespaces)
{
	static const struct failure failure = {
		.mode = 2, .mask = GOOD, .maxnode = 65, .flags = MOVE_ALL
	};
	struct strictbind_arguments call = call_of(&failure);

	boot(fake_kernel("6.12"));
	fake.nice = false;
	fake.text_of[FAKE_STATUS] = "CapEff:\t000001ffffffffff\nSeccomp:\t0\n";
	fake.text_of[FAKE_UID_MAP] = "         0       1000          1\n";
	ck_assert_int_eq(explain(&call, EPERM), STRICTBIND_CAUSE_PRIVILEGE);
	ck_assert_ptr_nonnull(strstr(text, "first user namespace"));
	fake.text_of[FAKE_UID_MAP] = "         0          0 4294967295\n";
	ck_assert_int_eq(explain(&call, EPERM), STRICTBIND_CAUSE_UNKNOWN);
	fake.text_of[FAKE_STATUS] = "CapEff:\t000001ffffffffff\nSeccomp:\t2\n";
	ck_assert_int_eq(explain(&call, EPERM), STRICTBIND_CAUSE_SECCOMP);
	fake.text_of[FAKE_STATUS] = "CapEff:\t0000000000000000\nSeccomp:\t2\n";
	ck_assert_int_eq(explain(&call, EPERM), STRICTBIND_CAUSE_PRIVILEGE);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("explain");

	tcase_add_loop_test(tests, every_release, 0, fake_kernel_count);
	tcase_add_loop_test(tests, modes_of_other_releases, 0, fake_kernel_count);
	tcase_add_loop_test(tests, one_question_fails, 0, FAILURES);
	tcase_add_loop_test(tests, questions_refused, 0, FAILURES);
	tcase_add_test(tests, calls_refused);
	tcase_add_test(tests, kernel_without_numa);
	tcase_add_test(tests, most_mappings);
	tcase_add_test(tests, user_namespaces);
	return run_tests("explain", tests);
}
