/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random migrations on every release: pages, return values and counts are those of rules 12 to 14.
 */
#include "run.h"
#include "scene.h"

enum { SCENES = 600 };

/* What these releases cannot be made to tell. */
static unsigned leeway(void)
{
	if (fake.kernel.told_exclusive && !fake.kernel.query_misses_prot_none)
		return 0;
	return COUNTS_MAY_BE_UNKNOWN | (fake.nice ? 0 : COUNT_BY_KERNEL);
}

static void check_migration(struct rng *rng, unsigned seed, int nodes)
{
	struct migration migration = scene_random_migration(rng, nodes);
	struct outcome outcome;
	const char *broken;

	fake_count();
	broken = judge_new_migration(&migration, &outcome, leeway());
	must(!broken,
	     "%s, seed %u: %s; from %#lx to %#lx nice %d counted %d: %ld errno %d unmoved %ld "
	     "shared %ld first %p",
	     fake.kernel.release, seed, broken, migration.from.nodes.bits[0],
	     migration.to.nodes.bits[0], fake.nice, migration.counted, outcome.result,
	     outcome.error, (long)outcome.report.unmoved, (long)outcome.report.shared,
	     outcome.report.first_unmoved);
}

static void check_scenes(const struct fake_kernel *kernel, int nodes)
{
	fake_boot(kernel, nodes);
	for (unsigned seed = 0; seed < SCENES; seed++) {
		struct rng rng = { seed };

		scene_random(&rng, nodes);
		check_migration(&rng, seed, nodes);
		check_migration(&rng, seed, nodes);
	}
}

START_TEST(every_release_counts_what_stayed)
{
	check_scenes(&fake_kernels[_i], 4);
}
END_TEST

START_TEST(every_release_counts_what_stayed_on_eight_nodes)
{
	check_scenes(&fake_kernels[_i], 8);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("migrate_random");

	tcase_add_loop_test(tests, every_release_counts_what_stayed, 0, fake_kernel_count);
	tcase_add_loop_test(tests, every_release_counts_what_stayed_on_eight_nodes, 0,
			    fake_kernel_count);
	return run_tests("migrate_random", tests);
}
