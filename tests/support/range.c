/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "range.h"

#include <check.h>
#include <errno.h>
#include <strictbind.h>

#include "machine.h"
#include "raw.h"
#include "space.h"

static char *page_at(const struct range *range, size_t index)
{
	return range->at + index * machine()->page;
}

int home_node(void)
{
	const struct machine *m = machine();

	for (int i = 0; i < m->node_count; i++)
		if (run_on_node(m->node[i]))
			return m->node[i];
	return m->node[0];
}

int other_node(void)
{
	const struct machine *m = machine();
	int home = home_node();

	for (int i = m->node_count - 1; i >= 0; i--)
		if (m->node[i] != home)
			return m->node[i];
	return -1;
}

/* The neighbours come last: a child of the specimen is not to share them. */
const char *range_make(struct range *range, const struct specimen *specimen, int home)
{
	char *boundary = space(RANGE_MAX) + machine()->huge;
	const char *problem;

	range->specimen = specimen;
	range->pages = specimen->pages + 2 * RANGE_AROUND;
	range->at = boundary - RANGE_AROUND * machine()->page;
	range->home = home;
	range->policy = (struct policy){ .mode = MPOL_DEFAULT };
	problem = specimen->make(boundary, home);
	if (problem) {
		range_drop(range);
		return problem;
	}
	map_anon(range->at, RANGE_AROUND);
	touch_on(range->at, RANGE_AROUND, home);
	map_anon(page_at(range, RANGE_AROUND + specimen->pages), RANGE_AROUND);
	touch_on(page_at(range, RANGE_AROUND + specimen->pages), RANGE_AROUND, home);
	range_look(range, range->before);
	for (size_t i = 0; i < specimen->pages; i++)
		ck_assert_msg(!specimen->absent || range->before[RANGE_AROUND + i] == NODE_NONE,
			      "page %zu of %s is there", i, specimen->name);
	return NULL;
}

void range_drop(struct range *range)
{
	unmap(range->at, range->pages);
	specimens_end();
}

void range_look(const struct range *range, int *nodes)
{
	const struct specimen *specimen = range->specimen;

	nodes_of(range->at, range->pages, nodes);
	if (specimen->inaccessible)
		nodes_of_inaccessible(page_at(range, RANGE_AROUND), specimen->pages,
				      nodes + RANGE_AROUND);
}

/* The contract -------------------------------------------------------------------------------- */

struct expected {
	int error;
	bool policy_set;
	unsigned long unmoved, shared;
	size_t first;
};

static enum fate fate_of(const struct range *range, size_t index)
{
	size_t in = index - RANGE_AROUND;

	return index >= RANGE_AROUND && in < range->specimen->pages ? range->specimen->fate
								    : FATE_MOVES;
}

static bool misplaced(const struct range *range, const struct request *request, size_t index)
{
	return range->before[index] >= 0 && !nodes_has(&request->nodes, range->before[index]);
}

/* Rule 10. */
static bool left_alone(const struct request *request, enum fate fate)
{
	return (fate == FATE_SHARED || fate == FATE_SHARED_STUCK) && !(request->flags & MOVE_ALL);
}

static bool is_stuck(enum fate fate)
{
	return fate == FATE_STUCK || fate == FATE_SHARED_STUCK;
}

static bool moves(const struct request *request)
{
	return request->flags & (MOVE | MOVE_ALL);
}

static void count(struct expected *expected, const struct range *range,
		  const struct request *request, size_t index)
{
	enum fate fate = fate_of(range, index);
	bool alone = !moves(request);

	if (!misplaced(range, request, index))
		return;
	if (!alone && left_alone(request, fate)) {
		expected->shared++;
	} else if (alone || is_stuck(fate)) {
		if (!expected->unmoved++)
			expected->first = index;
	}
}

static struct expected expect(const struct range *range, const struct request *request)
{
	struct expected expected = { .policy_set = true };
	int mode = request->mode & ~MODE_FLAGS;

	/* Rule 11; and MPOL_DEFAULT leaves no page misplaced. Rule 5: without flags nothing counts. */
	if (mode == MPOL_DEFAULT || !request->flags)
		return expected;
	for (size_t i = 0; i < range->pages; i++)
		count(&expected, range, request, i);
	if (expected.unmoved && request->flags & STRICT) {
		expected.error = EIO; /* rules 6 and 9 */
		expected.policy_set = moves(request);
	}
	return expected;
}

/* Checks -------------------------------------------------------------------------------------- */

static void check_result(const struct expected *expected, long result, int error)
{
	if (expected->error) {
		ck_assert_int_eq(result, -1);
		ck_assert_int_eq(error, expected->error);
	} else {
		ck_assert_msg(result == 0, "returned %ld, errno %d, must be 0", result, error);
		ck_assert_msg(error == 4242, "errno was changed by a successful call");
	}
}

static void check_policies(const struct range *range, const struct request *request,
			   const struct expected *expected)
{
	struct policy want = expected->policy_set ? policy_after(request->mode, &request->nodes)
						  : range->policy;

	for (size_t i = 0; i < range->pages; i++) {
		struct policy got = policy_of(page_at(range, i));

		ck_assert_msg(policy_equal(&got, &want), "page %zu: policy mode %d, must be %d", i,
			      got.mode, want.mode);
	}
}

static bool must_move(const struct range *range, const struct request *request,
		      const struct expected *expected, size_t index)
{
	enum fate fate = fate_of(range, index);

	return moves(request) && expected->policy_set && misplaced(range, request, index) &&
	       !left_alone(request, fate) && !is_stuck(fate);
}

static void check_nodes(const struct range *range, const struct request *request,
			const struct expected *expected)
{
	struct nodes goal = effective_nodes(request->mode, &request->nodes);
	int now[RANGE_MAX];

	if (nodes_empty(&goal))
		goal = nodes_one(home_node());
	range_look(range, now);
	for (size_t i = 0; i < range->pages; i++)
		if (must_move(range, request, expected, i))
			ck_assert_msg(nodes_has(&goal, now[i]),
				      "page %zu: was on node %d, had to move, is on %d", i,
				      range->before[i], now[i]);
		else
			ck_assert_msg(now[i] == range->before[i],
				      "page %zu: was on node %d, had to stay, is on %d", i,
				      range->before[i], now[i]);
}

static void check_report(const struct range *range, const struct expected *expected,
			 const struct strictbind_report *report)
{
	const char *first = expected->unmoved ? page_at(range, expected->first) : NULL;

	ck_assert_msg(report->unmoved == expected->unmoved, "unmoved %lu, must be %lu",
		      report->unmoved, expected->unmoved);
	ck_assert_msg(report->shared == expected->shared, "shared %lu, must be %lu",
		      report->shared, expected->shared);
	ck_assert_ptr_eq(report->first_unmoved, first);
}

void range_check_mbind(const struct range *range, const struct request *request)
{
	struct strictbind_report report = { .size = sizeof(report), .unmoved = 77, .shared = 77 };
	struct expected expected = expect(range, request);
	bool empty = nodes_empty(&request->nodes);
	long result;
	int error;

	errno = 4242;
	result = strictbind_mbind_opt(range->at, range->pages * machine()->page, request->mode,
				      empty ? NULL : request->nodes.words,
				      empty ? 0 : NODES_MAXNODE, request->flags, NULL, &report);
	error = errno;
	check_result(&expected, result, error);
	check_policies(range, request, &expected);
	check_nodes(range, request, &expected);
	check_report(range, &expected, &report);
}
