/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pages of hugetlb move as any others, whatever else is in the range and however the call is made.
 * On some kernels STRICT alone does not look at them; no conclusion may be drawn from what it says.
 */
#include <errno.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common.h"
#include "ways.h"

enum { EIGHT = 8, MANY_BASE = 1600, FEW_BASE = 4 };

/* Memory -------------------------------------------------------------------------------------- */

static bool pool_has(int node, long pages)
{
	return free_hugetlb_on(node) >= pages;
}

static void fill(char *at, size_t pages, int node)
{
	struct nodes set = nodes_one(node);

	raw_mbind(at, pages * PAGE, MPOL_BIND, set.words, NODES_MAXNODE, 0);
	for (size_t i = 0; i < pages; i++)
		memset(at + i * PAGE, (char)(i % 251 + 1), 16);
	raw_mbind(at, pages * PAGE, MPOL_DEFAULT, NULL, 0, 0);
	ck_assert_uint_eq(count_on(at, pages, node), pages);
}

static void put_hugetlb(char *at, size_t huge, int node)
{
	ck_assert(mmap(at, huge * machine()->hugetlb, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_HUGETLB, -1, 0) == at);
	fill(at, huge * HUGETLB_PAGES, node);
}

static void put_base(char *at, size_t pages, int node)
{
	pages_at(at, pages, node, MAP_PRIVATE);
	ck_assert_uint_eq(count_on(at, pages, node), pages);
}

enum sort { PRIVATE, MEMFD, FORKED, SORTS };

/* One page; with FORKED a process that shares it becomes *other. */
static char *page_of_sort(enum sort sort, int node, pid_t *other)
{
	char *at = space(HUGETLB_PAGES);
	int fd;

	*other = 0;
	if (sort == MEMFD) {
		fd = (int)syscall(SYS_memfd_create, "huge", MFD_CLOEXEC | MFD_HUGETLB);
		ck_assert(fd >= 0 && mmap(at, machine()->hugetlb, PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_FIXED, fd, 0) == at);
		close(fd);
		fill(at, HUGETLB_PAGES, node);
		return at;
	}
	put_hugetlb(at, 1, node);
	if (sort == FORKED)
		*other = start_sleeper();
	return at;
}

static void put_away(char *at, pid_t other)
{
	if (other)
		end_sleeper(other);
	unmap(at, HUGETLB_PAGES);
}

/* Tests --------------------------------------------------------------------------------------- */

static void move_eight(enum way way, unsigned flags)
{
	static const struct due nothing_left;
	char *at = space(EIGHT * HUGETLB_PAGES);
	struct bound bound = { at, EIGHT * HUGETLB_PAGES, MPOL_BIND, nodes_one(NODE(1)), flags };

	put_hugetlb(at, EIGHT, NODE(0));
	move_and_check(&bound, way, &nothing_left);
	check_on(&bound, way, at, bound.pages, NODE(1));
	ck_assert(intact(at, bound.pages));
	unmap(at, bound.pages);
}

/* Rules 8 and 9: more than goes into one piece. */
START_TEST(many_pages_move)
{
	NEED_NODES(2);
	SKIP_IF(!pool_has(NODE(0), EIGHT) || !pool_has(NODE(1), EIGHT), "needs %d free huge pages",
		EIGHT);
	for (enum way way = PLAIN; way < WAYS; way++)
		for (size_t f = 0; f < move_count() && can_be_made(way); f++)
			move_eight(way, moves[f]);
}
END_TEST

static void move_among_base(enum way way, unsigned flags, bool behind)
{
	static const struct due nothing_left;
	size_t pages = HUGETLB_PAGES + MANY_BASE;
	char *room = space(2 * HUGETLB_PAGES + MANY_BASE) +
		     MANY_BASE / HUGETLB_PAGES * machine()->hugetlb;
	char *huge = behind ? room : room + machine()->hugetlb;
	char *base = behind ? huge + machine()->hugetlb : huge - MANY_BASE * PAGE;
	struct bound bound = { behind ? huge : base, pages, MPOL_BIND, nodes_one(NODE(1)), flags };

	put_hugetlb(huge, 1, NODE(2));
	put_base(base, MANY_BASE, NODE(1));
	move_and_check(&bound, way, &nothing_left);
	check_on(&bound, way, bound.at, pages, NODE(1));
	ck_assert(intact(huge, HUGETLB_PAGES) && intact(base, MANY_BASE));
	unmap(bound.at, pages);
}

/* The rest of the range is in place: one look at it must not do for the huge page. */
START_TEST(one_among_base_pages_moves)
{
	NEED_NODES(3);
	SKIP_IF(!pool_has(NODE(1), 1) || !pool_has(NODE(2), 1), "needs free huge pages");
	for (enum way way = PLAIN; way < WAYS; way++)
		for (size_t f = 0; f < move_count() && can_be_made(way); f++) {
			move_among_base(way, moves[f], true);
			move_among_base(way, moves[f], false);
		}
}
END_TEST

/* before and behind: movable base pages beside it. */
static void move_pinned(enum way way, unsigned flags, size_t before, size_t behind)
{
	char *huge = space(3 * HUGETLB_PAGES) + machine()->hugetlb;
	char *start = huge - before * PAGE, *rest = huge + machine()->hugetlb;
	struct bound bound = { start, before + HUGETLB_PAGES + behind, MPOL_BIND,
			       nodes_one(NODE(1)), flags };
	struct due due = { .unmoved = HUGETLB_PAGES, .first = huge };
	struct pins pins;

	put_hugetlb(huge, 1, NODE(0));
	ck_assert(pins_open(&pins) && pin(&pins, huge + 5 * PAGE));
	if (before)
		put_base(start, before, NODE(0));
	if (behind)
		put_base(rest, behind, NODE(0));
	move_and_check(&bound, way, &due);
	check_on(&bound, way, huge, HUGETLB_PAGES, NODE(0));
	check_on(&bound, way, start, before, NODE(1));
	check_on(&bound, way, rest, behind, NODE(1));
	unpin_all(&pins);
	pins_close(&pins);
	unmap(start, bound.pages);
}

START_TEST(pinned_page_is_told)
{
	NEED_NODES(2);
	SKIP_IF(!pool_has(NODE(0), 1) || !pool_has(NODE(1), 1), "needs free huge pages");
	for (enum way way = PLAIN; way < WAYS; way++)
		for (size_t f = 0; f < move_count() && can_be_made(way); f++) {
			move_pinned(way, moves[f], 0, 0);
			move_pinned(way, moves[f], 0, FEW_BASE);
			move_pinned(way, moves[f], FEW_BASE, FEW_BASE);
		}
}
END_TEST

static void ask_strictly(enum way way, enum sort sort)
{
	struct strictbind_report report;
	struct policy none = { .mode = MPOL_DEFAULT }, policy;
	struct bound bound = { NULL, HUGETLB_PAGES, MPOL_BIND, nodes_one(NODE(1)), STRICT };
	pid_t other;
	long result;

	bound.at = page_of_sort(sort, NODE(0), &other);
	result = bind_in_way(&bound, way, &report);
	policy = policy_of(bound.at);
	ck_assert_msg(result == -EIO, "%s, sort %u: returned %ld", way_names[way], sort, result);
	ck_assert_msg(policy_equal(&policy, &none), "%s, sort %u: policy set", way_names[way],
		      sort);
	check_on(&bound, way, bound.at, HUGETLB_PAGES, NODE(0));
	if (is_counted(way)) {
		ck_assert_uint_eq(report.unmoved, HUGETLB_PAGES);
		ck_assert_ptr_eq(report.first_unmoved, bound.at);
	}
	/* Rule 7. */
	bound.nodes = nodes_one(NODE(0));
	ck_assert_int_eq(bind_in_way(&bound, way, &report), 0);
	policy = policy_of(bound.at);
	ck_assert_int_eq(policy.mode, MPOL_BIND);
	put_away(bound.at, other);
}

/* Rule 6. */
START_TEST(strict_alone_sees_it)
{
	NEED_NODES(2);
	SKIP_IF(!pool_has(NODE(0), 1), "needs a free huge page");
	for (enum way way = PLAIN; way < WAYS; way++)
		for (enum sort sort = PRIVATE; sort < SORTS && can_be_made(way); sort++)
			ask_strictly(way, sort);
}
END_TEST

static void move_here(enum way way, unsigned flags, int mode)
{
	static const struct due nothing_left;
	struct bound bound = { space(HUGETLB_PAGES), HUGETLB_PAGES, mode, nodes_none(), flags };

	put_hugetlb(bound.at, 1, NODE(1));
	move_and_check(&bound, way, &nothing_left);
	check_on(&bound, way, bound.at, HUGETLB_PAGES, NODE(0));
	ck_assert(intact(bound.at, HUGETLB_PAGES));
	unmap(bound.at, HUGETLB_PAGES);
}

/* An empty N: every page is misplaced, and comes to where this program runs. */
START_TEST(local_moves_it)
{
	NEED_NODES(2);
	SKIP_IF(!pool_has(NODE(0), 1) || !pool_has(NODE(1), 1), "needs free huge pages");
	for (enum way way = PLAIN; way < WAYS; way++)
		for (size_t f = 0; f < move_count() && can_be_made(way); f++) {
			move_here(way, moves[f], MODE_LOCAL);
			move_here(way, moves[f], MPOL_PREFERRED);
		}
}
END_TEST

static void leave_shared(enum way way, unsigned flags, int mode)
{
	struct due due = { .shared = HUGETLB_PAGES };
	struct bound bound = { NULL, HUGETLB_PAGES, mode, nodes_none(), flags };
	pid_t other;

	if (mode == MPOL_BIND)
		bound.nodes = nodes_one(NODE(0));
	bound.at = page_of_sort(FORKED, NODE(1), &other);
	move_and_check(&bound, way, &due);
	check_on(&bound, way, bound.at, HUGETLB_PAGES, NODE(1));
	put_away(bound.at, other);
}

/* Rule 10. */
START_TEST(shared_page_is_left_and_counted)
{
	NEED_NODES(2);
	SKIP_IF(!pool_has(NODE(0), 1) || !pool_has(NODE(1), 1), "needs free huge pages");
	for (enum way way = PLAIN; way < WAYS; way++)
		for (size_t f = 0; f < 2 && can_be_made(way); f++) {
			leave_shared(way, moves[f], MPOL_BIND);
			leave_shared(way, moves[f], MODE_LOCAL);
		}
}
END_TEST

static void cut_page(enum way way, unsigned flags)
{
	char *huge = space(2 * HUGETLB_PAGES) + machine()->hugetlb;
	char *start = huge - FEW_BASE * PAGE;
	struct bound bound = { start, FEW_BASE + 3, MPOL_BIND, nodes_one(NODE(1)), flags };
	struct strictbind_report report;
	struct policy none = { .mode = MPOL_DEFAULT }, policy;
	long result;

	put_hugetlb(huge, 1, NODE(0));
	put_base(start, FEW_BASE, NODE(0));
	result = bind_in_way(&bound, way, &report);
	policy = policy_of(huge);
	ck_assert_msg(result == -EINVAL, "%s, flags 0x%x: returned %ld", way_names[way], flags,
		      result);
	ck_assert(policy_equal(&policy, &none));
	check_on(&bound, way, start, FEW_BASE + HUGETLB_PAGES, NODE(0));
	if (is_counted(way))
		ck_assert(!report.unmoved && !report.shared && !report.first_unmoved);
	unmap(start, FEW_BASE + HUGETLB_PAGES);
}

/* Rule 1: no page was moved, whatever was done to the policy before that. */
START_TEST(part_of_a_page_is_einval)
{
	NEED_NODES(2);
	SKIP_IF(!pool_has(NODE(0), 1) || !pool_has(NODE(1), 1), "needs free huge pages");
	for (enum way way = PLAIN; way < WAYS; way++)
		for (size_t f = 0; f < move_count() && can_be_made(way); f++)
			cut_page(way, moves[f]);
}
END_TEST

static void rebind_part(enum way way, unsigned flags)
{
	char *huge = space(HUGETLB_PAGES);
	struct nodes set = nodes_one(NODE(1));
	struct bound bound = { huge + 2 * PAGE, 3, MPOL_BIND, set, flags };
	struct strictbind_report report;
	long result, due = flags == STRICT ? -EIO : 0;

	put_hugetlb(huge, 1, NODE(0));
	ck_assert_int_eq(
		raw_mbind(huge, machine()->hugetlb, MPOL_BIND, set.words, NODES_MAXNODE, 0), 0);
	result = bind_in_way(&bound, way, &report);
	ck_assert_msg(result == due, "%s, flags 0x%x: returned %ld", way_names[way], flags, result);
	check_on(&bound, way, huge, HUGETLB_PAGES, NODE(flags == STRICT ? 0 : 1));
	if (is_counted(way))
		ck_assert_uint_eq(report.unmoved, flags == STRICT ? bound.pages : 0);
	unmap(huge, HUGETLB_PAGES);
}

/* A policy that is there already cuts nothing: the page that the range is a part of is moved. */
START_TEST(part_of_a_page_with_its_policy)
{
	NEED_NODES(2);
	SKIP_IF(!pool_has(NODE(0), 1) || !pool_has(NODE(1), 1), "needs free huge pages");
	for (enum way way = PLAIN; way < WAYS; way++) {
		for (size_t f = 0; f < move_count() && can_be_made(way); f++)
			rebind_part(way, moves[f]);
		if (can_be_made(way))
			rebind_part(way, STRICT);
	}
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, many_pages_move);
	tcase_add_test(tests, one_among_base_pages_moves);
	tcase_add_test(tests, pinned_page_is_told);
	tcase_add_test(tests, strict_alone_sees_it);
	tcase_add_test(tests, local_moves_it);
	tcase_add_test(tests, shared_page_is_left_and_counted);
	tcase_add_test(tests, part_of_a_page_is_einval);
	tcase_add_test(tests, part_of_a_page_with_its_policy);
}

int main(void)
{
	run_on_node(NODE(0));
	if (!can_be_made(PRELOADED))
		printf("not tested: calls through the preload library, which is not loaded\n");
	return run_suite_here("mbind_hugetlb", add);
}
