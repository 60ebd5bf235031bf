/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Secret memory cannot be moved. It is judged also where no interface tells the node of its pages.
 */
#include <errno.h>
#include <sys/syscall.h>

#include "expect.h"
#include "policy.h"
#include "run.h"

enum { STRICT = 1, MOVE = 2, MOVE_ALL = 4 };

/* False where the release knows no such memory. */
static bool boot(int kernel)
{
	fake_boot(&fake_kernels[kernel], 4);
	return fake.kernel.secretmem;
}

START_TEST(it_is_unmoved)
{
	for (unsigned flags = MOVE; flags < 8; flags++) {
		if (!boot(_i))
			return;
		scene_secret(0, 2, 0);
		scene_pages(2, 4, 0);
		expect_counts(scene_bind(0, 6, 1, flags), flags & STRICT ? EIO : 0,
			      (struct counts){ 2, 0, 0 });
		expect_on(2, 4, 1);
	}
}
END_TEST

START_TEST(strict_alone_tells_it)
{
	if (!boot(_i))
		return;
	scene_secret(0, 2, 0);
	scene_pages(2, 4, 0);
	expect_counts(scene_bind(0, 6, 1, STRICT), EIO, (struct counts){ 6, 0, 0 });
	expect_counts(scene_bind(0, 2, 1, STRICT), EIO, (struct counts){ 2, 0, 0 });
	expect_counts(scene_bind(1, 1, 1, STRICT), EIO, (struct counts){ 1, 0, 1 });
}
END_TEST

START_TEST(in_place_it_is_no_failure)
{
	for (unsigned flags = 0; flags < 8; flags++) {
		if (!boot(_i))
			return;
		scene_secret(0, 2, 1);
		scene_pages(2, 4, flags == STRICT ? 1 : 0);
		expect_bind(scene_bind(0, 6, 1, flags), 0);
	}
}
END_TEST

/* Mapped by a child as well. */
START_TEST(shared_it_stays)
{
	for (unsigned strict = 0; strict < 2; strict++) {
		if (!boot(_i))
			return;
		scene_secret(0, 1, 0);
		fake.space.pages[fake_find_page(&fake.space, at(0))].mapcount = 2;
		scene_pages(1, 4, 0);
		expect_counts(scene_bind(0, 5, 1, MOVE | strict), 0, (struct counts){ 0, 1, -1 });
		expect_on(1, 4, 1);
	}
}
END_TEST

/* A zero page is present without a node, too. */
START_TEST(beside_what_belongs_to_nobody)
{
	for (unsigned flags = MOVE; flags < 8; flags++) {
		if (!boot(_i))
			return;
		scene_page(0, 0, FAKE_ZERO);
		scene_device(1, 2);
		scene_pages(3, 4, 0);
		expect_bind(scene_bind(0, 7, 1, flags), 0);
		scene_secret(7, 1, 0);
		expect_counts(scene_bind(0, 8, 2, flags), flags & STRICT ? EIO : 0,
			      (struct counts){ 1, 0, 7 });
	}
}
END_TEST

START_TEST(to_the_own_node)
{
	for (unsigned frames = 0; frames < 2; frames++) {
		struct bind bind = scene_bind(0, 6, 0, MOVE | STRICT);

		if (!boot(_i))
			return;
		fake.frames = frames;
		scene_secret(0, 2, 1);
		scene_pages(2, 4, 1);
		bind.mode = FAKE_PREFERRED;
		bind.mask = mask_none();
		expect_counts(bind, EIO, (struct counts){ 2, 0, 0 });
		expect_on(2, 4, 0);
	}
}
END_TEST

static void expect_migration(unsigned long count, unsigned long first, unsigned leeway)
{
	struct migration migration = { .from = mask_of(fake_one_node(2)),
				       .to = mask_of(fake_one_node(1)),
				       .counted = true };
	struct outcome outcome;
	const char *broken;

	broken = judge_new_migration(&migration, &outcome, leeway);
	must(!broken, "%s: %s: %ld unmoved %ld first %p", fake.kernel.release, broken,
	     outcome.result, (long)outcome.report.unmoved, outcome.report.first_unmoved);
	ck_assert_int_eq(outcome.result, (long)count);
	ck_assert_uint_eq((unsigned long)outcome.report.first_unmoved, first);
}

START_TEST(migrate_pages_counts_it)
{
	if (!boot(_i))
		return;
	scene_secret(0, 2, 2);
	scene_pages(2, 4, 2);
	expect_migration(2, at(0), 0);
	expect_on(2, 4, 1);
}
END_TEST

/* There is none on this machine: nothing is different for having asked. */
START_TEST(where_it_is_disabled)
{
	for (unsigned flags = 0; flags < 8; flags++) {
		boot(_i);
		fake.secretmem = false;
		scene_pages(0, 4, 0);
		scene_device(4, 2);
		scene_pages(6, 1, 0)->kind = FAKE_PINNED;
		expect_bind(scene_bind(0, 7, 1, flags), flags & STRICT ? EIO : 0);
	}
}
END_TEST

/* The question is one of memory that may be secret, and of nothing else. */
START_TEST(it_is_not_asked_about_for_other_memory)
{
	for (unsigned flags = 0; flags < 8; flags++) {
		fake_boot(fake_kernel("6.12"), 4);
		scene_pages(0, 8, 0);
		expect_bind(scene_bind(0, 8, 1, flags), flags == STRICT ? EIO : 0);
		ck_assert_uint_eq(fake_calls_of(447), 0);
	}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("secretmem");

	tcase_add_loop_test(tests, it_is_unmoved, 0, fake_kernel_count);
	tcase_add_loop_test(tests, strict_alone_tells_it, 0, fake_kernel_count);
	tcase_add_loop_test(tests, in_place_it_is_no_failure, 0, fake_kernel_count);
	tcase_add_loop_test(tests, shared_it_stays, 0, fake_kernel_count);
	tcase_add_loop_test(tests, beside_what_belongs_to_nobody, 0, fake_kernel_count);
	tcase_add_loop_test(tests, to_the_own_node, 0, fake_kernel_count);
	tcase_add_loop_test(tests, migrate_pages_counts_it, 0, fake_kernel_count);
	tcase_add_loop_test(tests, where_it_is_disabled, 0, fake_kernel_count);
	tcase_add_test(tests, it_is_not_asked_about_for_other_memory);
	return run_tests("secretmem", tests);
}
