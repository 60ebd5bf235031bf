/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every mode and mode flag that the kernel has, with node sets made of the nodes this process may
 * use and of some it may not. In a cpuset the same tests adapt to its nodes.
 */
#include <errno.h>
#include <stdio.h>

#include "cases.h"

enum { PER_NODE = 2, BESIDE = 1 };

static const struct {
	const char *name;
	int mode;
} modes[] = {
	{ "MPOL_BIND", MPOL_BIND },
	{ "MPOL_PREFERRED", MPOL_PREFERRED },
	{ "MPOL_INTERLEAVE", MPOL_INTERLEAVE },
	{ "MPOL_PREFERRED_MANY", MODE_PREFERRED_MANY },
	{ "MPOL_WEIGHTED_INTERLEAVE", MODE_WEIGHTED_INTERLEAVE },
};

enum { MODES = sizeof(modes) / sizeof(modes[0]) };

static size_t pages_on_stage(void)
{
	return (size_t)machine()->node_count * PER_NODE + 2 * BESIDE;
}

/* Pages of every node, and one that cannot move where one can be had. */
static void open_everywhere(const char *about, bool stuck)
{
	const struct machine *m = machine();

	stage_open(pages_on_stage(), 0);
	stage.about = about;
	put_anon(0, stage.count, pages_home());
	for (int i = 0; i < m->node_count; i++)
		put_anon(BESIDE + (size_t)i * PER_NODE, PER_NODE, m->node[i]);
	if (stuck)
		put_pinned(BESIDE + PER_NODE, m->node[m->node_count > 1 ? 1 : 0]);
	stage_settle();
}

static struct call over_all(int mode, const struct nodes *mask, unsigned flags)
{
	return (struct call){ .first = BESIDE,
			      .end = pages_on_stage() - BESIDE,
			      .mode = mode,
			      .mask = *mask,
			      .flags = flags };
}

/* Rule 1: a set of which nothing is left in this cpuset. */
static bool usable(int mode, const struct nodes *mask)
{
	struct nodes effective = effective_nodes(mode, mask);

	return !nodes_empty(&effective);
}

static void try_set(const char *name, int mode, const struct nodes *mask)
{
	for (const unsigned *flags = flag_sets(); *flags != ~0U; flags++)
		for (int stuck = 0; stuck < 2; stuck++) {
			struct call call = over_all(mode, mask, *flags);

			if (!usable(mode, mask))
				call.bad = EINVAL;
			open_everywhere(name, stuck);
			check_call(&call, stuck);
		}
}

/* Set number n: bit by bit, the allowed nodes. Every third is tried, of one to three nodes. */
static struct nodes some_set(int n)
{
	const struct machine *m = machine();
	struct nodes set = nodes_none();

	for (int i = 0; i < m->node_count; i++)
		if (n >> i & 1)
			nodes_add(&set, m->node[i]);
	return set;
}

static int set_count(void)
{
	int nodes = machine()->node_count;

	return 1 << (nodes < 4 ? nodes : 4);
}

static void try_sets(const char *name, int mode)
{
	for (int n = 1; n < set_count(); n += 3) {
		struct nodes set = some_set(n);

		try_set(name, mode, &set);
	}
}

START_TEST(rules05_to_09_mode)
{
	SKIP_IF(!has_mode(modes[_i].mode), "this kernel has no such mode");
	try_sets(modes[_i].name, modes[_i].mode);
}
END_TEST

START_TEST(rules05_to_09_static_nodes)
{
	struct nodes all = nodes_two(0, 1);

	SKIP_IF(!has_mode(modes[_i].mode), "this kernel has no such mode");
	try_sets(modes[_i].name, modes[_i].mode | MODE_STATIC_NODES);
	/* Partly, and not at all, in the cpuset. */
	nodes_add(&all, 2);
	try_set(modes[_i].name, modes[_i].mode | MODE_STATIC_NODES, &all);
}
END_TEST

/* What counts as misplaced are the numbers passed, not the nodes they stand for. */
START_TEST(rules05_to_09_relative_nodes)
{
	SKIP_IF(!has_mode(modes[_i].mode), "this kernel has no such mode");
	for (int n = 0; n <= machine()->node_count; n++) {
		struct nodes one = nodes_one(n), two = nodes_two(n, n + 1);

		try_set(modes[_i].name, modes[_i].mode | MODE_RELATIVE_NODES, &one);
		try_set(modes[_i].name, modes[_i].mode | MODE_RELATIVE_NODES, &two);
	}
}
END_TEST

/* A node set that reaches out of what is allowed. */
START_TEST(rule01_nodes_not_allowed)
{
	SKIP_IF(!has_mode(modes[_i].mode), "this kernel has no such mode");
	for (int node = 0; node < 6; node++) {
		struct nodes one = nodes_one(node), more = nodes_two(node, pages_target());

		try_set(modes[_i].name, modes[_i].mode, &one);
		try_set(modes[_i].name, modes[_i].mode, &more);
	}
}
END_TEST

START_TEST(rule01_no_nodes)
{
	struct nodes none = nodes_none();

	SKIP_IF(!has_mode(modes[_i].mode), "this kernel has no such mode");
	if (modes[_i].mode != MPOL_PREFERRED)
		try_set(modes[_i].name, modes[_i].mode, &none);
}
END_TEST

START_TEST(rule01_both_mode_flags)
{
	struct nodes one = nodes_one(pages_target());
	struct call call = over_all(modes[_i].mode | MODE_FLAGS, &one, STRICT | MOVE);

	SKIP_IF(!has_mode(modes[_i].mode), "this kernel has no such mode");
	call.bad = EINVAL;
	open_everywhere(modes[_i].name, false);
	check_call(&call, true);
}
END_TEST

/* Empty sets: every page is misplaced, and a move brings all of them here. */
static void try_empty(const char *name, int mode)
{
	struct nodes none = nodes_none();

	for (const unsigned *flags = flag_sets(); *flags != ~0U; flags++)
		for (int stuck = 0; stuck < 2; stuck++) {
			struct call call = over_all(mode, &none, *flags);

			open_everywhere(name, stuck);
			check_call(&call, stuck);
		}
}

START_TEST(rule08_local)
{
	try_empty("MPOL_LOCAL", MODE_LOCAL);
}
END_TEST

START_TEST(rule08_preferred_without_nodes)
{
	try_empty("empty MPOL_PREFERRED", MPOL_PREFERRED);
}
END_TEST

START_TEST(rule11_default)
{
	try_empty("MPOL_DEFAULT", MPOL_DEFAULT);
	try_empty("MPOL_DEFAULT", MPOL_DEFAULT | MODE_STATIC_NODES);
}
END_TEST

START_TEST(rule01_local_or_default_with_nodes)
{
	static const int bare[] = { MODE_LOCAL, MPOL_DEFAULT };
	struct nodes one = nodes_one(pages_target());

	for (int i = 0; i < 2; i++) {
		struct call call = over_all(bare[i], &one, MOVE);

		call.bad = EINVAL;
		open_everywhere("nodes where none belong", false);
		check_call(&call, true);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mbind_modes");
	TCase *tcase = tcase_create("modes");

	tcase_add_checked_fixture(tcase, NULL, stage_close);
	tcase_add_loop_test(tcase, rules05_to_09_mode, 0, MODES);
	tcase_add_loop_test(tcase, rules05_to_09_static_nodes, 0, MODES);
	tcase_add_loop_test(tcase, rules05_to_09_relative_nodes, 0, MODES);
	tcase_add_loop_test(tcase, rule01_nodes_not_allowed, 0, MODES);
	tcase_add_loop_test(tcase, rule01_no_nodes, 0, MODES);
	tcase_add_loop_test(tcase, rule01_both_mode_flags, 0, MODES);
	tcase_add_test(tcase, rule08_local);
	tcase_add_test(tcase, rule08_preferred_without_nodes);
	tcase_add_test(tcase, rule11_default);
	tcase_add_test(tcase, rule01_local_or_default_with_nodes);
	suite_add_tcase(suite, tcase);
	return run_cases(suite);
}
