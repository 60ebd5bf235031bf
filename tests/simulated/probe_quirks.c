/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The probe finds the quirks that a kernel has, says how it knows, asks once and leaves nothing. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "run.h"
#include "scene.h"

/* By name, so that nobody's numbering has to be shared. */
static struct strictbind_fact fact_named(const char *name)
{
	struct strictbind_fact fact = { .size = sizeof(fact) };

	for (unsigned i = 0; strictbind_kernel(i, &fact) == 1; i++)
		if (strcmp(fact.name, name) == 0)
			return fact;
	ck_abort_msg("no fact is called %s", name);
	return fact;
}

static void expect(const char *name, int present, enum strictbind_known known)
{
	struct strictbind_fact fact = fact_named(name);

	must(fact.present == present && fact.known == known,
	     "%s: %s is %d, known %d instead of %d, known %d", fake.kernel.release, name,
	     fact.present, (int)fact.known, present, (int)known);
}

static void ask_all(void)
{
	struct strictbind_fact fact = { .size = sizeof(fact) };

	for (unsigned i = 0; strictbind_kernel(i, &fact) == 1; i++)
		;
}

static void expect_clean(void)
{
	const char *left = fake_leftover();

	must(!left, "%s: %s", fake.kernel.release, left);
}

static bool misses_tail_hole(void)
{
	return fake.kernel.holes == FAKE_HOLES_2_6 || fake.kernel.holes == FAKE_HOLES_4_0;
}

static bool is_from(unsigned major, unsigned minor)
{
	unsigned running_major = 0, running_minor = 0;

	sscanf(fake.kernel.release, "%u.%u", &running_major, &running_minor);
	return running_major > major || (running_major == major && running_minor >= minor);
}

/* Taken for present where the version does not say that it is not. */
static void expect_by_version(const char *name, unsigned major, unsigned minor)
{
	if (is_from(major, minor))
		expect(name, 0, STRICTBIND_BY_VERSION);
	else
		expect(name, 1, STRICTBIND_ASSUMED);
}

/* On one node that question cannot be asked; it cannot be asked without an unmovable page either.
 */
static void expect_unaskable(const char *name)
{
	expect_by_version(name, 6, 7);
}

/* Whatever the vendor has patched, none of these is told by what else is found. */
static void expect_unasked(void)
{
	expect("count-unit-varies", 1, STRICTBIND_ASSUMED);
	expect("places-outside-nodes", 1, STRICTBIND_ASSUMED);
	expect_by_version("locked-while-moving", 6, 7);
	expect_by_version("leaves-movable", 6, 12);
	expect_by_version("strict-ignores-hugetlb", 5, 7);
}

static void expect_without_rings(void)
{
	const struct fake_kernel *kernel = &fake.kernel;

	expect("strict-ignores-misplaced", kernel->strict_ignores_misplaced, STRICTBIND_PROBED);
	expect("misses-tail-hole", misses_tail_hole(), STRICTBIND_PROBED);
	/* The one that took it away took the other with it. */
	expect("device-taken-for-hole", misses_tail_hole(), STRICTBIND_PROBED);
	expect("query-misses-prot-none", kernel->query_misses_prot_none, STRICTBIND_PROBED);
	expect("query-misses-secretmem", kernel->query_misses_secret, STRICTBIND_PROBED);
	if (kernel->strict_ignores_misplaced && misses_tail_hole())
		expect("eio-hides-hole", 1, STRICTBIND_ASSUMED);
	else if (kernel->strict_ignores_misplaced)
		expect("eio-hides-hole", 0, STRICTBIND_PROBED);
	else
		expect("eio-hides-hole", kernel->holes != FAKE_HOLES_FIRST, STRICTBIND_PROBED);
	expect_unasked();
}

static void expect_with_rings(int nodes)
{
	const struct fake_kernel *kernel = &fake.kernel;
	bool half_done = kernel->half_done_before_hole || misses_tail_hole();

	expect_without_rings();
	expect("misses-unmovable", kernel->misses_unmovable, STRICTBIND_PROBED);
	expect("half-done-before-hole", half_done, STRICTBIND_PROBED);
	expect("unisolated-not-counted", half_done, STRICTBIND_PROBED);
	if (nodes > 1)
		expect("stops-at-unmovable", kernel->stops_at_unmovable, STRICTBIND_PROBED);
	else
		expect_unaskable("stops-at-unmovable");
}

static const int node_counts[] = { 1, 2, 4, 1024 };

START_TEST(every_release_as_root)
{
	for (int i = 0; i < 4; i++) {
		fake_boot(&fake_kernels[_i], node_counts[i]);
		expect_with_rings(node_counts[i]);
		expect_clean();
	}
}
END_TEST

START_TEST(every_release_as_a_user_with_perf)
{
	fake_boot(&fake_kernels[_i], 4);
	fake.nice = false;
	fake.packet = false;
	if (fake.kernel.ring_is_device)
		expect_without_rings();
	else
		expect_with_rings(4);
	expect_clean();
}
END_TEST

/* Neither ring can be had: 6.7 and later are taken at their word. */
START_TEST(every_release_without_rings)
{
	static const char *const names[] = { "stops-at-unmovable", "misses-unmovable",
					     "half-done-before-hole", "unisolated-not-counted" };

	fake_boot(&fake_kernels[_i], 4);
	fake.nice = fake.perf = fake.packet = false;
	expect_without_rings();
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		expect_unaskable(names[i]);
	expect_clean();
}
END_TEST

/* There is none where the kernel was built or started without; that is no answer when it is refused
 * or cannot be had for another reason. */
START_TEST(secret_memory_that_is_not_to_be_had)
{
	static const int errors[] = { EPERM, EMFILE, ENOMEM };
	static const long calls[] = { 447, SYS_ftruncate, SYS_mmap };

	fake_boot(&fake_kernels[_i], 4);
	fake.secretmem = false;
	expect("query-misses-secretmem", 0, STRICTBIND_PROBED);
	for (unsigned call = 0; call < 3 && fake_kernels[_i].secretmem; call++)
		for (unsigned e = 0; e < 3; e++) {
			fake_boot(&fake_kernels[_i], 4);
			fake_fail(calls[call], errors[e]);
			expect_by_version("query-misses-secretmem", 6, 12);
			expect_clean();
		}
}
END_TEST

/*
 * These take a socket or an event, which takes time: never where a call wants to know. Where the
 * page map tells no shared pages, nothing cheaper tells.
 */
START_TEST(calls_ask_without_rings)
{
	static const int modes[] = { 1, 2, 3 };

	if (!fake_kernels[_i].told_exclusive)
		return;
	for (unsigned mode = 0; mode < 3; mode++)
		for (unsigned flags = 0; flags < 16; flags++) {
			struct bind bind = scene_bind(0, 12, 1, flags & 7);
			struct migration migration = { .from = mask_of(fake_one_node(0)),
						       .to = mask_of(fake_one_node(1)),
						       .counted = flags & 8 };

			fake_boot(&fake_kernels[_i], 4);
			scene_pages(0, 8, 0);
			scene_page(8, 0, FAKE_UNISOLATABLE);
			scene_pages(9, 3, 0)->kind = FAKE_PINNED;
			bind.mode = modes[mode];
			bind.counted = flags & 8;
			do_bind(&bind);
			do_migration(&migration);
			ck_assert_uint_eq(fake_calls_of(SYS_perf_event_open), 0);
			ck_assert_uint_eq(fake_calls_of(SYS_socket), 0);
		}
}
END_TEST

static void add_nothing(struct fake_kernel *kernel)
{
	(void)kernel;
}

static void add_strict_ignores(struct fake_kernel *kernel)
{
	kernel->strict_ignores_misplaced = true;
}

static void add_stops(struct fake_kernel *kernel)
{
	kernel->stops_at_unmovable = true;
}

static void add_misses_unmovable(struct fake_kernel *kernel)
{
	kernel->misses_unmovable = true;
}

static void add_half_done(struct fake_kernel *kernel)
{
	kernel->holes = FAKE_HOLES_5_5;
	kernel->half_done_before_hole = true;
}

static void add_prot_none(struct fake_kernel *kernel)
{
	kernel->query_misses_prot_none = true;
}

static void add_holes_5_5(struct fake_kernel *kernel)
{
	kernel->holes = FAKE_HOLES_5_5;
}

static void add_holes_4_0(struct fake_kernel *kernel)
{
	kernel->holes = FAKE_HOLES_4_0;
}

static void add_holes_2_6(struct fake_kernel *kernel)
{
	kernel->holes = FAKE_HOLES_2_6;
}

static void (*const additions[])(struct fake_kernel *) = {
	add_nothing,   add_strict_ignores, add_stops,	  add_misses_unmovable, add_half_done,
	add_prot_none, add_holes_5_5,	   add_holes_4_0, add_holes_2_6,
};
enum { ADDITIONS = sizeof(additions) / sizeof(additions[0]) };

START_TEST(every_quirk_alone)
{
	struct fake_kernel kernel = *fake_perfect_kernel();

	additions[_i](&kernel);
	fake_boot(&kernel, 4);
	expect_with_rings(4);
	expect_clean();
}
END_TEST

START_TEST(every_two_quirks)
{
	for (int other = 0; other < ADDITIONS; other++) {
		struct fake_kernel kernel = *fake_perfect_kernel();

		additions[_i](&kernel);
		additions[other](&kernel);
		/* What is not noticed can neither end a walk nor hide a hole. */
		if (kernel.misses_unmovable &&
		    (kernel.stops_at_unmovable || kernel.half_done_before_hole))
			continue;
		fake_boot(&kernel, 4);
		expect_with_rings(4);
		expect_clean();
	}
}
END_TEST

START_TEST(every_question_is_asked_once)
{
	fake_boot(&fake_kernels[_i], 4);
	ask_all();
	fake_count();
	ask_all();
	ck_assert_uint_eq(fake.calls, 0);
}
END_TEST

START_TEST(only_questions_that_matter_are_asked)
{
	struct bind bind = scene_bind(0, 4, 1, 0);

	fake_boot(fake_kernel("6.12"), 4);
	scene_pages(0, 4, 0);
	do_bind(&bind);
	ck_assert_uint_eq(fake_calls_of(SYS_perf_event_open), 0);
	ck_assert_uint_eq(fake_calls_of(SYS_migrate_pages), 0);
	ck_assert_uint_eq(fake_calls_of(SYS_openat), 0);
}
END_TEST

/* A probe that moved them, or set a policy, would show. */
START_TEST(nothing_of_the_caller_is_touched)
{
	static struct fake_space before;

	fake_boot(&fake_kernels[_i], 4);
	scene_pages(0, 20, 2);
	copy_space(&before, &fake.space);
	ask_all();
	ck_assert(unchanged(&before, &fake.space));
	ck_assert_uint_eq(before.page_count, fake.space.page_count);
	expect_clean();
}
END_TEST

static void expect_interface(const char *name, int present, int error)
{
	struct strictbind_fact fact = fact_named(name);

	must(fact.present == present && fact.error == error && fact.known == STRICTBIND_PROBED,
	     "%s: %s is %d, error %d", fake.kernel.release, name, fact.present, fact.error);
}

START_TEST(interfaces_of_every_release)
{
	const struct fake_kernel *kernel = &fake_kernels[_i];

	fake_boot(kernel, 4);
	expect_interface("mbind", 1, 0);
	expect_interface("migrate_pages", 1, 0);
	expect_interface("move_pages", 1, 0);
	expect_interface("MPOL_LOCAL", kernel->modes > 4, kernel->modes > 4 ? 0 : EINVAL);
	expect_interface("MPOL_PREFERRED_MANY", kernel->modes > 5, kernel->modes > 5 ? 0 : EINVAL);
	expect_interface("MPOL_WEIGHTED_INTERLEAVE", kernel->modes > 6,
			 kernel->modes > 6 ? 0 : EINVAL);
	expect_interface("pagemap", kernel->told_exclusive,
			 kernel->told_exclusive ? 0 : EOPNOTSUPP);
	expect_interface("PAGEMAP_SCAN", kernel->pagemap_scan, kernel->pagemap_scan ? 0 : ENOTTY);
	expect_interface("PROCMAP_QUERY", kernel->procmap_query,
			 kernel->procmap_query ? 0 : ENOTTY);
	expect_interface("numa_maps", 1, 0);
	expect_clean();
}
END_TEST

static const struct {
	const char *name;
	long number;
	const char *path;
	int error;
} refusals[] = {
	{ "mbind", SYS_mbind, NULL, EPERM },
	{ "mbind", SYS_mbind, NULL, ENOSYS },
	{ "migrate_pages", SYS_migrate_pages, NULL, EPERM },
	{ "move_pages", SYS_move_pages, NULL, ENOSYS },
	{ "pagemap", SYS_openat, "pagemap", EACCES },
	{ "pagemap", SYS_openat, "pagemap", EMFILE },
	{ "PAGEMAP_SCAN", SYS_openat, "pagemap", EPERM },
	{ "PROCMAP_QUERY", SYS_openat, "maps", ENOENT },
	{ "numa_maps", SYS_openat, "numa_maps", EACCES },
};

START_TEST(a_refused_interface_tells_its_errno)
{
	fake_boot(fake_kernel("6.12"), 4);
	fake_fail(refusals[_i].number, refusals[_i].error)->path = refusals[_i].path;
	expect_interface(refusals[_i].name, 0, refusals[_i].error);
	expect_clean();
}
END_TEST

START_TEST(strange_versions_are_old)
{
	static const char *const releases[] = {
		"", "x", "6", "6.", "6.6", "5.99.99", "-1.2", ".", "6.x", "99999999999999999999"
	};

	for (unsigned i = 0; i < sizeof(releases) / sizeof(releases[0]) - 1; i++) {
		struct fake_kernel kernel = *fake_kernel("6.12");

		kernel.release = releases[i];
		fake_boot(&kernel, 4);
		fake.perf = fake.packet = false;
		expect("half-done-before-hole", 1, STRICTBIND_ASSUMED);
	}
}
END_TEST

START_TEST(versions_from_6_7_on_are_new)
{
	static const char *const releases[] = { "6.7", "6.7.0-rc1", "6.10.3-generic",
						"7.0", "10.1",	    "6.18.44-fc" };

	for (unsigned i = 0; i < sizeof(releases) / sizeof(releases[0]); i++) {
		struct fake_kernel kernel = *fake_kernel("6.12");

		kernel.release = releases[i];
		fake_boot(&kernel, 4);
		fake.perf = fake.packet = false;
		expect("half-done-before-hole", 0, STRICTBIND_BY_VERSION);
	}
}
END_TEST

START_TEST(without_uname_a_kernel_is_old)
{
	fake_boot(fake_kernel("6.12"), 4);
	fake.perf = fake.packet = false;
	fake_fail(SYS_uname, EPERM);
	expect("half-done-before-hole", 1, STRICTBIND_ASSUMED);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("probe_quirks");

	tcase_add_loop_test(tests, every_release_as_root, 0, fake_kernel_count);
	tcase_add_loop_test(tests, every_release_as_a_user_with_perf, 0, fake_kernel_count);
	tcase_add_loop_test(tests, every_release_without_rings, 0, fake_kernel_count);
	tcase_add_loop_test(tests, secret_memory_that_is_not_to_be_had, 0, fake_kernel_count);
	tcase_add_loop_test(tests, calls_ask_without_rings, 0, fake_kernel_count);
	tcase_add_loop_test(tests, every_quirk_alone, 0, ADDITIONS);
	tcase_add_loop_test(tests, every_two_quirks, 0, ADDITIONS);
	tcase_add_loop_test(tests, every_question_is_asked_once, 0, fake_kernel_count);
	tcase_add_test(tests, only_questions_that_matter_are_asked);
	tcase_add_loop_test(tests, nothing_of_the_caller_is_touched, 0, fake_kernel_count);
	tcase_add_loop_test(tests, interfaces_of_every_release, 0, fake_kernel_count);
	tcase_add_loop_test(tests, a_refused_interface_tells_its_errno, 0,
			    sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_test(tests, strange_versions_are_old);
	tcase_add_test(tests, versions_from_6_7_on_are_new);
	tcase_add_test(tests, without_uname_a_kernel_is_old);
	return run_tests("probe_quirks", tests);
}
