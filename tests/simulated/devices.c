/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A device mapping is mapped memory without pages: no hole, and nothing of it is misplaced. */
#include <errno.h>

#include "expect.h"
#include "policy.h"
#include "run.h"

enum { STRICT = 1, MOVE = 2, MOVE_ALL = 4 };

static void boot(int kernel)
{
	fake_boot(&fake_kernels[kernel], 4);
	scene_clear();
}

/* What comes of pages on node 0, when all others of the range are in place or nobody's. */
static int due(unsigned flags)
{
	return flags == STRICT ? EIO : 0;
}

START_TEST(in_the_middle)
{
	for (unsigned flags = 0; flags < 8; flags++) {
		boot(_i);
		scene_pages(0, 2, 0);
		scene_device(2, 2);
		scene_pages(4, 2, 0);
		expect_bind(scene_bind(0, 6, 1, flags), due(flags));
		if (flags > STRICT)
			expect_on(4, 2, 1);
	}
}
END_TEST

START_TEST(at_the_ends)
{
	for (unsigned flags = 0; flags < 8; flags++) {
		boot(_i);
		scene_device(0, 2);
		scene_pages(2, 2, 0);
		scene_device(4, 2);
		expect_bind(scene_bind(0, 6, 1, flags), due(flags));
		expect_bind(scene_bind(0, 4, 2, flags), due(flags));
		expect_bind(scene_bind(2, 4, 3, flags), due(flags));
		expect_bind(scene_bind(1, 4, 1, flags), due(flags));
	}
}
END_TEST

/* Nothing but devices, and devices side by side. */
START_TEST(alone)
{
	for (unsigned flags = 0; flags < 8; flags++) {
		boot(_i);
		scene_device(0, 2);
		scene_device(2, 2);
		scene_pages(4, 2, 1);
		expect_bind(scene_bind(0, 4, 1, flags), 0);
		expect_bind(scene_bind(1, 5, 1, flags), 0);
	}
}
END_TEST

START_TEST(many_of_them)
{
	for (unsigned flags = 0; flags < 8; flags++) {
		boot(_i);
		for (unsigned long i = 0; i < 12; i++) {
			scene_pages(5 * i, 3, 0);
			scene_device(5 * i + 3, 2);
		}
		expect_bind(scene_bind(1, 58, 1, flags), due(flags));
		if (flags > STRICT)
			expect_on(1, 57, 1);
	}
}
END_TEST

/* In every mode, to the own node, and with what cannot be moved before and behind it. */
START_TEST(in_every_mode)
{
	for (int mode = FAKE_PREFERRED; mode <= FAKE_WEIGHTED_INTERLEAVE; mode++)
		for (unsigned flags = 0; flags < 8; flags++) {
			struct bind bind = scene_bind(0, 8, 1, flags);

			boot(_i);
			if (mode >= fake.kernel.modes)
				return;
			scene_pages(0, 2, 2);
			scene_device(2, 2);
			scene_pages(4, 4, 2)->kind = FAKE_PINNED;
			bind.mode = mode;
			if (mode == FAKE_LOCAL)
				bind.mask = mask_none();
			/* There only the kernel's word tells, and its word is not to be had. */
			if (mode == FAKE_LOCAL && fake.kernel.misses_unmovable)
				continue;
			expect_bind(bind, flags & STRICT ? EIO : 0);
		}
}
END_TEST

/* A hugetlb mapping must not be cut by whatever is done for the device. */
START_TEST(beside_hugetlb)
{
	for (unsigned flags = 0; flags < 8; flags++)
		for (unsigned long gap = 0; gap < 30; gap += 7) {
			unsigned long behind = SCENE_HUGE + 2 * SCENE_SPAN;

			boot(_i);
			if (!fake.kernel.hugetlb_moves)
				return;
			scene_pages(0, 2, 0);
			scene_device(2, gap + 1);
			scene_pages(gap + 3, SCENE_HUGE - gap - 3, 0);
			scene_hugetlb(0, 2, 0);
			scene_device(behind, 2);
			scene_pages(behind + 2, 3, 0);
			expect_bind(scene_bind(0, behind + 5, 1, flags), due(flags));
			if (flags > STRICT)
				expect_on(SCENE_HUGE, 2UL * SCENE_SPAN, 1);
		}
}
END_TEST

START_TEST(beside_a_hole)
{
	for (unsigned flags = 0; flags < 8; flags++) {
		boot(_i);
		scene_pages(2, 2, 0);
		scene_device(4, 2);
		scene_pages(6, 2, 0);
		scene_pages(10, 2, 0);
		expect_bind(scene_bind(0, 8, 1, flags), EFAULT);
		expect_bind(scene_bind(2, 10, 1, flags), EFAULT);
		expect_bind(scene_bind(2, 7, 1, flags), EFAULT);
		expect_bind(scene_bind(4, 6, 1, flags), EFAULT);
		expect_bind(scene_bind(2, 6, 1, flags), due(flags));
	}
}
END_TEST

START_TEST(default_policy)
{
	for (unsigned flags = 0; flags < 8; flags++) {
		struct bind bind = scene_bind(0, 10, 0, flags);

		boot(_i);
		scene_pages(0, 2, 0);
		scene_device(2, 2);
		scene_pages(4, 2, 0);
		scene_device(7, 3);
		bind.mode = FAKE_DEFAULT;
		bind.mask = mask_none();
		expect_bind(bind, 0);
	}
}
END_TEST

START_TEST(arguments_come_first)
{
	for (unsigned flags = 0; flags < 8; flags++) {
		struct bind bind = scene_bind(0, 6, 9, flags);

		boot(_i);
		scene_pages(0, 2, 0);
		scene_device(2, 2);
		scene_pages(4, 2, 0);
		expect_bind(bind, EINVAL);
		fake.nice = false;
		expect_bind(scene_bind(0, 6, 1, MOVE_ALL | flags), EPERM);
	}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("devices");

	tcase_add_loop_test(tests, in_the_middle, 0, fake_kernel_count);
	tcase_add_loop_test(tests, at_the_ends, 0, fake_kernel_count);
	tcase_add_loop_test(tests, alone, 0, fake_kernel_count);
	tcase_add_loop_test(tests, many_of_them, 0, fake_kernel_count);
	tcase_add_loop_test(tests, in_every_mode, 0, fake_kernel_count);
	tcase_add_loop_test(tests, beside_hugetlb, 0, fake_kernel_count);
	tcase_add_loop_test(tests, beside_a_hole, 0, fake_kernel_count);
	tcase_add_loop_test(tests, default_policy, 0, fake_kernel_count);
	tcase_add_loop_test(tests, arguments_come_first, 0, fake_kernel_count);
	return run_tests("devices", tests);
}
