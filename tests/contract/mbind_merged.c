/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Merged (KSM) pages: several page table entries map one page. With MOVE_ALL they move, whatever
 * cannot move beside them; that one of the entries finds the page taken already is no failure.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "common.h"
#include "ways.h"

/* More pages that cannot move than a huge page's worth may have before one looks elsewhere. */
enum { STUCK = 12, MERGED = 4, TRIES = 500 };

static void nap(void)
{
	struct timespec time = { .tv_nsec = 2000000 };

	nanosleep(&time, NULL);
}

static bool all_shared(const char *at, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		if (!page_shared(at + i * PAGE))
			return false;
	return true;
}

/* Equal pages become one, a while after the kernel was told to look for them. */
static bool merge(char *at, size_t pages)
{
	bool done = false;

	if (madvise(at, pages * PAGE, MADV_MERGEABLE) || !ksm_start())
		return false;
	for (int i = 0; i < TRIES && !done; i++) {
		done = all_shared(at, pages);
		if (!done)
			nap();
	}
	ksm_stop();
	return done;
}

static bool put_merged(char *at, int node)
{
	pages_at(at, MERGED, node, MAP_PRIVATE);
	for (size_t i = 0; i < MERGED; i++)
		memset(at + i * PAGE, 7, PAGE);
	return merge(at, MERGED);
}

static bool can_merge(void)
{
	static int known = -1;
	char *at;

	if (known >= 0)
		return known;
	at = space(MERGED);
	known = put_merged(at, NODE(0));
	unmap(at, MERGED);
	return known;
}

/* Whether this call moves pages that are mapped more than once. */
static bool moves_shared(unsigned flags)
{
	return flags & MOVE_ALL;
}

/* Pages that cannot move, in front ------------------------------------------------------------ */

static struct pins pins;

static char *pages_pinned(void)
{
	char *at = pages_on(STUCK + MERGED, NODE(0));

	for (size_t i = 0; i < STUCK; i++)
		ck_assert(pin(&pins, at + i * PAGE));
	return at;
}

static void move_behind_pins(enum way way, unsigned flags)
{
	char *at = pages_pinned();
	char *merged = at + STUCK * PAGE;
	struct bound bound = { at, STUCK + MERGED, MPOL_BIND, nodes_one(NODE(1)), flags };
	struct due due = { .unmoved = STUCK, .first = at };

	ck_assert(put_merged(merged, NODE(0)));
	if (!moves_shared(flags))
		due.shared = MERGED;
	move_and_check(&bound, way, &due);
	check_on(&bound, way, at, STUCK, NODE(0));
	check_on(&bound, way, merged, MERGED, NODE(moves_shared(flags) ? 1 : 0));
	unpin_all(&pins);
	unmap(at, bound.pages);
}

START_TEST(behind_pinned_pages)
{
	NEED_NODES(2);
	SKIP_IF(!can_merge(), "nothing is merged here");
	ck_assert(pins_open(&pins));
	for (enum way way = PLAIN; way < PRELOADED; way++)
		for (size_t f = 0; f < move_count(); f++)
			move_behind_pins(way, moves[f]);
	pins_close(&pins);
}
END_TEST

static void move_behind_ring(const struct ring *ring, enum way way, unsigned flags)
{
	char *at = space(STUCK + MERGED);
	char *merged = at + STUCK * PAGE;
	struct bound bound = { at, STUCK + MERGED, MPOL_BIND, nodes_one(NODE(1)), flags };
	struct due due = { .unmoved = STUCK, .first = at };

	ck_assert(put_merged(merged, NODE(0)));
	for (size_t i = 0; i < STUCK; i++)
		ck_assert(ring_put(ring, i, at + i * PAGE));
	/* A mapping keeps the policy that the call before has set. */
	raw_mbind(at, STUCK * PAGE, MPOL_DEFAULT, NULL, 0, 0);
	if (!moves_shared(flags))
		due.shared = MERGED;
	move_and_check(&bound, way, &due);
	check_on(&bound, way, at, STUCK, NODE(0));
	check_on(&bound, way, merged, MERGED, NODE(moves_shared(flags) ? 1 : 0));
	for (size_t i = 0; i < STUCK; i++)
		ring_take(ring, i, at + i * PAGE);
	unmap(merged, MERGED);
}

START_TEST(behind_ring_pages)
{
	struct ring ring;

	NEED_NODES(2);
	SKIP_IF(!can_merge(), "nothing is merged here");
	SKIP_IF(!ring_open_counted(&ring, NODE(0), STUCK), "no ring of %d pages", STUCK);
	for (enum way way = PLAIN; way < PRELOADED; way++)
		for (size_t f = 0; f < move_count(); f++)
			move_behind_ring(&ring, way, moves[f]);
	ring_close(&ring);
}
END_TEST

/* Alone --------------------------------------------------------------------------------------- */

static void move_merged(enum way way, unsigned flags, int mode, struct nodes nodes, int target)
{
	struct bound bound = { space(MERGED), MERGED, mode, nodes, flags };
	struct due due = { .unmoved = 0 };

	ck_assert(put_merged(bound.at, NODE(1)));
	if (!moves_shared(flags))
		due.shared = MERGED;
	move_and_check(&bound, way, &due);
	check_on(&bound, way, bound.at, MERGED, moves_shared(flags) ? target : NODE(1));
	ck_assert(all_shared(bound.at, MERGED));
	unmap(bound.at, MERGED);
}

/* Rule 9, with an empty N: what has moved has not failed. */
START_TEST(local_moves_them)
{
	NEED_NODES(2);
	SKIP_IF(!can_merge(), "nothing is merged here");
	for (enum way way = PLAIN; way < PRELOADED; way++)
		for (size_t f = 0; f < move_count(); f++) {
			move_merged(way, moves[f], MODE_LOCAL, nodes_none(), NODE(0));
			move_merged(way, moves[f], MPOL_PREFERRED, nodes_none(), NODE(0));
		}
}
END_TEST

/* Some kernels put them where the task's own policy says, not where the call says. */
START_TEST(they_come_to_the_nodes_asked_for)
{
	NEED_NODES(3);
	SKIP_IF(!can_merge(), "nothing is merged here");
	for (enum way way = PLAIN; way < PRELOADED; way++)
		for (size_t f = 0; f < move_count(); f++) {
			move_merged(way, moves[f], MPOL_BIND, nodes_one(NODE(2)), NODE(2));
			move_merged(way, moves[f], MPOL_PREFERRED, nodes_one(NODE(2)), NODE(2));
			move_merged(way, moves[f], MPOL_INTERLEAVE, nodes_one(NODE(2)), NODE(2));
		}
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, behind_pinned_pages);
	tcase_add_test(tests, behind_ring_pages);
	tcase_add_test(tests, local_moves_them);
	tcase_add_test(tests, they_come_to_the_nodes_asked_for);
}

int main(void)
{
	run_on_node(NODE(0));
	return run_suite_here("mbind_merged", add);
}
