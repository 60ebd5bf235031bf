/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each rule of mbind's contract by name, on every release. */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "expect.h"
#include "run.h"

enum { STRICT = 1, MOVE = 2, MOVE_ALL = 4 };
enum { DEFAULT = 0, PREFERRED = 1, BIND = 2, LOCAL = 4 };
enum { STATIC_NODES = 1 << 15, RELATIVE_NODES = 1 << 14 };

static struct fake_space before;

static void boot(int kernel)
{
	fake_boot(&fake_kernels[kernel], 4);
}

START_TEST(rule_1_arguments_come_first)
{
	struct bind bind;

	boot(_i);
	scene_pages(0, 4, 0);
	bind = scene_bind(0, 8, 1, STRICT | MOVE);
	bind.flags |= 1 << 5;
	expect_bind(bind, EINVAL);
	bind = scene_bind(0, 8, 9, STRICT | MOVE);
	expect_bind(bind, EINVAL);
	bind = scene_bind(0, 8, 1, STRICT);
	bind.mode = 77;
	expect_bind(bind, EINVAL);
	bind = scene_bind(0, 8, 1, MOVE);
	bind.start++;
	expect_bind(bind, EINVAL);
	bind = scene_bind(0, 8, 1, MOVE_ALL);
	fake.nice = false;
	expect_bind(bind, EPERM);
	bind.len = -1UL << 13;
	expect_bind(bind, EPERM);
}
END_TEST

START_TEST(rule_2_length_0)
{
	boot(_i);
	for (unsigned flags = 0; flags < 8; flags++)
		expect_bind(scene_bind(50, 0, 1, flags), 0);
}
END_TEST

START_TEST(rule_3_holes)
{
	static const unsigned long ranges[][2] = { { 0, 4 }, { 0, 6 }, { 0, 8 },  { 2, 8 },
						   { 4, 6 }, { 6, 8 }, { 4, 10 }, { 8, 12 } };

	boot(_i);
	for (unsigned i = 0; i < 8; i++)
		for (unsigned flags = 0; flags < 8; flags++) {
			scene_clear();
			scene_pages(2, 2, 0);
			scene_pages(4, 2, 3)->kind = FAKE_PINNED;
			scene_map(9, 2);
			if (fake_is_mapped(&fake.space, at(ranges[i][0]), at(ranges[i][1])))
				continue;
			expect_bind(scene_bind(ranges[i][0], ranges[i][1] - ranges[i][0], 1, flags),
				    EFAULT);
		}
}
END_TEST

/* An unmovable page in any place before the hole, in the mapping next to it and in an earlier one.
 */
START_TEST(rule_3_unmovable_before_a_hole)
{
	boot(_i);
	for (unsigned long unmovable = 0; unmovable < 4; unmovable++)
		for (unsigned flags = 0; flags < 8; flags++) {
			scene_clear();
			scene_pages(0, 4, 0);
			scene_page(unmovable, 0, FAKE_UNISOLATABLE);
			scene_map(6, 2);
			expect_bind(scene_bind(0, 6, 1, flags), EFAULT);
			expect_bind(scene_bind(0, 8, 1, flags), EFAULT);
		}
}
END_TEST

START_TEST(rule_4_default_over_holes)
{
	struct bind bind;

	boot(_i);
	for (unsigned long first = 0; first < 8; first++)
		for (unsigned flags = 0; flags < 8; flags++) {
			scene_clear();
			scene_pages(2, 2, 0);
			scene_pages(6, 2, 1)->kind = FAKE_PINNED;
			bind = scene_bind(first, 12 - first, 0, flags);
			bind.mode = DEFAULT;
			bind.mask = mask_none();
			expect_bind(bind, 0);
		}
}
END_TEST

START_TEST(rule_4_default_over_nothing)
{
	struct bind bind;

	boot(_i);
	for (unsigned flags = 0; flags < 8; flags++) {
		bind = scene_bind(0, 4, 0, flags);
		bind.mode = DEFAULT;
		bind.mask = mask_none();
		expect_bind(bind, EFAULT);
	}
}
END_TEST

/* The kernel takes mode flags off before it looks at the mode. */
START_TEST(rule_4_default_with_mode_flags)
{
	struct bind bind;

	boot(_i);
	scene_pages(2, 2, 0);
	scene_pages(6, 2, 0);
	bind = scene_bind(2, 8, 0, STRICT);
	bind.mode = DEFAULT | STATIC_NODES;
	bind.mask = mask_none();
	expect_bind(bind, 0);
	bind.mode = DEFAULT | RELATIVE_NODES;
	expect_bind(bind, 0);
}
END_TEST

START_TEST(rule_5_pages_are_not_looked_at)
{
	boot(_i);
	scene_pages(0, 8, 0);
	expect_bind(scene_bind(2, 4, 1, 0), 0);
}
END_TEST

START_TEST(rule_6_strict_alone)
{
	boot(_i);
	scene_pages(0, 8, 1);
	scene_touch(8, 0, 1);
	for (unsigned long misplaced = 0; misplaced < 8; misplaced++)
		for (int kind = FAKE_MOVABLE; kind <= FAKE_PINNED; kind++) {
			scene_clear();
			scene_pages(0, 8, 1);
			scene_page(misplaced, 2, (enum fake_page_kind)kind);
			expect_bind(scene_bind(0, 8, 1, STRICT), EIO);
		}
}
END_TEST

START_TEST(rule_6_a_shared_page_counts)
{
	boot(_i);
	scene_pages(0, 4, 1);
	scene_pages(4, 1, 0)->mapcount = 2;
	expect_bind(scene_bind(0, 5, 1, STRICT), EIO);
}
END_TEST

START_TEST(rule_6_prot_none_counts)
{
	boot(_i);
	scene_pages(0, 4, 1);
	scene_pages(4, 2, 0);
	fake.space.vmas[fake_find_vma(&fake.space, at(4))].prot = PROT_NONE;
	expect_bind(scene_bind(0, 6, 1, STRICT), EIO);
}
END_TEST

START_TEST(rule_7_none_misplaced)
{
	boot(_i);
	scene_pages(0, 4, 1);
	scene_map(4, 4);
	scene_page(8, 0, FAKE_ZERO);
	expect_bind(scene_bind(0, 9, 1, STRICT), 0);
}
END_TEST

/* Whatever stands before it: unmovable pages in each place, in the same and in earlier page tables.
 */
START_TEST(rule_8_everything_movable_moves)
{
	boot(_i);
	for (unsigned long unmovable = 0; unmovable < 64; unmovable += 9)
		for (int kind = FAKE_UNISOLATABLE; kind <= FAKE_PINNED; kind++)
			for (unsigned strict = 0; strict < 2; strict++) {
				scene_clear();
				scene_pages(0, 64, 0);
				scene_page(unmovable, 0, (enum fake_page_kind)kind);
				expect_bind(scene_bind(0, 64, 1, MOVE | strict), strict ? EIO : 0);
			}
}
END_TEST

START_TEST(rule_9_in_place_is_no_failure)
{
	boot(_i);
	scene_pages(0, 64, 0);
	scene_page(20, 1, FAKE_UNISOLATABLE);
	scene_page(40, 1, FAKE_PINNED);
	expect_bind(scene_bind(0, 64, 1, MOVE | STRICT), 0);
}
END_TEST

START_TEST(rule_9_full_node)
{
	boot(_i);
	scene_pages(0, 8, 0);
	fake.room[1] = 3;
	fake.room[0] = 0;
	expect_bind(scene_bind(0, 8, 1, MOVE | STRICT), EIO);
}
END_TEST

START_TEST(rule_10_shared_pages_stay)
{
	boot(_i);
	scene_pages(0, 8, 0)->mapcount = 3;
	if (fake.kernel.told_exclusive)
		expect_bind(scene_bind(0, 8, 1, MOVE | STRICT), 0);
	expect_bind(scene_bind(0, 8, 1, MOVE), 0);
	expect_bind(scene_bind(0, 8, 1, MOVE_ALL | STRICT), 0);
}
END_TEST

START_TEST(rule_10_shared_and_unmovable)
{
	boot(_i);
	scene_pages(0, 8, 0)->mapcount = 3;
	scene_page(8, 0, FAKE_UNISOLATABLE)->mapcount = 2;
	scene_page(9, 0, FAKE_PINNED);
	expect_bind(scene_bind(0, 10, 1, MOVE | STRICT), EIO);
	expect_bind(scene_bind(0, 10, 1, MOVE_ALL | STRICT), EIO);
}
END_TEST

START_TEST(rule_11_default_ignores_strict)
{
	struct bind bind;

	boot(_i);
	scene_pages(0, 8, 0)->kind = FAKE_PINNED;
	bind = scene_bind(0, 8, 1, STRICT | MOVE);
	bind.mode = DEFAULT;
	bind.mask = mask_none();
	expect_bind(bind, 0);
}
END_TEST

static struct bind local_bind(unsigned long first, unsigned long count, unsigned flags)
{
	struct bind bind = scene_bind(first, count, 1, flags);

	bind.mode = PREFERRED;
	bind.mask = mask_none();
	return bind;
}

START_TEST(empty_nodes_are_nowhere)
{
	boot(_i);
	scene_pages(0, 8, 0);
	expect_bind(local_bind(0, 8, STRICT), EIO);
	expect_bind(local_bind(0, 8, STRICT | MOVE), 0);
	scene_map(8, 8);
	expect_bind(local_bind(8, 8, STRICT), 0);
	if (fake.kernel.misses_unmovable)
		return;
	scene_page(3, 0, FAKE_UNISOLATABLE);
	scene_page(6, 0, FAKE_PINNED);
	expect_bind(local_bind(0, 8, STRICT | MOVE), EIO);
	expect_bind(local_bind(0, 8, MOVE), 0);
}
END_TEST

/* With a cpuset, node 0 relative to nodes 1 to 3 is node 1, and a page there is where it should be.
 */
START_TEST(relative_nodes_are_judged_alike_on_all_kernels)
{
	struct bind bind;
	struct outcome outcome;

	boot(_i);
	fake_remove(&fake.allowed, 0);
	scene_pages(0, 8, 2);
	bind = scene_bind(0, 8, 0, MOVE | STRICT);
	bind.mode |= RELATIVE_NODES;
	outcome = do_bind(&bind);
	must(outcome.result == 0, "%s: errno %d", fake.kernel.release, outcome.error);
	ck_assert_int_eq(fake_page_at(&fake.space, at(5))->node, 1);
}
END_TEST

START_TEST(a_huge_page_that_is_just_being_moved)
{
	struct bind bind;
	struct outcome outcome;

	boot(_i);
	for (unsigned strict = 0; strict < 2; strict++) {
		scene_clear();
		scene_pages(0, 8, 0);
		scene_page(8, 0, FAKE_MIGRATING);
		fake.migrating = 3;
		bind = scene_bind(0, 9, 1, MOVE | strict);
		outcome = do_bind(&bind);
		if (!strict || !fake.kernel.fails_at_migrating)
			must(outcome.result == 0 || strict, "%s: errno %d", fake.kernel.release,
			     outcome.error);
		ck_assert_int_eq(fake_page_at(&fake.space, at(5))->node, 1);
		ck_assert_int_eq(fake_vma_at(&fake.space, at(8))->policy.mode, BIND);
	}
}
END_TEST

/* It never passes: the call still comes to an end, and does not claim that the page has moved. */
START_TEST(a_huge_page_that_is_being_moved_for_ever)
{
	struct bind bind;

	boot(_i);
	scene_pages(0, 8, 0);
	scene_page(8, 0, FAKE_MIGRATING);
	fake.call_limit = 20000;
	bind = scene_bind(0, 9, 1, MOVE | STRICT);
	do_bind(&bind);
	ck_assert_ptr_null(fake_leftover());
}
END_TEST

/*
 * Releases up to 5.4 take it for a hole when it is not the first of the range. They say so, and do
 * nothing; that much is kept, if not more.
 */
START_TEST(a_device_mapping_is_no_hole)
{
	boot(_i);
	for (unsigned flags = 0; flags < 8; flags++) {
		struct bind bind = scene_bind(0, 5, 1, flags);
		struct outcome outcome;

		scene_clear();
		scene_pages(0, 2, 0);
		scene_page(2, 0, FAKE_DEVICE_PAGE);
		fake.space.vmas[fake_find_vma(&fake.space, at(2))].kind = FAKE_DEVICE;
		scene_pages(3, 2, 0);
		copy_space(&before, &fake.space);
		outcome = do_bind(&bind);
		if (fake.kernel.holes == FAKE_HOLES_4_0 && outcome.error == EFAULT)
			ck_assert(unchanged(&before, &fake.space));
		else
			ck_assert_ptr_null(judge_bind(&bind, &before, &outcome, expect_untold()));
	}
}
END_TEST

START_TEST(hugetlb_pages_are_counted_in_base_pages)
{
	struct fake_page page = {
		.address = 0x300000000000, .span = 512, .mapcount = 1, .kind = FAKE_PINNED
	};
	struct fake_vma vma = { .start = 0x300000000000,
				.end = 0x300000000000 + 2UL * FAKE_HUGE,
				.prot = PROT_READ,
				.kind = FAKE_HUGETLB };
	struct bind bind = { .start = vma.start,
			     .len = 2UL * FAKE_HUGE,
			     .mode = BIND,
			     .mask = mask_of(fake_one_node(1)),
			     .flags = STRICT | MOVE };

	boot(_i);
	if (!fake.kernel.hugetlb_moves)
		return;
	fake_map(&fake.space, &vma);
	fake_put_page(&fake.space, &page);
	page.address += FAKE_HUGE;
	page.kind = FAKE_MOVABLE;
	fake_put_page(&fake.space, &page);
	expect_bind(bind, EIO);
	bind.len = FAKE_PAGE;
	bind.mask = mask_of(fake_one_node(2));
	ck_assert_int_eq(do_bind(&bind).error, EINVAL);
}
END_TEST

/* The header tells what is left then: policy on the lower part, and no page moved. */
START_TEST(max_map_count_is_enomem)
{
	struct bind bind;
	struct outcome outcome;

	boot(_i);
	for (unsigned flags = 0; flags < 8; flags++) {
		if (flags == STRICT)
			continue;
		scene_clear();
		scene_pages(0, 8, 0);
		scene_pages(8, 8, 0);
		/* Its questions need mappings, too. */
		bind = scene_bind(0, 8, 0, STRICT | MOVE);
		do_bind(&bind);
		copy_space(&before, &fake.space);
		fake.space.vma_limit = fake.space.vma_count;
		bind = scene_bind(0, 12, 1, flags);
		outcome = do_bind(&bind);
		fake.space.vma_limit = 0;
		must(outcome.result == -1 && outcome.error == ENOMEM, "%s, flags %u: %ld errno %d",
		     fake.kernel.release, flags, outcome.result, outcome.error);
		for (unsigned long i = 0; i < 16; i++)
			ck_assert_int_eq(fake_page_at(&fake.space, at(i))->node, 0);
	}
}
END_TEST

START_TEST(a_thousand_nodes)
{
	struct bind bind;

	fake_boot(&fake_kernels[_i], 1024);
	scene_pages(0, 8, 1022);
	bind = scene_bind(0, 8, 1023, MOVE | STRICT);
	expect_bind(bind, 0);
	scene_pages(8, 8, 1022)->kind = FAKE_PINNED;
	bind = scene_bind(8, 8, 1023, MOVE | STRICT);
	expect_bind(bind, EIO);
	bind = scene_bind(0, 8, 5, STRICT);
	expect_bind(bind, EIO);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("contract_by_rule");

	tcase_add_loop_test(tests, rule_1_arguments_come_first, 0, fake_kernel_count);
	tcase_add_loop_test(tests, rule_2_length_0, 0, fake_kernel_count);
	tcase_add_loop_test(tests, rule_3_holes, 0, fake_kernel_count);
	tcase_add_loop_test(tests, rule_3_unmovable_before_a_hole, 0, fake_kernel_count);
	tcase_add_loop_test(tests, rule_4_default_over_holes, 0, fake_kernel_count);
	tcase_add_loop_test(tests, rule_4_default_over_nothing, 0, fake_kernel_count);
	tcase_add_loop_test(tests, rule_4_default_with_mode_flags, 0, fake_kernel_count);
	tcase_add_loop_test(tests, rule_5_pages_are_not_looked_at, 0, fake_kernel_count);
	tcase_add_loop_test(tests, rule_6_strict_alone, 0, fake_kernel_count);
	tcase_add_loop_test(tests, rule_6_a_shared_page_counts, 0, fake_kernel_count);
	tcase_add_loop_test(tests, rule_6_prot_none_counts, 0, fake_kernel_count);
	tcase_add_loop_test(tests, rule_7_none_misplaced, 0, fake_kernel_count);
	tcase_add_loop_test(tests, rule_8_everything_movable_moves, 0, fake_kernel_count);
	tcase_add_loop_test(tests, rule_9_in_place_is_no_failure, 0, fake_kernel_count);
	tcase_add_loop_test(tests, rule_9_full_node, 0, fake_kernel_count);
	tcase_add_loop_test(tests, rule_10_shared_pages_stay, 0, fake_kernel_count);
	tcase_add_loop_test(tests, rule_10_shared_and_unmovable, 0, fake_kernel_count);
	tcase_add_loop_test(tests, rule_11_default_ignores_strict, 0, fake_kernel_count);
	tcase_add_loop_test(tests, empty_nodes_are_nowhere, 0, fake_kernel_count);
	tcase_add_loop_test(tests, relative_nodes_are_judged_alike_on_all_kernels, 0,
			    fake_kernel_count);
	tcase_add_loop_test(tests, a_huge_page_that_is_just_being_moved, 0, fake_kernel_count);
	tcase_add_loop_test(tests, a_huge_page_that_is_being_moved_for_ever, 0, fake_kernel_count);
	tcase_add_loop_test(tests, a_device_mapping_is_no_hole, 0, fake_kernel_count);
	tcase_add_loop_test(tests, hugetlb_pages_are_counted_in_base_pages, 0, fake_kernel_count);
	tcase_add_loop_test(tests, max_map_count_is_enomem, 0, fake_kernel_count);
	tcase_add_loop_test(tests, a_thousand_nodes, 0, fake_kernel_count);
	return run_tests("contract_by_rule", tests);
}
