/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "due.h"
#include "first.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* No kernel returns this errno, so it shows whether a successful call has touched it. */
enum { ERRNO_BEFORE = 4242 };

const unsigned *flag_sets(void)
{
	static const unsigned as_root[] = {
		0, STRICT, MOVE, STRICT | MOVE, MOVE_ALL, STRICT | MOVE_ALL, ~0U
	};
	static const unsigned as_user[] = { 0, STRICT, MOVE, STRICT | MOVE, ~0U };

	return machine()->nice ? as_root : as_user;
}

static int bare_mode(const struct call *call)
{
	return call->mode & ~MODE_FLAGS;
}

static bool in_range(const struct call *call, size_t index)
{
	return index >= call->first && index < call->end;
}

static bool misplaced(const struct call *call, const struct cell *cell)
{
	return cell->present && !nodes_has(&call->mask, cell->node);
}

/* Rule 10. */
static bool left_alone(const struct call *call, const struct cell *cell)
{
	return cell->shared && !(call->flags & MOVE_ALL);
}

static size_t mapped_in(const struct call *call)
{
	size_t n = 0;

	for (size_t i = call->first; i < call->end; i++)
		n += i < stage.count && stage.cells[i].mapped;
	return n;
}

static void count_unmoved(struct expected *want, size_t index)
{
	if (!want->unmoved++)
		want->first_unmoved = stage_page(index);
}

/* Rules 6 and 7. */
static void expect_strict(struct expected *want, const struct call *call)
{
	for (size_t i = call->first; i < call->end; i++)
		if (misplaced(call, &stage.cells[i]))
			count_unmoved(want, i);
	want->policy_set = !want->unmoved;
	want->error = want->unmoved ? EIO : 0;
}

/* Rules 8 to 10. */
static void expect_move(struct expected *want, const struct call *call)
{
	want->moves = true;
	for (size_t i = call->first; i < call->end; i++) {
		const struct cell *cell = &stage.cells[i];

		if (!misplaced(call, cell))
			continue;
		if (left_alone(call, cell))
			want->shared++;
		else if (cell->stuck)
			count_unmoved(want, i);
	}
	if (want->unmoved && call->flags & STRICT)
		want->error = EIO;
}

static void expect_pages(struct expected *want, const struct call *call)
{
	bool moves = call->flags & (MOVE | MOVE_ALL);

	want->policy_set = true;
	if (bare_mode(call) == MPOL_DEFAULT)
		want->moves = moves; /* rule 11, and nothing is misplaced then */
	else if (moves)
		expect_move(want, call);
	else if (call->flags & STRICT)
		expect_strict(want, call);
}

struct expected expect_call(const struct call *call)
{
	struct expected want = { .result = 0 };
	size_t mapped_pages = mapped_in(call);
	bool holes = mapped_pages < call->end - call->first;

	if (call->bad)
		want.error = call->bad; /* rule 1 */
	else if (call->first == call->end)
		want.error = 0; /* rule 2 */
	else if (bare_mode(call) == MPOL_DEFAULT ? !mapped_pages : holes)
		want.error = EFAULT; /* rules 3 and 4 */
	else
		expect_pages(&want, call);
	if (want.error)
		want.result = -1;
	return want;
}

struct nodes targets_of(const struct call *call)
{
	struct nodes targets = nodes_one(pages_local());

	if (nodes_empty(&call->mask))
		return targets;
	targets = effective_nodes(call->mode, &call->mask);
	/* Any node of N is a good place; only the first is asked for. */
	if (bare_mode(call) == MPOL_PREFERRED && !(call->mode & MODE_RELATIVE_NODES))
		targets = nodes_and(&call->mask, &machine()->allowed);
	return targets;
}

/* The call ------------------------------------------------------------------------------------ */

static long call_library(const struct call *call, const struct way *way, struct answer *answer)
{
	struct strictbind_options options = { .size = sizeof(options), .stall_us = way->stall_us };
	bool empty = nodes_empty(&call->mask);
	const unsigned long *mask = empty ? NULL : call->mask.words;
	unsigned long maxnode = empty ? 0 : NODES_MAXNODE;
	char *addr = stage_page(call->first) + call->offset;
	unsigned long len = (call->end - call->first) * machine()->page;

	if (way->kernel)
		return raw_mbind(addr, len, call->mode, mask, maxnode, call->flags);
	if (way->counted || way->stall_us)
		return strictbind_mbind_opt(addr, len, call->mode, mask, maxnode, call->flags,
					    way->stall_us ? &options : NULL,
					    way->counted ? &answer->report : NULL);
	return strictbind_mbind(addr, len, call->mode, mask, maxnode, call->flags);
}

struct answer do_call(const struct call *call, const struct way *way)
{
	struct answer answer = { .counted = way->counted };

	/* Values that no call leaves, so that one that is not written shows. */
	answer.report = (struct strictbind_report){ .size = sizeof(answer.report),
						    .unmoved = 7777,
						    .shared = 7777,
						    .first_unmoved = &answer };
	errno = ERRNO_BEFORE;
	answer.result = call_library(call, way, &answer);
	if (answer.result < 0)
		answer.error = errno;
	else
		answer.touched = errno != ERRNO_BEFORE;
	return answer;
}

/* Comparing ----------------------------------------------------------------------------------- */

static char difference[512];

const char *difference_text(void)
{
	return difference;
}

bool differ(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(difference, sizeof(difference), format, list);
	va_end(list);
	return false;
}

const char *describe_call(const struct call *call)
{
	static char text[320];
	char nodes[128];

	nodes_print(&call->mask, nodes, sizeof(nodes));
	snprintf(text, sizeof(text), "%s: pages %zu to %zu, mode 0x%x {%s}, flags 0x%x",
		 stage.about ? stage.about : "", call->first, call->end, (unsigned)call->mode,
		 nodes, call->flags);
	return text;
}

static bool must_move(const struct expected *want, const struct call *call, size_t index)
{
	const struct cell *cell = &stage.cells[index];

	return want->moves && in_range(call, index) && misplaced(call, cell) &&
	       !left_alone(call, cell) && !cell->stuck;
}

/* A huge page that reaches into the range moves as a whole or is split: both are fine. */
static bool may_move(const struct expected *want, const struct call *call, size_t index)
{
	const struct cell *cell = &stage.cells[index];

	return want->moves && !in_range(call, index) && cell->huge && !cell->stuck;
}

/* Among hundreds of pages of a kind it is enough to look at some. */
static bool inside_huge(size_t index)
{
	const struct cell *cell = &stage.cells[index];

	return index > 0 && index + 1 < stage.count && cell[-1].huge && cell[1].huge && index % 16;
}

static bool result_equal(const struct expected *want, const struct answer *answer)
{
	if (answer->result != want->result || answer->error != want->error)
		return differ("returned %ld with errno %d, must be %ld with %d", answer->result,
			      answer->error, want->result, want->error);
	return !answer->touched || differ("a successful call has changed errno");
}

static bool policies_equal(const struct expected *want, const struct call *call)
{
	struct policy changed = policy_after(call->mode, &call->mask);

	for (size_t i = 0; i < stage.count; i++) {
		struct policy now, must = stage.cells[i].policy;

		if (inside_huge(i))
			continue;
		now = policy_of(stage_page(i));
		if (want->policy_set && in_range(call, i) && stage.cells[i].mapped)
			must = changed;
		if (!policy_equal(&now, &must))
			return differ("page %zu has policy %d {0x%lx}, must have %d {0x%lx}", i,
				      now.mode, now.nodes, must.mode, must.nodes);
	}
	return true;
}

static bool nodes_as_due(const struct expected *want, const struct call *call)
{
	struct nodes targets = targets_of(call);
	int nodes[STAGE_CELLS];

	stage_look(nodes);
	for (size_t i = 0; i < stage.count; i++) {
		const struct cell *cell = &stage.cells[i];

		if (cell->unseen)
			continue;
		if (must_move(want, call, i)) {
			if (!nodes_has(&targets, nodes[i]))
				return differ("page %zu was on node %d, had to move, is on %d", i,
					      cell->node, nodes[i]);
		} else if (!may_move(want, call, i) && nodes[i] != cell->node) {
			return differ("page %zu was on node %d, had to stay, is on %d", i,
				      cell->node, nodes[i]);
		}
	}
	return true;
}

bool contents_kept(void)
{
	for (size_t i = 0; i < stage.count; i++) {
		const struct cell *cell = &stage.cells[i];
		uint64_t word;

		if (cell->swapped && !page_swapped(stage_page(i)))
			return differ("page %zu was swapped in", i);
		if (!cell->stamp)
			continue;
		memcpy(&word, stage_page(i), sizeof(word));
		if (word != cell->stamp)
			return differ("page %zu has other contents", i);
	}
	return true;
}

bool counts_equal(const struct expected *want, const struct strictbind_report *report)
{
	if (report->unmoved != want->unmoved)
		return differ("unmoved is %lu, must be %lu", report->unmoved, want->unmoved);
	if (report->shared != want->shared)
		return differ("shared is %lu, must be %lu", report->shared, want->shared);
	if (!first_status_agrees(report))
		return differ("first_status is %lu", report->first_status);
	return report->first_unmoved == want->first_unmoved ||
	       differ("first_unmoved is %p, must be %p", report->first_unmoved,
		      want->first_unmoved);
}

enum difference compare_call(const struct expected *want, const struct call *call,
			     const struct answer *answer)
{
	if (!result_equal(want, answer) || !policies_equal(want, call) ||
	    !nodes_as_due(want, call) || !contents_kept())
		return DIFFERS;
	if (answer->counted && !counts_equal(want, &answer->report))
		return DIFFERS_IN_COUNTS;
	return DIFFERS_NOT;
}
