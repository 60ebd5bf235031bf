/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Nodes with little room or none. A page that the kernel puts on a node that was not asked for has
 * not moved, and any node that was asked for will do, as long as it has room (rules 8 and 9).
 */
#include <errno.h>

#include "expect.h"
#include "policy.h"
#include "run.h"

enum { STRICT = 1, MOVE = 2, MOVE_ALL = 4 };

static const int modes[] = { FAKE_BIND, FAKE_PREFERRED, FAKE_PREFERRED_MANY, FAKE_INTERLEAVE,
			     FAKE_WEIGHTED_INTERLEAVE };
enum { MODES = sizeof(modes) / sizeof(modes[0]) };

/* False where the release does not know the mode. */
static bool boot(int kernel, unsigned mode)
{
	fake_boot(&fake_kernels[kernel], 4);
	return modes[mode] < fake.kernel.modes;
}

static struct bind bind_to(unsigned long count, struct fake_nodes nodes, int mode, unsigned flags)
{
	struct bind bind = scene_bind(0, count, 0, flags);

	bind.mask = mask_of(nodes);
	bind.mode = mode;
	return bind;
}

static unsigned count_on(unsigned long count, int node)
{
	unsigned on = 0;

	for (unsigned long i = 0; i < count; i++)
		on += scene_node(i) == node;
	return on;
}

/* 20 of 64 find room. STRICT alone, which looks at nodes, agrees with what is said. */
START_TEST(some_find_no_room)
{
	for (unsigned mode = 0; mode < MODES; mode++)
		for (unsigned flags = MOVE; flags < 8; flags++) {
			struct bind bind = bind_to(64, fake_one_node(2), modes[mode], flags);
			struct outcome outcome;

			if (!boot(_i, mode))
				continue;
			scene_pages(0, 64, 0);
			fake.room[2] = 20;
			expect_bind(bind, flags & STRICT ? EIO : 0);
			ck_assert_uint_eq(count_on(64, 2), 20);
			bind.flags = STRICT;
			bind.counted = true;
			outcome = do_bind(&bind);
			ck_assert_int_eq(outcome.error, EIO);
			ck_assert_uint_eq(outcome.report.unmoved, 44);
		}
}
END_TEST

START_TEST(none_finds_room)
{
	for (unsigned mode = 0; mode < MODES; mode++)
		for (unsigned flags = MOVE; flags < 8; flags++) {
			struct bind bind = bind_to(64, fake_one_node(2), modes[mode], flags);

			if (!boot(_i, mode))
				continue;
			scene_pages(0, 64, 0);
			fake.room[2] = 0;
			expect_counts(bind, flags & STRICT ? EIO : 0, (struct counts){ 64, 0, 0 });
		}
}
END_TEST

/* One node of the two is nearly full, the other one empty; whichever the mode would choose. */
START_TEST(another_node_has_room)
{
	enum { MANY = 300 };

	for (unsigned mode = 0; mode < MODES; mode++)
		for (unsigned flags = MOVE; flags < 8; flags++)
			for (int full = 1; full < 4; full += 2) {
				struct bind bind =
					bind_to(MANY, fake_two_nodes(1, 3), modes[mode], flags);

				if (!boot(_i, mode))
					continue;
				scene_pages(0, MANY, 2);
				fake.room[full] = 40;
				expect_counts(bind, 0, (struct counts){ 0, 0, -1 });
				ck_assert_uint_eq(count_on(MANY, 1) + count_on(MANY, 3), MANY);
			}
}
END_TEST

/* Pages that cannot be moved to a node just now, though it has room, are tried with the other. */
START_TEST(another_node_is_not_busy)
{
	enum { SOME = 60 };

	for (unsigned mode = 1; mode < MODES; mode++) {
		struct bind bind = bind_to(SOME, fake_two_nodes(1, 3), modes[mode], STRICT | MOVE);

		if (!boot(_i, mode))
			continue;
		scene_pages(0, SOME, 2);
		fake.room[1] = 10;
		fake.busy = 1;
		expect_counts(bind, 0, (struct counts){ 0, 0, -1 });
		ck_assert_uint_eq(count_on(SOME, 1) + count_on(SOME, 3), SOME);
	}
}
END_TEST

/* With many more pages than are handed over in one call. */
START_TEST(many_pages_find_another_node)
{
	enum { MANY = 1500 };
	struct bind bind = bind_to(MANY, fake_two_nodes(1, 3), FAKE_INTERLEAVE, STRICT | MOVE);

	fake_boot(&fake_kernels[_i], 4);
	scene_pages(0, MANY, 2);
	fake.room[1] = 40;
	expect_counts(bind, 0, (struct counts){ 0, 0, -1 });
	ck_assert_uint_eq(count_on(MANY, 1), 40);
	ck_assert_uint_eq(count_on(MANY, 3), MANY - 40);
}
END_TEST

/* Both have some room, and together not enough. */
START_TEST(room_is_used_up_to_the_last_page)
{
	for (unsigned mode = 0; mode < MODES; mode++)
		for (unsigned flags = MOVE; flags < 8; flags++) {
			struct bind bind = bind_to(100, fake_two_nodes(1, 3), modes[mode], flags);

			if (!boot(_i, mode))
				continue;
			scene_pages(0, 100, 2);
			fake.room[1] = 13;
			fake.room[3] = 50;
			expect_bind(bind, flags & STRICT ? EIO : 0);
			ck_assert_uint_eq(count_on(100, 1), 13);
			ck_assert_uint_eq(count_on(100, 3), 50);
		}
}
END_TEST

/* What cannot be moved is in the way of nothing. */
START_TEST(unmovable_pages_among_them)
{
	for (unsigned mode = 0; mode < MODES; mode++)
		for (int kind = FAKE_UNISOLATABLE; kind <= FAKE_PINNED; kind++) {
			struct bind bind =
				bind_to(60, fake_two_nodes(1, 3), modes[mode], STRICT | MOVE);

			if (!boot(_i, mode))
				continue;
			scene_pages(0, 60, 2);
			for (unsigned long i = 0; i < 60; i += 5)
				scene_page(i, 2, (enum fake_page_kind)kind);
			fake.room[1] = 10;
			expect_counts(bind, EIO, (struct counts){ 12, 0, 0 });
			ck_assert_uint_eq(count_on(60, 1) + count_on(60, 3), 48);
		}
}
END_TEST

static void put_large(unsigned long first, unsigned span, int node, enum fake_page_kind kind)
{
	struct fake_page page = {
		.address = at(first), .span = span, .node = node, .mapcount = 1, .kind = kind
	};

	fake_put_page(&fake.space, &page);
}

/* As a huge page whose first page is not mapped, and one that fits nowhere but in parts. */
START_TEST(large_pages)
{
	for (unsigned mode = 0; mode < MODES; mode++)
		for (unsigned flags = MOVE; flags < 8; flags++)
			for (int headless = 0; headless < 2; headless++) {
				struct bind bind =
					bind_to(80, fake_two_nodes(1, 3), modes[mode], flags);

				if (!boot(_i, mode))
					continue;
				scene_map(0, 80);
				put_large(0, 16, 2, FAKE_MOVABLE);
				scene_touch(16, 16, 2);
				put_large(32, 16, 2, headless ? FAKE_HEADLESS : FAKE_MOVABLE);
				scene_touch(48, 32, 2);
				fake.room[1] = 10;
				expect_counts(bind, 0, (struct counts){ 0, 0, -1 });
				ck_assert_uint_eq(count_on(80, 1) + count_on(80, 3), 80);
			}
}
END_TEST

/* A pinned large page finds no room for all of it: what is behind it fits. */
START_TEST(behind_a_large_page_without_room)
{
	for (unsigned flags = MOVE; flags < 8; flags++) {
		struct bind bind = scene_bind(0, 40, 1, flags);

		fake_boot(&fake_kernels[_i], 4);
		scene_map(0, 40);
		scene_touch(0, 12, 0);
		put_large(12, 16, 0, FAKE_PINNED);
		scene_touch(28, 12, 0);
		fake.room[1] = 24;
		expect_counts(bind, flags & STRICT ? EIO : 0, (struct counts){ 16, 0, 12 });
	}
}
END_TEST

/* A huge page of hugetlb finds none that is free: base pages do not need one. */
START_TEST(beside_a_hugetlb_page_without_room)
{
	unsigned long behind = SCENE_HUGE + SCENE_SPAN;

	for (unsigned mode = 0; mode < MODES; mode++)
		for (unsigned flags = MOVE; flags < 8; flags++) {
			struct bind bind =
				bind_to(behind + 16, fake_one_node(3), modes[mode], flags);

			if (!boot(_i, mode) || !fake.kernel.hugetlb_moves)
				continue;
			scene_pages(0, SCENE_HUGE, 2);
			scene_hugetlb(0, 1, 2);
			scene_pages(behind, 16, 2);
			fake.pool[3] = 0;
			expect_counts(bind, flags & STRICT ? EIO : 0,
				      (struct counts){ SCENE_SPAN, 0, SCENE_HUGE });
			expect_on(0, SCENE_HUGE, 3);
			expect_on(behind, 16, 3);
		}
}
END_TEST

/* The other way round: base pages find no room, and the pool of huge pages has some. */
START_TEST(hugetlb_pages_beside_a_full_node)
{
	unsigned long behind = SCENE_HUGE + 2 * SCENE_SPAN;

	for (unsigned mode = 0; mode < MODES; mode++)
		for (unsigned flags = MOVE; flags < 8; flags++) {
			struct bind bind =
				bind_to(behind + 16, fake_one_node(3), modes[mode], flags);

			if (!boot(_i, mode) || !fake.kernel.hugetlb_moves)
				continue;
			scene_pages(0, SCENE_HUGE, 2);
			scene_hugetlb(0, 2, 2);
			scene_pages(behind, 16, 2);
			fake.room[3] = 0;
			expect_counts(bind, flags & STRICT ? EIO : 0,
				      (struct counts){ SCENE_HUGE + 16, 0, 0 });
			expect_on(SCENE_HUGE, 2UL * SCENE_SPAN, 3);
		}
}
END_TEST

/* MPOL_LOCAL takes another node, and that is where pages then are. */
START_TEST(the_own_node_is_full)
{
	for (unsigned flags = MOVE; flags < 8; flags++)
		for (unsigned frames = 0; frames < 2; frames++) {
			struct bind bind = scene_bind(0, 40, 0, flags);

			fake_boot(&fake_kernels[_i], 4);
			fake.frames = frames;
			scene_pages(0, 40, 1);
			fake.room[0] = 10;
			bind.mode = FAKE_PREFERRED;
			bind.mask = mask_none();
			expect_bind(bind, 0);
			ck_assert_uint_eq(count_on(40, 0), 10);
		}
}
END_TEST

/* ---- migrate_pages ---- */

START_TEST(migrate_pages_to_a_full_node)
{
	struct migration migration = { .from = mask_of(fake_one_node(2)),
				       .to = mask_of(fake_one_node(1)) };

	for (unsigned counted = 0; counted < 2; counted++)
		for (long room = 0; room < 50; room += 7) {
			struct outcome outcome;
			const char *broken;

			fake_boot(&fake_kernels[_i], 4);
			scene_pages(0, 40, 2);
			scene_page(40, 2, FAKE_PINNED);
			fake.room[1] = room;
			migration.counted = counted;
			broken = judge_new_migration(&migration, &outcome, expect_untold());
			must(!broken, "%s, room %ld: %s: %ld errno %d unmoved %ld",
			     fake.kernel.release, room, broken, outcome.result, outcome.error,
			     (long)outcome.report.unmoved);
			ck_assert_int_eq(outcome.error, room < 41 ? ENOMEM : 0);
		}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("full_nodes");

	tcase_add_loop_test(tests, some_find_no_room, 0, fake_kernel_count);
	tcase_add_loop_test(tests, none_finds_room, 0, fake_kernel_count);
	tcase_add_loop_test(tests, another_node_has_room, 0, fake_kernel_count);
	tcase_add_loop_test(tests, another_node_is_not_busy, 0, fake_kernel_count);
	tcase_add_loop_test(tests, many_pages_find_another_node, 0, fake_kernel_count);
	tcase_add_loop_test(tests, room_is_used_up_to_the_last_page, 0, fake_kernel_count);
	tcase_add_loop_test(tests, unmovable_pages_among_them, 0, fake_kernel_count);
	tcase_add_loop_test(tests, large_pages, 0, fake_kernel_count);
	tcase_add_loop_test(tests, behind_a_large_page_without_room, 0, fake_kernel_count);
	tcase_add_loop_test(tests, beside_a_hugetlb_page_without_room, 0, fake_kernel_count);
	tcase_add_loop_test(tests, hugetlb_pages_beside_a_full_node, 0, fake_kernel_count);
	tcase_add_loop_test(tests, the_own_node_is_full, 0, fake_kernel_count);
	tcase_add_loop_test(tests, migrate_pages_to_a_full_node, 0, fake_kernel_count);
	return run_tests("full_nodes", tests);
}
