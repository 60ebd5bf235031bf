/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Thousands of random ranges and calls on every release keep the contract. */
#include <stdio.h>

#include "run.h"
#include "scene.h"

enum { SCENES = 600, CALLS = 4 };

static struct fake_space before;

static void check_bind(struct rng *rng, unsigned seed, int nodes)
{
	struct bind bind = scene_random_bind(rng, nodes);
	struct outcome outcome;
	const char *broken;

	copy_space(&before, &fake.space);
	fake_count();
	outcome = do_bind(&bind);
	broken = judge_bind(&bind, &before, &outcome, fake_leeway_of(&bind, nodes));
	must(!broken, "%s, seed %u: %s\n%s", fake.kernel.release, seed, broken,
	     scene_describe(&bind, &outcome));
	broken = fake_leftover();
	must(!broken, "%s, seed %u: %s\n%s", fake.kernel.release, seed, broken,
	     scene_describe(&bind, &outcome));
}

static void check_scenes(const struct fake_kernel *kernel, int nodes)
{
	fake_boot(kernel, nodes);
	for (unsigned seed = 0; seed < SCENES; seed++) {
		struct rng rng = { seed };

		scene_random(&rng, nodes);
		for (int i = 0; i < CALLS; i++)
			check_bind(&rng, seed, nodes);
	}
}

START_TEST(every_release_keeps_the_contract)
{
	check_scenes(&fake_kernels[_i], 4);
}
END_TEST

START_TEST(every_release_keeps_the_contract_on_two_nodes)
{
	check_scenes(&fake_kernels[_i], 2);
}
END_TEST

START_TEST(every_release_keeps_the_contract_on_one_node)
{
	check_scenes(&fake_kernels[_i], 1);
}
END_TEST

START_TEST(the_perfect_kernel_keeps_the_contract)
{
	check_scenes(fake_perfect_kernel(), 4);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("contract_random");

	tcase_add_loop_test(tests, every_release_keeps_the_contract, 0, fake_kernel_count);
	tcase_add_loop_test(tests, every_release_keeps_the_contract_on_two_nodes, 0,
			    fake_kernel_count);
	tcase_add_loop_test(tests, every_release_keeps_the_contract_on_one_node, 0,
			    fake_kernel_count);
	tcase_add_test(tests, the_perfect_kernel_keeps_the_contract);
	return run_tests("contract_random", tests);
}
