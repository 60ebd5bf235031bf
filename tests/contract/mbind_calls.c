/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What system calls a call consists of: one where there is nothing to move and the kernel has no
 * quirk that matters, and several where the kernel would keep others waiting for all of a large
 * move.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "calls.h"
#include "common.h"

/* A large move: more than the kernel moves while nobody minds. */
enum { FEW = 16, LARGE = 6144 };

static struct seen_calls seen;

/* The quirk of this name is there, as the library says. */
static bool has_quirk(const char *name)
{
	struct strictbind_fact fact = { .size = sizeof(fact) };

	for (unsigned i = 0; strictbind_kernel(i, &fact) == 1; i++)
		if (!strcmp(fact.name, name))
			return fact.present;
	ck_abort_msg("no quirk %s", name);
	return false;
}

/* Few pages, in place ------------------------------------------------------------------------- */

struct scene {
	int mode;
	unsigned flags;
	size_t pages;
	int from, to;
	char *at;
};

static int bind_scene(void *arg)
{
	struct scene *scene = arg;
	struct nodes set = nodes_one(scene->to);

	EXPECT(strictbind_mbind(scene->at, scene->pages * PAGE, scene->mode, set.words,
				NODES_MAXNODE, scene->flags) == 0);
	return 0;
}

static void prepare_scene(void *arg)
{
	struct scene *scene = arg;

	/* Used once, so that nothing has to be asked any more; pages are moved by that. */
	scene->at = pages_on(scene->pages, scene->from);
	bind_scene(scene);
	scene->at = pages_on(scene->pages, scene->from);
}

/*
 * Rules 7 to 9. With MOVE_ALL it may be two: STRICT alone, which would tell that nothing is
 * misplaced, does not ask for the privilege.
 */
START_TEST(nothing_to_move_is_one_call)
{
	static const int modes[] = { MPOL_BIND, MPOL_PREFERRED, MPOL_INTERLEAVE };
	static const unsigned flags[] = { 0, STRICT, MOVE, STRICT | MOVE };

	SKIP_IF(!can_trace(), "a child cannot be traced");
	SKIP_IF(has_quirk("leaves-movable") || has_quirk("stops-at-unmovable") ||
			has_quirk("half-done-before-hole") || has_quirk("misses-tail-hole"),
		"this kernel has quirks that take more");
	for (size_t m = 0; m < 3; m++)
		for (size_t f = 0; f < 4; f++) {
			struct scene scene = { modes[m], flags[f], FEW, NODE(0), NODE(0), NULL };

			ck_assert_int_eq(calls_of(prepare_scene, bind_scene, &scene, &seen), 0);
			ck_assert_msg(seen.count == 1, "mode %d, flags 0x%x: %zu system calls",
				      modes[m], flags[f], seen.count);
		}
}
END_TEST

/* Many pages, misplaced ----------------------------------------------------------------------- */

/* Calls of mbind that move, and the pages of the longest of them. */
static size_t moving_calls(size_t *longest)
{
	size_t found = 0;

	*longest = 0;
	for (size_t i = 0; i < seen.count && i < CALLS_KEPT; i++) {
		const struct seen_call *call = &seen.calls[i];
		size_t pages = call->arguments[1] / PAGE;

		if (call->number != SYS_mbind || !(call->arguments[5] & (MOVE | MOVE_ALL)) ||
		    !pages)
			continue;
		found++;
		if (pages > *longest)
			*longest = pages;
	}
	return found;
}

/*
 * A kernel that holds the lock for all of a call is given several; one that does not is given one.
 * Whether it does is what the library says of it, and kernel_facts tests that.
 */
START_TEST(large_move_is_several_calls_where_it_locks)
{
	struct scene scene = { MPOL_BIND, STRICT | MOVE, LARGE, 0, 0, NULL };
	size_t longest, moving;

	NEED_NODES(2);
	SKIP_IF(!can_trace(), "a child cannot be traced");
	scene.from = NODE(0);
	scene.to = NODE(1);
	ck_assert_int_eq(calls_of(prepare_scene, bind_scene, &scene, &seen), 0);
	moving = moving_calls(&longest);
	printf("%d pages in %zu calls that move, the longest of %zu pages; %zu system calls in all\n",
	       LARGE, moving, longest, seen.count);
	ck_assert_uint_gt(moving, 0);
	if (has_quirk("locked-while-moving")) {
		ck_assert_uint_ge(moving, 3);
		ck_assert_uint_le(longest, LARGE / 2);
	} else {
		ck_assert_uint_eq(moving, 1);
	}
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, nothing_to_move_is_one_call);
	tcase_add_test(tests, large_move_is_several_calls_where_it_locks);
}

int main(void)
{
	run_on_node(NODE(0));
	return run_suite_here("mbind_calls", add);
}
