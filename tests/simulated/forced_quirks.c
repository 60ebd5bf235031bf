/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* STRICTBIND_QUIRKS: which names are understood, and that nothing is asked any more. */
#include <stdio.h>
#include <string.h>

#include "kernel/quirks.h"
#include "run.h"
#include "scene.h"

static struct strictbind_fact fact_with(const char *list, const char *name)
{
	struct strictbind_fact fact = { .size = sizeof(fact) };

	fake_boot(fake_kernel("6.12"), 4);
	sb_force(list);
	for (unsigned i = 0; strictbind_kernel(i, &fact) == 1; i++)
		if (strcmp(fact.name, name) == 0)
			return fact;
	ck_abort_msg("no fact is called %s", name);
	return fact;
}

static bool forced(const char *list, const char *name)
{
	struct strictbind_fact fact = fact_with(list, name);

	ck_assert_int_eq((int)fact.known, STRICTBIND_FORCED);
	ck_assert_uint_eq(fake.calls_of[0], 0);
	return fact.present;
}

START_TEST(names_are_taken)
{
	ck_assert(forced("stops-at-unmovable", "stops-at-unmovable"));
	ck_assert(!forced("stops-at-unmovable", "misses-unmovable"));
	ck_assert(forced("misses-unmovable,stops-at-unmovable", "stops-at-unmovable"));
	ck_assert(forced("misses-unmovable,stops-at-unmovable", "misses-unmovable"));
	ck_assert(!forced("misses-unmovable,stops-at-unmovable", "eio-hides-hole"));
}
END_TEST

START_TEST(all_and_none)
{
	ck_assert(forced("all", "stops-at-unmovable"));
	ck_assert(forced("all", "count-unit-varies"));
	ck_assert(!forced("none", "stops-at-unmovable"));
	ck_assert(!forced("none", "count-unit-varies"));
}
END_TEST

/* Absent from all of these lists, and there on any kernel. */
static void forces_nothing(const char *list)
{
	struct strictbind_fact fact = fact_with(list, "eio-hides-hole");

	must(fact.present && fact.known == STRICTBIND_PROBED, "\"%.40s\"", list);
}

START_TEST(garbage_forces_nothing)
{
	static const char *const lists[] = { "",
					     ",",
					     ",,,",
					     "al",
					     "alll",
					     "ALL",
					     "no-such-quirk",
					     "stops-at-unmovabl",
					     "stops-at-unmovable-",
					     " all",
					     "mbind",
					     "stops at unmovable",
					     "\xff\xfe" };

	for (unsigned i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		forces_nothing(lists[i]);
}
END_TEST

/* One bad name spoils the list, wherever it is: what the others ask for alone may be less. */
START_TEST(half_garbage_forces_nothing)
{
	static const char *const lists[] = { "stops-at-unmovable,",
					     ",stops-at-unmovable",
					     "stops-at-unmovable,,misses-unmovable",
					     "stops-at-unmovable,bogus",
					     "bogus,stops-at-unmovable",
					     "stops-at-unmovable, misses-unmovable",
					     "stops-at-unmovable,mbind",
					     "stops-at-unmovable,none",
					     "none,stops-at-unmovable",
					     "none,",
					     "no-such-quirk,all",
					     "none,all" };

	for (unsigned i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		forces_nothing(lists[i]);
}
END_TEST

START_TEST(a_long_list)
{
	static const char name[] = "stops-at-unmovable,";
	static char list[100001];
	size_t length = sizeof(name) - 1, used = 0;

	memset(list, 'x', sizeof(list) - 1);
	forces_nothing(list);
	memset(list, ',', sizeof(list) - 1);
	forces_nothing(list);
	for (; used + length < sizeof(list); used += length)
		memcpy(list + used, name, length);
	list[used - 1] = 0;
	ck_assert(forced(list, "stops-at-unmovable"));
	ck_assert(!forced(list, "misses-unmovable"));
}
END_TEST

START_TEST(quirks_are_not_asked_and_interfaces_are)
{
	struct strictbind_fact fact = { .size = sizeof(fact) };
	unsigned index = 0;

	fake_boot(fake_kernel("5.10"), 4);
	sb_force("none");
	for (; strictbind_kernel(index, &fact) == 1 && fact.kind == STRICTBIND_QUIRK; index++)
		ck_assert_uint_eq(fake.calls, 0);
	ck_assert_uint_eq(index, SB_QUIRKS);
	ck_assert_int_eq((int)fact.known, STRICTBIND_PROBED);
}
END_TEST

/* Taking a quirk for present that is not there costs time and nothing else, whatever the quirk. */
START_TEST(a_quirk_too_many_keeps_the_contract)
{
	static struct fake_space before;
	char list[100] = "all";

	fake_boot(fake_kernel("6.12"), 4);
	/* The last of the two is one that it has. */
	if (_i < SB_QUIRKS)
		snprintf(list, sizeof(list), "%s,eio-hides-hole",
			 sb_fact_text((enum sb_fact)_i)->name);
	for (unsigned seed = 0; seed < 300; seed++) {
		struct rng rng = { seed };
		struct bind bind;
		struct outcome outcome;
		const char *broken;

		sb_force(list);
		scene_random(&rng, 4);
		bind = scene_random_bind(&rng, 4);
		copy_space(&before, &fake.space);
		outcome = do_bind(&bind);
		broken = judge_bind(&bind, &before, &outcome,
				    COUNTS_MAY_BE_UNKNOWN | EMPTY_NODES_BY_KERNEL);
		must(!broken, "quirk %d, seed %u: %s\n%s", _i, seed, broken,
		     scene_describe(&bind, &outcome));
	}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("forced_quirks");

	tcase_add_test(tests, names_are_taken);
	tcase_add_test(tests, all_and_none);
	tcase_add_test(tests, garbage_forces_nothing);
	tcase_add_test(tests, half_garbage_forces_nothing);
	tcase_add_test(tests, a_long_list);
	tcase_add_test(tests, quirks_are_not_asked_and_interfaces_are);
	tcase_add_loop_test(tests, a_quirk_too_many_keeps_the_contract, 0, SB_QUIRKS + 1);
	return run_tests("forced_quirks", tests);
}
