/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ways.h"

#include <errno.h>
#include <stdio.h>

#include "common.h"
#include "first.h"
#include "judge.h"

/* libnuma's, or the preload library's. Its header does not go with the kernel's. */
long mbind(void *start, unsigned long len, int mode, const unsigned long *mask,
	   unsigned long maxnode, unsigned flags);

const char *const way_names[WAYS] = { "plain",	      "report",	 "stall",
				      "stall report", "threads", "preload" };

const unsigned moves[] = { MOVE, STRICT | MOVE, MOVE_ALL, STRICT | MOVE_ALL };

size_t move_count(void)
{
	return machine()->nice ? 4 : 2;
}

bool is_counted(enum way way)
{
	return way == REPORT || way == STALL_REPORT;
}

bool can_be_made(enum way way)
{
	return way != PRELOADED || judge(mbind) == EFAULT;
}

static long make(const struct bound *bound, enum way way, struct strictbind_report *report)
{
	struct strictbind_options options = { .size = sizeof(options) };
	const unsigned long *mask = nodes_empty(&bound->nodes) ? NULL : bound->nodes.words;
	unsigned long maxnode = mask ? NODES_MAXNODE : 0;
	unsigned long len = bound->pages * PAGE;

	if (way == PLAIN)
		return strictbind_mbind(bound->at, len, bound->mode, mask, maxnode, bound->flags);
	if (way == PRELOADED)
		return mbind(bound->at, len, bound->mode, mask, maxnode, bound->flags);
	options.stall_us = way == STALL || way == STALL_REPORT;
	options.threads = way == THREADS ? 4 : 0;
	return strictbind_mbind_opt(bound->at, len, bound->mode, mask, maxnode, bound->flags,
				    &options, is_counted(way) ? report : NULL);
}

long bind_in_way(const struct bound *bound, enum way way, struct strictbind_report *report)
{
	*report = new_report();
	errno = 0;
	return answer(make(bound, way, report));
}

const char *describe_bound(const struct bound *bound, enum way way)
{
	static char text[160];
	char nodes[64];

	nodes_print(&bound->nodes, nodes, sizeof(nodes));
	snprintf(text, sizeof(text), "mode %d {%s}, flags 0x%x, %s", bound->mode, nodes,
		 bound->flags, way_names[way]);
	return text;
}

/* Some of the pages; more would take long. */
static void check_policy(const struct bound *bound, enum way way)
{
	struct policy must = policy_after(bound->mode, &bound->nodes);
	size_t step = bound->pages < HUGE_PAGES ? 1 : HUGE_PAGES / 4;

	for (size_t i = 0; i < bound->pages; i += step) {
		struct policy now = policy_of((char *)bound->at + i * PAGE);

		ck_assert_msg(policy_equal(&now, &must), "%s: page %zu has policy %d",
			      describe_bound(bound, way), i, now.mode);
	}
}

void move_and_check(const struct bound *bound, enum way way, const struct due *due)
{
	bool fails = due->unmoved && bound->flags & STRICT;
	struct strictbind_report report;
	long result = bind_in_way(bound, way, &report);

	ck_assert_msg(result == (fails ? -EIO : 0), "%s: returned %ld", describe_bound(bound, way),
		      result);
	check_policy(bound, way);
	if (!is_counted(way))
		return;
	ck_assert_msg(report.unmoved == due->unmoved && report.shared == due->shared,
		      "%s: unmoved %lu, shared %lu, must be %zu and %zu",
		      describe_bound(bound, way), report.unmoved, report.shared, due->unmoved,
		      due->shared);
	ck_assert_msg(report.first_unmoved == due->first, "%s: first_unmoved %p, must be %p",
		      describe_bound(bound, way), report.first_unmoved, due->first);
	ck_assert_msg(first_status_agrees(&report), "%s: first_status %lu",
		      describe_bound(bound, way), report.first_status);
}

void check_on(const struct bound *bound, enum way way, const char *at, size_t pages, int node)
{
	size_t there = count_on(at, pages, node);

	ck_assert_msg(there == pages, "%s: %zu of %zu pages on node %d", describe_bound(bound, way),
		      there, pages, node);
}
