/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migrate_pages to a node that is full: rule 14. A program of its own, as it takes the node's
 * memory. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>

#include "common.h"
#include "first.h"
#include "fullnode.h"

enum { PAGES = 2048, MORE = 300, PART = 512 };

struct call {
	struct nodes from, to;
	bool counted;
	unsigned long stall_us;
};

static long migrate(const struct call *call, struct strictbind_report *report)
{
	struct strictbind_options options = { .size = sizeof(options), .stall_us = call->stall_us };

	*report = new_report();
	errno = 0;
	if (!call->counted && !call->stall_us)
		return answer(strictbind_migrate_pages(0, NODES_MAXNODE, call->from.words,
						       call->to.words));
	return answer(strictbind_migrate_pages_opt(0, NODES_MAXNODE, call->from.words,
						   call->to.words, &options,
						   call->counted ? report : NULL));
}

struct left {
	size_t pages;
	const void *first;
};

/* The pages of a part of this process that only it has mapped and that are on nodes of from. */
static void count_left(char *at, size_t pages, const struct nodes *from, struct left *left)
{
	static uint64_t entries[PART];
	static int nodes[PART];

	ck_assert(pagemap_of(0, at, pages, entries));
	nodes_of(at, pages, nodes);
	for (size_t i = 0; i < pages; i++) {
		if (nodes[i] < 0 || !nodes_has(from, nodes[i]) || !(entries[i] & PAGEMAP_ONCE))
			continue;
		if (!left->pages++)
			left->first = at + i * PAGE;
	}
}

/* The same of the whole process, to which code and what it has in hand belong. */
static struct left left_on(const struct nodes *from)
{
	struct left left = { 0 };
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long start, end;

	ck_assert_ptr_nonnull(maps);
	/* The page for vsyscall is at addresses of the kernel, and no memory of the process. */
	while (fscanf(maps, "%lx-%lx%*[^\n]", &start, &end) == 2 && end <= LONG_MAX)
		for (unsigned long at = start; at < end; at += PART * PAGE) {
			size_t pages = (end - at) / PAGE;

			count_left((char *)at, pages < PART ? pages : PART, from, &left);
		}
	fclose(maps);
	return left;
}

/* Some pages have moved, perhaps; what is left is counted, or said not to be known. */
static void check_left(const struct strictbind_report *report, const struct left *left)
{
	ck_assert(first_status_agrees(report));
	if (report->unmoved == STRICTBIND_UNKNOWN)
		return;
	ck_assert_uint_eq(report->unmoved, left->pages);
	ck_assert_ptr_eq(report->first_unmoved, left->first);
	ck_assert_uint_eq(report->shared, 0);
}

/* False when all found room: the kernel frees memory of its own meanwhile. */
static bool migrate_to_full_node(void *arg)
{
	struct call *call = arg;
	char *at = pages_on(PAGES, NODE(2));
	struct strictbind_report report;
	struct left left;
	long result;

	call->from = nodes_one(NODE(2));
	call->to = nodes_one(NODE(3));
	left = left_on(&call->from); /* has run once, its code is in place */
	result = migrate(call, &report);
	left = left_on(&call->from);
	ck_assert(result == 0 || result == -ENOMEM);
	ck_assert(result == 0 || count_on(at, PAGES, NODE(2)) > 0);
	if (call->counted)
		check_left(&report, &left);
	ck_assert(intact(at, PAGES));
	unmap(at, PAGES);
	return result != 0;
}

/* Node 2 to the full one, and node 1 to node 2, which is not come to any more. */
static bool migrate_chain_to_full_node(void *arg)
{
	struct call *call = arg;
	char *low = pages_on(MORE, NODE(1)), *high = pages_on(PAGES, NODE(2));
	struct strictbind_report report;
	struct left left;
	long result;

	call->from = nodes_two(NODE(1), NODE(2));
	call->to = nodes_two(NODE(2), NODE(3));
	left = left_on(&call->from);
	result = migrate(call, &report);
	left = left_on(&call->from);
	if (result != 0) {
		ck_assert_int_eq(result, -ENOMEM);
		ck_assert_uint_eq(count_on(low, MORE, NODE(1)), MORE);
		ck_assert_uint_gt(count_on(high, PAGES, NODE(2)), 0);
		if (call->counted)
			check_left(&report, &left);
	}
	ck_assert(intact(low, MORE) && intact(high, PAGES));
	unmap(low, MORE);
	unmap(high, PAGES);
	return result != 0;
}

static void in_each_way(bool (*one)(void *call))
{
	for (unsigned way = 0; way < 4; way++) {
		struct call call = { .counted = way & 1, .stall_us = way / 2 };

		ck_assert(meets_full_node(one, &call, NODE(3), 0));
	}
}

static char *left_behind;

static bool leave_pages_behind(void *call)
{
	struct strictbind_report report;
	long result;

	left_behind = pages_on(PAGES, NODE(2));
	result = migrate(call, &report);
	if (result == 0)
		unmap(left_behind, PAGES);
	else
		ck_assert_int_eq(result, -ENOMEM);
	return result != 0;
}

START_TEST(rule_14_target_full)
{
	struct call call;
	struct strictbind_report report;
	const char *why;
	char *at;

	NEED_NODES(4);
	why = cannot_fill(NODE(3));
	SKIP_IF(why, "%s", why);
	ck_assert(fill_node(NODE(3), 0));
	in_each_way(migrate_to_full_node);
	call = (struct call){ nodes_one(NODE(2)), nodes_one(NODE(3)), true, 0 };
	ck_assert(meets_full_node(leave_pages_behind, &call, NODE(3), 0));
	at = left_behind;
	empty_nodes();
	ck_assert_int_eq(migrate(&call, &report), 0);
	ck_assert_uint_eq(report.unmoved, 0);
	ck_assert_uint_eq(count_on(at, PAGES, NODE(3)), PAGES);
	ck_assert(intact(at, PAGES));
	unmap(at, PAGES);
}
END_TEST

START_TEST(rule_14_one_target_of_two_full)
{
	struct nodes from, to;
	const char *why;

	NEED_NODES(4);
	why = cannot_fill(NODE(3));
	SKIP_IF(why, "%s", why);
	/* What this program itself has there would be counted as well. */
	from = nodes_one(NODE(1));
	to = nodes_one(NODE(0));
	raw_migrate_pages(0, NODES_MAXNODE, from.words, to.words);
	ck_assert(fill_node(NODE(3), 0));
	in_each_way(migrate_chain_to_full_node);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_checked_fixture(tests, NULL, empty_nodes);
	tcase_add_test(tests, rule_14_target_full);
	tcase_add_test(tests, rule_14_one_target_of_two_full);
}

int main(void)
{
	run_on_node(NODE(0));
	return run_suite_here("migrate_full", add);
}
