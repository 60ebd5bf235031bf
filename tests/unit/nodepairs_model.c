/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The library's pairs of nodes are those of a straightforward model, in the same order. */
#include "migrate/node_pairs.h"
#include "pairs.h"
#include "run.h"
#include "scene.h"

static struct sb_nodeset set_of(const struct fake_nodes *nodes)
{
	struct sb_nodeset set = { .bits = { 0 } };

	for (int node = 0; node < FAKE_MAX_NODES; node++)
		if (fake_has(nodes, node))
			sb_nodeset_add(&set, node);
	return set;
}

static void compare(const struct fake_nodes *from, const struct fake_nodes *to)
{
	static struct pair wanted[FAKE_MAX_NODES];
	struct sb_nodeset from_set = set_of(from), to_set = set_of(to);
	struct sb_nodepairs pairs = sb_nodepairs_of(&from_set, &to_set);
	int count = pairs_of(from, to, wanted);
	int source, target;

	for (int i = 0; i < count; i++) {
		ck_assert(sb_nodepairs_next(&pairs, &source, &target));
		ck_assert_int_eq(source, wanted[i].source);
		ck_assert_int_eq(target, wanted[i].target);
	}
	ck_assert(!sb_nodepairs_next(&pairs, &source, &target));
}

static struct fake_nodes random_set(struct rng *rng, unsigned below, unsigned members)
{
	struct fake_nodes set = fake_no_nodes();

	while (members--)
		fake_add(&set, (int)rng_below(rng, below));
	return set;
}

START_TEST(random_sets)
{
	struct rng rng = { 1 };

	for (int i = 0; i < 3000; i++) {
		unsigned below = 2 + rng_below(&rng, 12);
		struct fake_nodes from = random_set(&rng, below, rng_below(&rng, 8));
		struct fake_nodes to = random_set(&rng, below, rng_below(&rng, 8));

		compare(&from, &to);
	}
}
END_TEST

START_TEST(all_sets_of_four_nodes)
{
	for (unsigned long from = 0; from < 16; from++)
		for (unsigned long to = 0; to < 16; to++)
			compare(&(struct fake_nodes){ { from } }, &(struct fake_nodes){ { to } });
}
END_TEST

START_TEST(sets_over_1024_nodes)
{
	struct rng rng = { 2 };

	for (int i = 0; i < 3; i++) {
		struct fake_nodes from = random_set(&rng, FAKE_MAX_NODES, 12);
		struct fake_nodes to = random_set(&rng, FAKE_MAX_NODES, 1 + rng_below(&rng, 20));

		fake_add(&from, FAKE_MAX_NODES - 1);
		compare(&from, &to);
	}
}
END_TEST

/* man 2 migrate_pages: nodes 0 and 1 to 1 and 2 keeps them apart. */
START_TEST(relative_placement_is_kept)
{
	struct fake_nodes from = fake_two_nodes(0, 1), to = fake_two_nodes(1, 2);
	struct pair pairs[FAKE_MAX_NODES];

	ck_assert_int_eq(pairs_of(&from, &to, pairs), 2);
	ck_assert(pairs[0].source == 1 && pairs[0].target == 2);
	ck_assert(pairs[1].source == 0 && pairs[1].target == 1);
	compare(&from, &to);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("nodepairs_model");

	tcase_add_test(tests, random_sets);
	tcase_add_test(tests, all_sets_of_four_nodes);
	tcase_add_test(tests, sets_over_1024_nodes);
	tcase_add_test(tests, relative_placement_is_kept);
	return run_tests("nodepairs_model", tests);
}
