/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules for hugetlb pages are those for all others, whatever STRICT says of them on a release.
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#include "core/syscall.h"
#include "expect.h"
#include "policy.h"
#include "run.h"

enum { STRICT = 1, MOVE = 2, MOVE_ALL = 4 };

/* False where the release does not move hugetlb pages: then there is nothing to test. */
static bool boot(int kernel)
{
	fake_boot(&fake_kernels[kernel], 4);
	return fake.kernel.hugetlb_moves;
}

/* Huge pages of the scene, and base pages before or behind. */
static struct bind huge_bind(unsigned long first, unsigned long count, int node, unsigned flags)
{
	return scene_bind(SCENE_HUGE + first * SCENE_SPAN, count * SCENE_SPAN, node, flags);
}

static void expect_huge_on(unsigned long first, unsigned long count, int node)
{
	expect_on(SCENE_HUGE + first * SCENE_SPAN, count * SCENE_SPAN, node);
}

static int go_on(void *user, unsigned long done, unsigned long total)
{
	(void)user;
	(void)done;
	(void)total;
	return 0;
}

static const struct strictbind_options all_options[] = {
	{ .size = sizeof(struct strictbind_options) },
	{ .size = sizeof(struct strictbind_options), .stall_us = 1 },
	{ .size = sizeof(struct strictbind_options), .stall_us = 100000 },
	{ .size = sizeof(struct strictbind_options), .threads = 2 },
	{ .size = sizeof(struct strictbind_options), .progress = go_on },
};
enum { OPTIONS = sizeof(all_options) / sizeof(all_options[0]) };

/* More than one piece where a move is done in pieces. */
START_TEST(they_move_with_any_options)
{
	for (unsigned flags = MOVE; flags < 8; flags++)
		for (unsigned i = 0; i < OPTIONS && boot(_i); i++) {
			struct bind bind = huge_bind(0, 8, 1, flags);

			scene_hugetlb(0, 8, 0);
			bind.options = &all_options[i];
			expect_bind(bind, 0);
			expect_huge_on(0, 8, 1);
		}
}
END_TEST

/* The base pages are in place: that must not be taken for the whole range. */
START_TEST(they_move_beside_base_pages_in_place)
{
	enum { MANY = 1600 };

	for (unsigned behind = 0; behind < 2; behind++)
		for (unsigned flags = MOVE; flags < 8; flags++) {
			unsigned long huge = behind ? 0 : 4;
			unsigned long base =
				SCENE_HUGE + (behind ? SCENE_SPAN : 4 * SCENE_SPAN - MANY);
			struct bind bind = scene_bind(base, MANY, 1, flags);

			if (!boot(_i))
				return;
			scene_pages(base, MANY, 1);
			scene_hugetlb(huge, 1, 2);
			bind.len += FAKE_HUGE;
			if (behind)
				bind.start -= FAKE_HUGE;
			expect_bind(bind, 0);
			expect_huge_on(huge, 1, 1);
		}
}
END_TEST

/* As vmsplice holds it. What stands behind it moves all the same. */
START_TEST(a_pinned_one_is_unmoved)
{
	for (unsigned flags = MOVE; flags < 8; flags++) {
		int error = flags & STRICT ? EIO : 0;
		struct bind bind = huge_bind(0, 1, 1, flags);

		if (!boot(_i))
			return;
		scene_hugetlb(0, 1, 0)->kind = FAKE_PINNED;
		expect_counts(bind, error, (struct counts){ 512, 0, SCENE_HUGE });
		scene_hugetlb(1, 1, 0);
		scene_pages(SCENE_HUGE + 2 * SCENE_SPAN, 20, 0);
		bind.len = 2UL * FAKE_HUGE + 20UL * FAKE_PAGE;
		expect_counts(bind, error, (struct counts){ 512, 0, SCENE_HUGE });
		expect_huge_on(1, 1, 1);
		expect_on(SCENE_HUGE + 2 * SCENE_SPAN, 20, 1);
	}
}
END_TEST

/* Private, of a file, of both after a fork; alone and behind base pages that are in place. */
START_TEST(strict_alone_tells_them)
{
	for (unsigned kind = 0; kind < 8; kind++) {
		struct bind bind = huge_bind(0, 1, 1, STRICT);

		if (!boot(_i))
			return;
		scene_hugetlb(0, 1, 0)->mapcount = kind & 1 ? 2 : 1;
		fake.space.vmas[fake_find_vma(&fake.space, at(SCENE_HUGE))].file = kind & 2;
		if (kind & 4) {
			scene_pages(SCENE_HUGE - 20, 20, 1);
			bind.start -= 20UL * FAKE_PAGE;
			bind.len += 20UL * FAKE_PAGE;
		}
		expect_counts(bind, EIO, (struct counts){ 512, 0, SCENE_HUGE });
		bind.mask = mask_of(fake_two_nodes(0, 1));
		expect_bind(bind, 0);
	}
}
END_TEST

static void set_local(struct bind *bind, int mode)
{
	bind->mode = mode;
	bind->mask = mask_none();
}

/* With and without page frames, which only root is told. */
START_TEST(they_move_to_the_own_node)
{
	for (unsigned flags = MOVE; flags < 8; flags++)
		for (unsigned i = 0; i < 4; i++) {
			struct bind bind = huge_bind(0, 2, 0, flags);

			if (!boot(_i) || fake.kernel.modes <= FAKE_LOCAL)
				return;
			fake.frames = i & 1;
			scene_hugetlb(0, 2, 1);
			set_local(&bind, i & 2 ? FAKE_LOCAL : FAKE_PREFERRED);
			expect_counts(bind, 0, (struct counts){ 0, 0, -1 });
			expect_huge_on(0, 2, 0);
		}
}
END_TEST

START_TEST(shared_ones_stay_and_are_counted)
{
	for (unsigned strict = 0; strict < 2; strict++)
		for (unsigned i = 0; i < 4; i++) {
			struct bind bind = huge_bind(0, 1, 0, MOVE | strict);

			if (!boot(_i) || fake.kernel.modes <= FAKE_LOCAL)
				return;
			fake.frames = i & 1;
			scene_hugetlb(0, 1, 1)->mapcount = 2;
			if (i & 2)
				set_local(&bind, FAKE_LOCAL);
			expect_counts(bind, 0, (struct counts){ 0, 512, -1 });
			expect_huge_on(0, 1, 1);
		}
}
END_TEST

/* Rule 8: any node of N will do, and a node outside of it will not. */
START_TEST(another_node_of_those_asked_for)
{
	static const int modes[] = { FAKE_INTERLEAVE, FAKE_WEIGHTED_INTERLEAVE, FAKE_PREFERRED_MANY,
				     FAKE_BIND, FAKE_PREFERRED };

	for (unsigned i = 0; i < 5; i++)
		for (unsigned flags = MOVE; flags < 8; flags++) {
			struct bind bind = huge_bind(0, 2, 0, flags);

			if (!boot(_i) || fake.kernel.modes <= modes[i])
				continue;
			scene_hugetlb(0, 2, 0);
			fake.pool[0] = fake.pool[1] = 2;
			fake.pool[2] = 0;
			bind.mode = modes[i];
			bind.mask = mask_of(fake_two_nodes(1, 2));
			expect_counts(bind, 0, (struct counts){ 0, 0, -1 });
			expect_huge_on(0, 2, 1);
		}
}
END_TEST

/* The kernel puts it on a node that was not asked for, and calls that moved. */
START_TEST(no_node_asked_for_has_a_free_one)
{
	static const int modes[] = { FAKE_PREFERRED, FAKE_INTERLEAVE, FAKE_WEIGHTED_INTERLEAVE,
				     FAKE_PREFERRED_MANY, FAKE_BIND };

	for (unsigned i = 0; i < 5; i++)
		for (unsigned flags = MOVE; flags < 8; flags++) {
			struct bind bind = huge_bind(0, 1, 3, flags);

			if (!boot(_i) || fake.kernel.modes <= modes[i])
				continue;
			scene_hugetlb(0, 1, 2);
			fake.pool[3] = 0;
			bind.mode = modes[i];
			expect_counts(bind, flags & STRICT ? EIO : 0,
				      (struct counts){ 512, 0, SCENE_HUGE });
		}
}
END_TEST

/* The policy may be set below; no page has moved, also not one that comes before. */
START_TEST(part_of_one_is_einval)
{
	for (unsigned flags = 0; flags < 8; flags++)
		for (unsigned end = 0; end < 2; end++) {
			struct bind bind = scene_bind(SCENE_HUGE - 20, 20, 1, flags);

			if (!boot(_i) || flags == STRICT)
				continue;
			scene_pages(SCENE_HUGE - 20, 20, 0);
			scene_hugetlb(0, 2, 0);
			scene_pages(SCENE_HUGE + 2 * SCENE_SPAN, 20, 0);
			if (end)
				bind.start = at(SCENE_HUGE + 1);
			bind.len =
				(end ? 2 * SCENE_SPAN + 19UL : 20UL + SCENE_SPAN + 7) * FAKE_PAGE;
			expect_bind(bind, EINVAL);
			expect_on(SCENE_HUGE - 20, 2 * SCENE_SPAN + 40, 0);
		}
}
END_TEST

/* Then mbind has to be asked page by page, and STRICT alone does not tell of these everywhere. */
START_TEST(a_pinned_one_without_move_pages)
{
	for (unsigned flags = MOVE; flags < 8; flags++) {
		struct bind bind = huge_bind(0, 1, 1, flags);
		struct outcome outcome;

		if (!boot(_i) || fake.kernel.misses_unmovable)
			return;
		scene_hugetlb(0, 1, 0)->kind = FAKE_PINNED;
		fake_fail(SYS_move_pages, EPERM);
		bind.counted = true;
		outcome = do_bind(&bind);
		ck_assert_int_eq(outcome.error, flags & STRICT ? EIO : 0);
		must(outcome.report.unmoved == SCENE_SPAN ||
			     outcome.report.unmoved == STRICTBIND_UNKNOWN,
		     "%s: %s", fake.kernel.release, scene_describe(&bind, &outcome));
	}
}
END_TEST

/* The releases are as the kernels were measured, and what is tested above is there. */
START_TEST(raw_strict_alone)
{
	const char *const blind[] = { "5.3.", "5.4.", "4.18.0-553." };
	struct fake_nodes nodes = fake_one_node(1);
	long due = -EIO;

	if (!boot(_i))
		return;
	for (size_t i = 0; i < sizeof(blind) / sizeof(*blind); i++)
		if (!strncmp(fake.kernel.release, blind[i], strlen(blind[i])))
			due = 0;
	if (fake.kernel.strict_ignores_misplaced)
		due = 0;
	scene_hugetlb(0, 1, 0);
	ck_assert_int_eq(sb_sys_mbind(at(SCENE_HUGE), FAKE_HUGE, FAKE_BIND, nodes.bits,
				      FAKE_MAX_NODES + 1, STRICT),
			 due);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("hugetlb");

	tcase_add_loop_test(tests, they_move_with_any_options, 0, fake_kernel_count);
	tcase_add_loop_test(tests, they_move_beside_base_pages_in_place, 0, fake_kernel_count);
	tcase_add_loop_test(tests, a_pinned_one_is_unmoved, 0, fake_kernel_count);
	tcase_add_loop_test(tests, strict_alone_tells_them, 0, fake_kernel_count);
	tcase_add_loop_test(tests, they_move_to_the_own_node, 0, fake_kernel_count);
	tcase_add_loop_test(tests, shared_ones_stay_and_are_counted, 0, fake_kernel_count);
	tcase_add_loop_test(tests, another_node_of_those_asked_for, 0, fake_kernel_count);
	tcase_add_loop_test(tests, no_node_asked_for_has_a_free_one, 0, fake_kernel_count);
	tcase_add_loop_test(tests, part_of_one_is_einval, 0, fake_kernel_count);
	tcase_add_loop_test(tests, a_pinned_one_without_move_pages, 0, fake_kernel_count);
	tcase_add_loop_test(tests, raw_strict_alone, 0, fake_kernel_count);
	return run_tests("hugetlb", tests);
}
