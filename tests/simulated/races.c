/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Another thread unmaps, maps, migrates and sets policy before each single system call of the
 * library, and all the time. The call comes to an end, its result is one of those listed, and what
 * another thread did not touch is as the contract says.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#include "run.h"
#include "scene.h"

enum { STRICT = 1, MOVE = 2, MOVE_ALL = 4 };
enum { CALLS = 5000 };

static unsigned when; /* 0: before every call */
static void (*what)(void);
static struct rng rng;
static bool busy;

static void interfere(unsigned call)
{
	if (busy || (when && call != when))
		return;
	busy = true;
	what();
	busy = false;
}

/* ---- what the other thread does; in the upper half of the scene ---- */

static void unmap_some(void)
{
	fake_unmap(&fake.space, at(24), at(26));
}

static void unmap_all(void)
{
	fake_unmap(&fake.space, at(0), at(48));
}

static void map_anew(void)
{
	scene_pages(24, 4, 3);
}

static void migrate_some(void)
{
	for (unsigned i = fake_find_page(&fake.space, at(20)); i < fake.space.page_count; i++)
		if (fake.space.pages[i].address < at(40) &&
		    fake.space.pages[i].kind == FAKE_MOVABLE)
			fake.space.pages[i].node = (fake.space.pages[i].node + 1) % 4;
}

static void set_policy(void)
{
	unsigned long mask[16] = { 8 };

	fake_raw_mbind(at(20), 8UL * FAKE_PAGE, 2, mask, 1025, 0);
}

static void drop_policy(void)
{
	fake_raw_mbind(at(0), 48UL * FAKE_PAGE, 0, NULL, 0, 0);
}

static void pin_or_release(void)
{
	for (unsigned i = fake_find_page(&fake.space, at(20)); i < fake.space.page_count; i++)
		if (fake.space.pages[i].address < at(40) && fake.space.pages[i].kind <= FAKE_PINNED)
			fake.space.pages[i].kind = rng_one_in(&rng, 2) ? FAKE_PINNED : FAKE_MOVABLE;
}

static void share_or_not(void)
{
	for (unsigned i = fake_find_page(&fake.space, at(20)); i < fake.space.page_count; i++)
		if (fake.space.pages[i].address < at(40))
			fake.space.pages[i].mapcount = 1 + rng_below(&rng, 2);
}

static void protect(void)
{
	unsigned i = fake_find_vma(&fake.space, at(24));

	if (i < fake.space.vma_count)
		fake.space.vmas[i].prot ^= PROT_READ | PROT_WRITE;
}

static void anything(void)
{
	unsigned long first = rng_below(&rng, 48);
	unsigned long count = 1 + rng_below(&rng, 48 - (unsigned)first);

	switch (rng_below(&rng, 6)) {
	case 0:
		fake_unmap(&fake.space, at(first), at(first + count));
		break;
	case 1:
		if (fake.space.vma_count < 100 && fake.space.page_count < 1000)
			scene_pages(first, count, (int)rng_below(&rng, 4));
		break;
	case 2:
		migrate_some();
		break;
	case 3:
		set_policy();
		break;
	case 4:
		pin_or_release();
		break;
	default:
		share_or_not();
		break;
	}
}

static const struct {
	void (*act)(void);
	const char *name;
	bool faults; /* the range may be found unmapped */
} actions[] = {
	{ unmap_some, "unmap", true },	  { unmap_all, "unmap all", true },
	{ map_anew, "map", false },	  { migrate_some, "migrate", false },
	{ set_policy, "policy", false },  { drop_policy, "no policy", false },
	{ pin_or_release, "pin", false }, { share_or_not, "share", false },
	{ protect, "protect", false },	  { anything, "anything", true },
};
enum { ACTIONS = sizeof(actions) / sizeof(actions[0]) };

/* ---- the calls ---- */

static void build(void)
{
	scene_clear();
	scene_pages(0, 20, 0);
	scene_pages(20, 10, 0)->kind = FAKE_PINNED;
	scene_page(30, 0, FAKE_UNISOLATABLE);
	scene_pages(31, 6, 2)->mapcount = 2;
	scene_pages(37, 11, 0)->kind = FAKE_PINNED;
	fake.space.vmas[fake_find_vma(&fake.space, at(37))].prot = PROT_NONE;
}

static struct bind bind_of(int number)
{
	struct bind bind = scene_bind(0, 48, 1, (unsigned)number & 7);

	bind.counted = number & 8;
	if (number & 16) {
		bind.mode = 1;
		bind.mask = mask_none();
	}
	return bind;
}

static bool is_listed(const struct bind *bind, const struct outcome *outcome, bool faults)
{
	bool strict = bind->flags & STRICT;

	if (outcome->result == 0)
		return true;
	if (outcome->result != -1)
		return false;
	return (outcome->error == EFAULT && faults) || (outcome->error == EIO && strict);
}

/* Pages that nobody else touches have moved, unless the call says that nothing was done. */
static bool quiet_part_moved(const struct bind *bind, const struct outcome *outcome)
{
	if (!(bind->flags & (MOVE | MOVE_ALL)) || bind->mode != 2 || outcome->error == EFAULT)
		return true;
	for (unsigned long i = 0; i < 20; i++) {
		const struct fake_page *page = fake_page_at(&fake.space, at(i));

		if (!page || page->node != 1)
			return false;
	}
	return true;
}

static void check_bind(int number, int action)
{
	struct bind bind = bind_of(number);
	struct outcome outcome;
	const char *left;

	rng.state = when;
	what = actions[action].act;
	fake_count();
	fake.call_limit = CALLS;
	fake.before_call = interfere;
	outcome = do_bind(&bind);
	fake.before_call = NULL;
	left = fake_leftover();
	must(!left, "%s, %s before call %u: %s", fake.kernel.release, actions[action].name, when,
	     left);
	must(is_listed(&bind, &outcome, actions[action].faults),
	     "%s, %s before call %u: not a result\n%s", fake.kernel.release, actions[action].name,
	     when, scene_describe(&bind, &outcome));
	/* These two leave the lower part alone. */
	if (actions[action].act == migrate_some || actions[action].act == pin_or_release ||
	    actions[action].act == share_or_not || actions[action].act == unmap_some)
		must(quiet_part_moved(&bind, &outcome),
		     "%s, %s before call %u: untouched pages were not moved\n%s",
		     fake.kernel.release, actions[action].name, when,
		     scene_describe(&bind, &outcome));
}

static void ask_all(void)
{
	struct strictbind_fact fact = { .size = sizeof(fact) };

	for (unsigned i = 0; strictbind_kernel(i, &fact) == 1; i++)
		;
}

START_TEST(before_each_single_call)
{
	fake_boot(&fake_kernels[_i], 4);
	ask_all();
	for (int action = 0; action < ACTIONS; action++)
		for (int number = 1; number < 32; number += number % 8 == 3 ? 3 : 1)
			for (when = 1; when == 1 || when - 1 <= fake.calls; when++) {
				/* Long searches differ little from one call to the next. */
				if (when > 30 && when % 8)
					continue;
				build();
				check_bind(number, action);
			}
}
END_TEST

START_TEST(before_every_call)
{
	fake_boot(&fake_kernels[_i], 4);
	ask_all();
	when = 0;
	for (int action = 0; action < ACTIONS; action++)
		for (int number = 0; number < 32; number++) {
			build();
			check_bind(number, action);
		}
}
END_TEST

/* The questions use memory of their own: nothing that others do to theirs changes the answers. */
START_TEST(before_each_call_of_the_probe)
{
	for (int action = 0; action < ACTIONS; action++)
		for (when = 1; when < 120; when += 5) {
			struct strictbind_fact fact = { .size = sizeof(fact) };

			fake_boot(&fake_kernels[_i], 4);
			build();
			what = actions[action].act;
			fake.before_call = interfere;
			for (unsigned i = 0; strictbind_kernel(i, &fact) == 1; i++)
				must(fact.known >= STRICTBIND_PROBED, "%s", fact.name);
			fake.before_call = NULL;
			must(!fake_leftover(), "%s", fake_leftover());
		}
}
END_TEST

static void check_migration(int number, int action)
{
	struct migration migration = { .from = mask_of(fake_two_nodes(0, 2)),
				       .to = mask_of(number & 1 ? fake_two_nodes(2, 3)
								: fake_two_nodes(1, 3)),
				       .counted = number & 2 };
	struct outcome outcome;

	fake.nice = number & 4;
	rng.state = when;
	what = actions[action].act;
	fake_count();
	fake.call_limit = CALLS;
	fake.before_call = interfere;
	outcome = do_migration(&migration);
	fake.before_call = NULL;
	must(!fake_leftover(), "%s", fake_leftover());
	must(outcome.result >= 0, "%s, %s before call %u: %ld errno %d", fake.kernel.release,
	     actions[action].name, when, outcome.result, outcome.error);
	must(outcome.result <= 200, "%s, %s before call %u: %ld", fake.kernel.release,
	     actions[action].name, when, outcome.result);
}

START_TEST(while_migrating)
{
	fake_boot(&fake_kernels[_i], 4);
	ask_all();
	for (int action = 0; action < ACTIONS; action++)
		for (int number = 0; number < 8; number++)
			for (when = 0; when < 2 || when - 1 <= fake.calls; when++) {
				build();
				check_migration(number, action);
				if (when == 0)
					fake.calls = 0;
			}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("races");

	tcase_add_loop_test(tests, before_each_single_call, 0, fake_kernel_count);
	tcase_add_loop_test(tests, before_every_call, 0, fake_kernel_count);
	tcase_add_loop_test(tests, before_each_call_of_the_probe, 0, fake_kernel_count);
	tcase_add_loop_test(tests, while_migrating, 0, fake_kernel_count);
	return run_tests("races", tests);
}
