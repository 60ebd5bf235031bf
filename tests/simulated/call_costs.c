/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many system calls a call takes: one where the kernel is right, and never many. */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "run.h"
#include "scene.h"

enum { STRICT = 1, MOVE = 2, MOVE_ALL = 4, BIND = 2 };
#define TERABYTE (1UL << 40)

static unsigned cost_of(const struct bind *bind)
{
	fake_count();
	do_bind(bind);
	return fake.calls;
}

/* Everything has been asked. */
static void warm_up(void)
{
	struct strictbind_fact fact = { .size = sizeof(fact) };

	for (unsigned i = 0; strictbind_kernel(i, &fact) == 1; i++)
		;
}

static void expect_one_call(const struct bind *bind)
{
	unsigned calls = cost_of(bind);

	must(calls == 1, "%s: mode %d flags %u takes %u calls", fake.kernel.release, bind->mode,
	     bind->flags, calls);
	ck_assert_uint_eq(fake_calls_of(SYS_mbind), 1);
}

/* Whether a success tells that all is well: no other mode keeps pages to its nodes. */
static bool is_told_by_success(const struct bind *bind)
{
	return bind->mode == BIND || !(bind->flags & (MOVE | MOVE_ALL));
}

/* Whether there is anything to move, the move, whether that has come to the right nodes. */
static void expect_three_calls(const struct bind *bind)
{
	unsigned calls = cost_of(bind);

	must(calls <= 3 && calls == fake_calls_of(SYS_mbind), "%s: mode %d flags %u takes %u calls",
	     fake.kernel.release, bind->mode, bind->flags, calls);
}

/*
 * Nothing is to be moved. STRICT alone tells that, and sets the policy; but it does not ask for the
 * privilege that MOVE_ALL takes, so that takes a call of its own.
 */
static void check_in_place(const struct bind *bind)
{
	scene_clear();
	scene_pages(0, 64, 0);
	if (is_told_by_success(bind) || !(bind->flags & MOVE_ALL))
		expect_one_call(bind);
	else
		ck_assert_uint_eq(cost_of(bind), 2);
}

static void check_costs(int mode, unsigned flags)
{
	struct bind bind = scene_bind(0, 32, 0, flags);

	bind.mode = mode;
	check_in_place(&bind);
	if (flags == STRICT)
		return;
	scene_clear();
	scene_pages(0, 64, 1);
	if (is_told_by_success(&bind))
		expect_one_call(&bind);
	else
		expect_three_calls(&bind);
}

static void check_one_call(void)
{
	static const int modes[] = { 1, 2, 3, 5, 6 };

	for (unsigned i = 0; i < 5; i++)
		for (unsigned flags = 0; flags < 8; flags++)
			check_costs(modes[i], flags);
}

START_TEST(one_call_on_a_kernel_without_quirks)
{
	fake_boot(fake_perfect_kernel(), 4);
	warm_up();
	check_one_call();
}
END_TEST

START_TEST(one_call_on_6_12_and_7_3)
{
	fake_boot(_i ? fake_kernel("7.3") : fake_kernel("6.12"), 4);
	warm_up();
	check_one_call();
}
END_TEST

START_TEST(one_call_for_default_and_for_errors)
{
	struct bind bind;

	fake_boot(fake_kernel("6.12"), 4);
	warm_up();
	scene_pages(0, 8, 0);
	for (unsigned flags = 0; flags < 8; flags++) {
		bind = scene_bind(0, 32, 0, flags);
		bind.mode = 0;
		bind.mask = mask_none();
		expect_one_call(&bind);
		/* A hole. */
		bind = scene_bind(0, 32, 0, flags);
		expect_one_call(&bind);
		bind.mode = 99;
		expect_one_call(&bind);
		bind.len = 0;
		expect_one_call(&bind);
	}
}
END_TEST

/* On first use a call asks what it needs to know; that is all there is. */
START_TEST(first_use)
{
	struct bind bind = scene_bind(0, 8, 1, STRICT | MOVE);

	fake_boot(&fake_kernels[_i], 4);
	scene_pages(0, 8, 0);
	cost_of(&bind);
	ck_assert_uint_le(fake.calls, 150);
}
END_TEST

/* Between 2 and so many calls where something was left, nothing else known. */
START_TEST(a_failing_call_looks_at_pages_in_batches)
{
	struct bind bind = scene_bind(0, 64, 1, STRICT | MOVE);

	fake_boot(&fake_kernels[_i], 4);
	warm_up();
	scene_pages(0, 64, 0)->kind = FAKE_PINNED;
	ck_assert_uint_le(cost_of(&bind), 40);
	bind.counted = true;
	ck_assert_uint_le(cost_of(&bind), 40);
	bind.flags = STRICT;
	ck_assert_uint_le(cost_of(&bind), 40);
}
END_TEST

/* A huge page that cannot be moved is one thing, not hundreds of pages to be tried one by one. */
static void expect_cost_of_huge(const struct fake_kernel *kernel, void (*put)(void), unsigned most)
{
	for (unsigned mode = 1; mode < 4; mode++) {
		struct bind bind = scene_bind(0, SCENE_HUGE + SCENE_SPAN, 1, STRICT | MOVE);
		unsigned calls;

		fake_boot(kernel, 4);
		warm_up();
		put();
		bind.mode = (int)mode;
		calls = cost_of(&bind);
		must(calls <= most, "%s: mode %u takes %u calls", fake.kernel.release, mode, calls);
	}
}

static void put_pinned(void)
{
	scene_pages(0, SCENE_HUGE, 0);
	scene_map(SCENE_HUGE, SCENE_SPAN);
	fake_put_page(&fake.space, &(struct fake_page){ .address = at(SCENE_HUGE),
							.span = SCENE_SPAN,
							.mapcount = 1,
							.kind = FAKE_PINNED });
}

START_TEST(a_pinned_huge_page)
{
	expect_cost_of_huge(&fake_kernels[_i], put_pinned, 160);
}
END_TEST

/* There is neither a page in the pool nor room for a base page. */
static void put_hugetlb_without_room(void)
{
	scene_pages(0, SCENE_HUGE, 1);
	scene_hugetlb(0, 1, 0);
	fake.pool[1] = 0;
	fake.room[1] = 0;
}

START_TEST(a_hugetlb_page_without_room)
{
	if (fake_kernels[_i].hugetlb_moves)
		expect_cost_of_huge(&fake_kernels[_i], put_hugetlb_without_room, 260);
}
END_TEST

static void map_terabyte(void)
{
	struct fake_vma vma = { .start = 0x300000000000,
				.end = 0x300000000000 + TERABYTE,
				.prot = PROT_READ | PROT_WRITE };

	fake_map(&fake.space, &vma);
}

static struct bind terabyte_bind(unsigned flags, bool counted)
{
	return (struct bind){ .start = 0x300000000000,
			      .len = TERABYTE,
			      .mode = 2,
			      .mask = mask_of(fake_one_node(1)),
			      .flags = flags,
			      .counted = counted };
}

/* Where everybody else has to wait meanwhile, an empty range is gone over in steps of 128 MiB. */
static unsigned terabyte_bound(unsigned flags)
{
	bool locked = fake.kernel.half_done_before_hole || fake.kernel.misses_unmovable;

	return locked && flags & (MOVE | MOVE_ALL) ? 8400 : 100;
}

START_TEST(an_empty_terabyte)
{
	fake_boot(&fake_kernels[_i], 4);
	warm_up();
	map_terabyte();
	fake.call_limit = 100000;
	for (unsigned flags = 0; flags < 8; flags++)
		for (int counted = 0; counted < 2; counted++) {
			struct bind bind = terabyte_bind(flags, counted);
			unsigned calls;

			/* Nothing but looking at pages tells there. */
			if (fake.kernel.strict_ignores_misplaced && flags & STRICT)
				continue;
			if (fake.kernel.strict_ignores_misplaced && flags && counted)
				continue;
			calls = cost_of(&bind);
			must(calls < terabyte_bound(flags), "%s, flags %u, counted %d: %u calls",
			     fake.kernel.release, flags, counted, calls);
		}
}
END_TEST

START_TEST(a_terabyte_with_one_unmovable_page)
{
	struct fake_page page = { .address = 0x300000000000 + TERABYTE / 4 + FAKE_PAGE,
				  .span = 1,
				  .mapcount = 1,
				  .kind = FAKE_PINNED };

	fake_boot(&fake_kernels[_i], 4);
	warm_up();
	map_terabyte();
	fake_put_page(&fake.space, &page);
	if (fake.kernel.strict_ignores_misplaced)
		return;
	for (unsigned flags = MOVE; flags < 4; flags++)
		for (int counted = 0; counted < 2; counted++) {
			struct bind bind = terabyte_bind(flags, counted);
			unsigned calls = cost_of(&bind);

			must(calls < terabyte_bound(flags) + 700,
			     "%s, flags %u, counted %d: %u calls", fake.kernel.release, flags,
			     counted, calls);
		}
}
END_TEST

START_TEST(migrate_pages_in_one_call)
{
	struct migration migration = { .from = mask_of(fake_one_node(1)),
				       .to = mask_of(fake_one_node(2)) };

	fake_boot(fake_perfect_kernel(), 4);
	warm_up();
	scene_pages(0, 64, 1);
	fake_count();
	ck_assert_int_eq(do_migration(&migration).result, 0);
	/* And the questions about the masks and the cpuset, which do nothing. */
	ck_assert_uint_eq(fake_calls_of(SYS_migrate_pages), 1);
	ck_assert_uint_le(fake.calls, 6);
}
END_TEST

START_TEST(migrate_pages_is_bounded)
{
	struct migration migration = { .from = mask_of(fake_first_nodes(4)),
				       .to = mask_of(fake_two_nodes(2, 3)),
				       .counted = true };

	fake_boot(&fake_kernels[_i], 4);
	warm_up();
	for (int i = 0; i < 40; i++)
		scene_pages((unsigned long)i * 4, 4, i % 4)->kind = FAKE_PINNED;
	fake_count();
	do_migration(&migration);
	ck_assert_uint_le(fake_calls_of(SYS_migrate_pages), 8);
	must(fake.calls < 400, "%s: %u calls", fake.kernel.release, fake.calls);
}
END_TEST

/* A chain over all nodes takes a call for each pair, and no more than that. */
START_TEST(migrate_pages_over_a_thousand_nodes)
{
	struct migration migration = { .counted = true };
	struct fake_nodes from = fake_first_nodes(1023), to = fake_first_nodes(1024);

	fake_remove(&to, 0);
	migration.from = mask_of(from);
	migration.to = mask_of(to);
	fake_boot(fake_kernel("6.12"), 1024);
	warm_up();
	scene_pages(0, 8, 5);
	fake_count();
	ck_assert_int_eq(do_migration(&migration).result, 0);
	ck_assert_uint_le(fake_calls_of(SYS_migrate_pages), 1025);
	must(fake.calls < 12 * 1024, "%u calls", fake.calls);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("call_costs");

	tcase_add_test(tests, one_call_on_a_kernel_without_quirks);
	tcase_add_loop_test(tests, one_call_on_6_12_and_7_3, 0, 2);
	tcase_add_test(tests, one_call_for_default_and_for_errors);
	tcase_add_loop_test(tests, first_use, 0, fake_kernel_count);
	tcase_add_loop_test(tests, a_failing_call_looks_at_pages_in_batches, 0, fake_kernel_count);
	tcase_add_loop_test(tests, a_pinned_huge_page, 0, fake_kernel_count);
	tcase_add_loop_test(tests, a_hugetlb_page_without_room, 0, fake_kernel_count);
	tcase_add_loop_test(tests, an_empty_terabyte, 0, fake_kernel_count);
	tcase_add_loop_test(tests, a_terabyte_with_one_unmovable_page, 0, fake_kernel_count);
	tcase_add_test(tests, migrate_pages_in_one_call);
	tcase_add_loop_test(tests, migrate_pages_is_bounded, 0, fake_kernel_count);
	tcase_add_test(tests, migrate_pages_over_a_thousand_nodes);
	return run_tests("call_costs", tests);
}
