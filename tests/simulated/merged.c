/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pages that KSM has merged: movable as others are, where mbind does not find their policy, too. */
#include <errno.h>

#include "expect.h"
#include "policy.h"
#include "run.h"

enum { STRICT = 1, MOVE = 2, MOVE_ALL = 4 };

static void boot(int kernel)
{
	fake_boot(&fake_kernels[kernel], 4);
}

/* However many pages before them cannot be moved, in the same page table. */
START_TEST(they_move_behind_unmovable_pages)
{
	for (unsigned long unmovable = 1; unmovable < 25; unmovable++)
		for (int kind = FAKE_UNISOLATABLE; kind <= FAKE_PINNED; kind++)
			for (unsigned strict = 0; strict < 2; strict++) {
				boot(_i);
				for (unsigned long i = 0; i < unmovable; i++)
					scene_page(i, 0, (enum fake_page_kind)kind);
				scene_merged(unmovable, 4, 0);
				expect_counts(scene_bind(0, unmovable + 4, 1, MOVE_ALL | strict),
					      strict ? EIO : 0, (struct counts){ unmovable, 0, 0 });
				expect_on(unmovable, 4, 1);
			}
}
END_TEST

/* The thread runs on node 0, whose memory the kernel takes when it does not find the policy. */
START_TEST(they_move_to_the_nodes_asked_for)
{
	for (int mode = FAKE_PREFERRED; mode <= FAKE_WEIGHTED_INTERLEAVE; mode++)
		for (unsigned flags = MOVE_ALL; flags < 8; flags++) {
			struct bind bind = scene_bind(0, 20, 1, flags);

			boot(_i);
			if (mode >= fake.kernel.modes)
				return;
			if (mode == FAKE_LOCAL)
				continue;
			scene_pages(0, 8, 2);
			scene_merged(8, 4, 2);
			scene_pages(12, 8, 2);
			bind.mode = mode;
			expect_bind(bind, 0);
			expect_on(0, 20, 1);
		}
}
END_TEST

START_TEST(one_that_is_mapped_once_is_not_shared)
{
	for (unsigned strict = 0; strict < 2; strict++) {
		boot(_i);
		scene_pages(0, 8, 2)->kind = FAKE_MERGED;
		expect_bind(scene_bind(0, 8, 1, MOVE | strict), 0);
		expect_on(0, 8, 1);
	}
}
END_TEST

START_TEST(shared_ones_stay)
{
	boot(_i);
	scene_merged(0, 4, 2);
	scene_pages(4, 4, 2);
	if (!fake.kernel.told_exclusive)
		return;
	expect_counts(scene_bind(0, 8, 1, MOVE | STRICT), 0, (struct counts){ 0, 4, -1 });
	expect_on(0, 4, 2);
	expect_on(4, 4, 1);
}
END_TEST

/* What one of them fails for must not keep others from moving. */
START_TEST(pages_behind_them_move)
{
	for (unsigned flags = MOVE; flags < 8; flags++) {
		boot(_i);
		scene_pages(0, 4, 2);
		scene_pages(4, 1, 2)->kind = FAKE_MERGED;
		scene_pages(5, 40, 2);
		expect_bind(scene_bind(0, 45, 1, flags), 0);
		expect_on(0, 45, 1);
	}
}
END_TEST

/* From another node, and from the own one, where they are in place. */
START_TEST(they_move_to_the_own_node)
{
	for (int node = 0; node < 2; node++)
		for (unsigned strict = 0; strict < 2; strict++)
			for (unsigned frames = 0; frames < 2; frames++) {
				struct bind bind = scene_bind(0, 8, 0, MOVE_ALL | strict);

				boot(_i);
				/* The kernel's word is all that tells there. */
				if (fake.kernel.misses_unmovable)
					return;
				fake.frames = frames;
				scene_merged(0, 4, node);
				scene_pages(4, 4, 1);
				bind.mode = FAKE_PREFERRED;
				bind.mask = mask_none();
				expect_counts(bind, 0, (struct counts){ 0, 0, -1 });
				expect_on(0, 8, 0);
			}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("merged");

	tcase_add_loop_test(tests, they_move_behind_unmovable_pages, 0, fake_kernel_count);
	tcase_add_loop_test(tests, they_move_to_the_nodes_asked_for, 0, fake_kernel_count);
	tcase_add_loop_test(tests, one_that_is_mapped_once_is_not_shared, 0, fake_kernel_count);
	tcase_add_loop_test(tests, shared_ones_stay, 0, fake_kernel_count);
	tcase_add_loop_test(tests, pages_behind_them_move, 0, fake_kernel_count);
	tcase_add_loop_test(tests, they_move_to_the_own_node, 0, fake_kernel_count);
	return run_tests("merged", tests);
}
