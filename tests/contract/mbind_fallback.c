/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every mode but MPOL_BIND lets the kernel put a page outside N when the node it has chosen is
 * full, and the kernel takes that page for moved. By the contract it is moved only in N; any node
 * of N will do, and as long as one has room a page can move (rules 8 and 9).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common.h"
#include "fullnode.h"
#include "ways.h"

enum {
	RANGE = 4096, /* pages that want to go where not all have room: also more than is kept back
		       */
	ROOM = 4,     /* pieces of 512 pages that have */
	SPREAD = 900, /* pages that have room on one of two nodes only */
	SLACK = 64,   /* pages of room that come and go with the kernel's own business */
};

/* A call and what came of it ------------------------------------------------------------------ */

static const int modes[] = { MPOL_PREFERRED, MODE_PREFERRED_MANY, MPOL_INTERLEAVE,
			     MODE_WEIGHTED_INTERLEAVE, MPOL_BIND };

enum { MODES = sizeof(modes) / sizeof(*modes) };

struct attempt {
	struct bound bound;
	bool headless; /* there is nothing at the first address */
	enum way way;
	long result;
	struct strictbind_report report;
};

static const char *describe(const struct attempt *attempt)
{
	static char text[240];

	snprintf(text, sizeof(text), "%s: %ld, unmoved %lu",
		 describe_bound(&attempt->bound, attempt->way), attempt->result,
		 attempt->report.unmoved);
	return text;
}

static void make(struct attempt *attempt)
{
	attempt->result = bind_in_way(&attempt->bound, attempt->way, &attempt->report);
}

/* Pages outside N; the first of them. */
static size_t outside(const struct attempt *attempt, const void **first)
{
	static int nodes[RANGE];
	const char *at = attempt->bound.at;
	size_t found = 0;

	*first = NULL;
	nodes_of(attempt->bound.at, attempt->bound.pages, nodes);
	for (size_t i = attempt->headless; i < attempt->bound.pages; i++)
		if (!nodes_has(&attempt->bound.nodes, nodes[i]) && !found++)
			*first = at + i * PAGE;
	return found;
}

/* What the call says must be what is: pages outside N are unmoved, and a success is none. */
static void check_said(const struct attempt *attempt)
{
	const void *first;
	size_t left = outside(attempt, &first);
	bool fails = left && attempt->bound.flags & STRICT;

	ck_assert_msg(attempt->result == (fails ? -EIO : 0), "%s, and %zu pages are outside",
		      describe(attempt), left);
	if (is_counted(attempt->way)) {
		ck_assert_msg(attempt->report.unmoved == left, "%s, and %zu pages are outside",
			      describe(attempt), left);
		ck_assert_ptr_eq(attempt->report.first_unmoved, first);
		ck_assert_uint_eq(attempt->report.shared, 0);
	}
	ck_assert(attempt->headless || intact(attempt->bound.at, attempt->bound.pages));
}

static void check_inside(const struct attempt *attempt)
{
	const void *first;
	size_t left = outside(attempt, &first);

	check_said(attempt);
	ck_assert_msg(left == 0, "%s: %zu pages are outside, the first at %zu on node %d",
		      describe(attempt), left,
		      (size_t)((const char *)first - (char *)attempt->bound.at) / PAGE,
		      node_of(first));
}

/* STRICT alone, right afterwards, must say the same (rule 6). */
static void check_asked(const struct attempt *attempt)
{
	struct attempt asked = *attempt;
	const void *first;

	asked.bound.flags = STRICT;
	asked.way = REPORT;
	make(&asked);
	ck_assert_uint_eq(asked.report.unmoved, outside(attempt, &first));
	ck_assert_int_eq(asked.result, first ? -EIO : 0);
}

/* Pages that were left, and for which the kernel, bound to these nodes, then finds room. */
static size_t had_room(const struct attempt *attempt)
{
	const struct bound *bound = &attempt->bound;
	const void *first;
	size_t before = outside(attempt, &first);

	raw_mbind(bound->at, bound->pages * PAGE, MPOL_BIND, bound->nodes.words, NODES_MAXNODE,
		  MOVE);
	return before - outside(attempt, &first);
}

/* Base pages ---------------------------------------------------------------------------------- */

/* A node that is full makes each of them slow, so these are not all there could be. */
static const struct {
	unsigned flags;
	enum way way;
} calls[] = {
	{ STRICT | MOVE, PLAIN }, { STRICT | MOVE, REPORT }, { STRICT | MOVE, STALL_REPORT },
	{ MOVE, REPORT },	  { MOVE, STALL },
};

static void call_in_all_modes(size_t c, void (*one)(struct attempt attempt))
{
	for (size_t m = 0; m < MODES; m++)
		if (has_mode(modes[m]))
			one((struct attempt){
				.bound = { .mode = modes[m], .flags = calls[c].flags },
				.way = calls[c].way });
}

static void in_all_modes(void (*one)(struct attempt attempt))
{
	for (size_t c = 0; c < sizeof(calls) / sizeof(*calls); c++)
		call_in_all_modes(c, one);
}

/* Only the calls that tell how many pages stayed. */
static void reported_in_all_modes(void (*one)(struct attempt attempt))
{
	for (size_t c = 0; c < sizeof(calls) / sizeof(*calls); c++)
		if (calls[c].way == REPORT)
			call_in_all_modes(c, one);
}

/* A move to a node with little room or none, and why it has shown nothing. */
struct to_filled {
	struct attempt attempt;
	const char *shown_nothing;
};

static bool move_to_little_room(void *arg)
{
	struct to_filled *to = arg;
	struct attempt attempt = to->attempt;
	const void *first;

	attempt.bound.pages = RANGE;
	attempt.bound.nodes = nodes_one(NODE(2));
	attempt.bound.at = pages_on(RANGE, NODE(0));
	make(&attempt);
	check_said(&attempt);
	to->shown_nothing = "no page was left";
	if (outside(&attempt, &first)) {
		check_asked(&attempt);
		to->shown_nothing =
			had_room(&attempt) > SLACK ? "pages were left that had room" : NULL;
	}
	unmap(attempt.bound.at, RANGE);
	return !to->shown_nothing;
}

static size_t pieces_left;

static void move_to_filled_node(struct attempt attempt)
{
	struct to_filled to = { .attempt = attempt };

	ck_assert_msg(meets_full_node(move_to_little_room, &to, NODE(2), pieces_left),
		      "%s: each time %s", describe(&attempt), to.shown_nothing);
}

static const char *fill_first(size_t left)
{
	const char *why = cannot_fill(NODE(2));

	pieces_left = left;
	if (!why)
		ck_assert(fill_node(NODE(2), left));
	return why;
}

/* One node, with room for a part. */
START_TEST(pages_outside_are_unmoved)
{
	const char *why;

	NEED_NODES(3);
	why = fill_first(ROOM);
	SKIP_IF(why, "%s", why);
	in_all_modes(move_to_filled_node);
}
END_TEST

/* One node, with no more room than what the kernel keeps back. */
START_TEST(full_node_is_counted)
{
	const char *why;

	NEED_NODES(3);
	why = fill_first(0);
	SKIP_IF(why, "%s", why);
	for (size_t c = 0; c < sizeof(calls) / sizeof(*calls); c++)
		move_to_filled_node(
			(struct attempt){ .bound = { .mode = MPOL_BIND, .flags = calls[c].flags },
					  .way = calls[c].way });
}
END_TEST

/* Two nodes: one with little room, one with much. PREFERRED asks for the first of them; N is both.
 */
static void spread(struct attempt attempt)
{
	attempt.bound.pages = SPREAD;
	attempt.bound.nodes = nodes_two(NODE(1), NODE(3));
	attempt.bound.at = pages_on(SPREAD, NODE(2));
	make(&attempt);
	check_inside(&attempt);
	check_asked(&attempt);
	unmap(attempt.bound.at, SPREAD);
}

/* move_pages of some kernels does not find pages in PROT_NONE mappings, mbind does. */
static void spread_inaccessible(struct attempt attempt)
{
	size_t len = SPREAD * machine()->page;

	attempt.bound.pages = SPREAD;
	attempt.bound.nodes = nodes_two(NODE(1), NODE(3));
	attempt.bound.at = pages_on(SPREAD, NODE(2));
	ck_assert(mprotect(attempt.bound.at, len, PROT_NONE) == 0);
	make(&attempt);
	ck_assert(mprotect(attempt.bound.at, len, PROT_READ | PROT_WRITE) == 0);
	check_inside(&attempt);
	unmap(attempt.bound.at, SPREAD);
}

/* A huge page whose first page is not mapped: the kernels that take it for shared leave it. */
static void spread_headless(struct attempt attempt)
{
	char *at = thp_on(NODE(2));

	if (!at)
		return;
	madvise(at, machine()->huge, MADV_NOHUGEPAGE);
	madvise(at, PAGE, MADV_DONTNEED);
	attempt.headless = true;
	attempt.bound.pages = HUGE_PAGES;
	attempt.bound.nodes = nodes_two(NODE(1), NODE(3));
	attempt.bound.at = at;
	make(&attempt);
	check_inside(&attempt);
	unmap(at, HUGE_PAGES);
}

START_TEST(any_node_with_room_will_do)
{
	const char *why;

	NEED_NODES(4);
	why = cannot_fill(NODE(1));
	SKIP_IF(why, "%s", why);
	ck_assert(fill_node(NODE(1), 1));
	in_all_modes(spread);
	in_all_modes(spread_inaccessible);
	in_all_modes(spread_headless);
}
END_TEST

/* Pages of hugetlb ---------------------------------------------------------------------------- */

static bool set_pool(int node, int pages)
{
	return set_pool_hugetlb_on(node, pages) && free_hugetlb_on(node) == pages;
}

/* Free pages of hugetlb on the four nodes. */
static bool set_pools(int a, int b, int c, int d)
{
	const int want[] = { a, b, c, d };
	bool done = true;

	/* Pages that were made on a node stay there: away with all first. */
	for (int i = 0; i < 4; i++)
		done &= set_pool(NODE(i), 0);
	for (int i = 0; i < 4; i++)
		done &= set_pool(NODE(i), want[i]);
	return done;
}

static char *hugetlb_pages_on(size_t huge, int node)
{
	char *at = space(huge * HUGETLB_PAGES);
	struct nodes set = nodes_one(node);
	size_t len = huge * machine()->hugetlb;

	ck_assert(mmap(at, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_HUGETLB, -1, 0) == at);
	raw_mbind(at, len, MPOL_BIND, set.words, NODES_MAXNODE, 0);
	for (size_t i = 0; i < huge * HUGETLB_PAGES; i++)
		memset(at + i * PAGE, (char)(i % 251 + 1), 16);
	raw_mbind(at, len, MPOL_DEFAULT, NULL, 0, 0);
	ck_assert_uint_eq(count_on(at, huge * HUGETLB_PAGES, node), huge * HUGETLB_PAGES);
	return at;
}

static void move_two_hugetlb(struct attempt attempt)
{
	ck_assert(set_pools(2, 2, 0, 0));
	attempt.bound.pages = 2 * HUGETLB_PAGES;
	attempt.bound.nodes = nodes_two(NODE(1), NODE(2));
	attempt.bound.at = hugetlb_pages_on(2, NODE(0));
	make(&attempt);
	check_inside(&attempt);
	unmap(attempt.bound.at, attempt.bound.pages);
}

/* The pool of one node of N is empty, the other's is not. */
START_TEST(hugetlb_goes_where_its_pool_has_room)
{
	NEED_NODES(4);
	SKIP_IF(!set_pools(0, 0, 0, 0), "the pools cannot be set");
	SKIP_IF(!nodes_have_room(4 * HUGETLB_PAGES), "huge pages are large for these nodes");
	in_all_modes(move_two_hugetlb);
	set_pools(0, 0, 0, 0);
}
END_TEST

static void move_to_empty_pool(struct attempt attempt)
{
	ck_assert(set_pools(1, 1, 2, 0));
	attempt.bound.pages = HUGETLB_PAGES;
	attempt.bound.nodes = nodes_one(NODE(3));
	attempt.bound.at = hugetlb_pages_on(1, NODE(2));
	make(&attempt);
	check_said(&attempt);
	unmap(attempt.bound.at, attempt.bound.pages);
}

/* Whether the kernel makes a page for it there or not: what is said must be so. */
START_TEST(hugetlb_without_a_pool)
{
	NEED_NODES(4);
	SKIP_IF(!set_pools(0, 0, 0, 0), "the pools cannot be set");
	SKIP_IF(!nodes_have_room(4 * HUGETLB_PAGES), "huge pages are large for these nodes");
	in_all_modes(move_to_empty_pool);
	set_pools(0, 0, 0, 0);
}
END_TEST

static unsigned stayed;

/* The kernel keeps a reserve, of which it may make a page after all. */
static void try_to_move(struct attempt attempt)
{
	const void *first;

	attempt.bound.pages = HUGETLB_PAGES;
	attempt.bound.nodes = nodes_one(NODE(3));
	attempt.bound.at = hugetlb_pages_on(1, NODE(2));
	make(&attempt);
	check_said(&attempt);
	stayed += outside(&attempt, &first) == HUGETLB_PAGES;
	unmap(attempt.bound.at, HUGETLB_PAGES);
	ck_assert(set_pools(1, 1, 2, 0));
}

/* Nor can a page be made: EIO, and 512 base pages. The kernel tries for half a second each time. */
START_TEST(hugetlb_without_any_room)
{
	const char *why;

	NEED_NODES(4);
	SKIP_IF(!set_pools(1, 1, 2, 0), "the pools cannot be set");
	why = cannot_fill(NODE(3));
	SKIP_IF(why, "%s", why);
	ck_assert(fill_node(NODE(3), 0));
	reported_in_all_modes(try_to_move);
	ck_assert_msg(stayed > 0, "the node was not full");
	empty_nodes();
	set_pools(0, 0, 0, 0);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_checked_fixture(tests, NULL, empty_nodes);
	tcase_add_test(tests, pages_outside_are_unmoved);
	tcase_add_test(tests, full_node_is_counted);
	tcase_add_test(tests, any_node_with_room_will_do);
	tcase_add_test(tests, hugetlb_goes_where_its_pool_has_room);
	tcase_add_test(tests, hugetlb_without_a_pool);
	tcase_add_test(tests, hugetlb_without_any_room);
}

int main(void)
{
	run_on_node(NODE(0));
	return run_suite_here("mbind_fallback", add);
}
