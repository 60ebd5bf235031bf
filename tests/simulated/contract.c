/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "contract.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "first.h"
#include "judge.h"

enum { MODE_FLAGS = 7 << 13, DEFAULT = 0, BIND = 2 };
enum { STRICT = 1, MOVE = 2, MOVE_ALL = 4 };

void copy_space(struct fake_space *to, const struct fake_space *from)
{
	to->vma_limit = from->vma_limit;
	to->vma_count = from->vma_count;
	to->page_count = from->page_count;
	memcpy(to->vmas, from->vmas, from->vma_count * sizeof(from->vmas[0]));
	memcpy(to->pages, from->pages, from->page_count * sizeof(from->pages[0]));
}

/* ---- the calls ---- */

static const unsigned long *bits_of(const struct mask *mask)
{
	return mask->maxnode ? mask->nodes.bits : NULL;
}

struct outcome do_bind(const struct bind *bind)
{
	struct outcome outcome = { .report = { .size = sizeof(struct strictbind_report) } };
	void *addr = (void *)bind->start; // NOLINT(performance-no-int-to-ptr)

	errno = 0;
	if (bind->counted || bind->options)
		outcome.result = strictbind_mbind_opt(
			addr, bind->len, bind->mode, bits_of(&bind->mask), bind->mask.maxnode,
			bind->flags, bind->options, bind->counted ? &outcome.report : NULL);
	else
		outcome.result = strictbind_mbind(addr, bind->len, bind->mode, bits_of(&bind->mask),
						  bind->mask.maxnode, bind->flags);
	outcome.error = errno;
	return outcome;
}

struct outcome do_migration(const struct migration *migration)
{
	struct outcome outcome = { .report = { .size = sizeof(struct strictbind_report) } };

	errno = 0;
	outcome.result = strictbind_migrate_pages_opt(
		migration->pid, migration->from.maxnode, bits_of(&migration->from),
		bits_of(&migration->to), NULL, migration->counted ? &outcome.report : NULL);
	outcome.error = errno;
	return outcome;
}

/* ---- policies ---- */

static bool same_policy(const struct fake_policy *a, const struct fake_policy *b)
{
	return a->mode == b->mode && fake_equal(&a->nodes, &b->nodes);
}

static unsigned long least(unsigned long a, unsigned long b)
{
	return a < b ? a : b;
}

/*
 * Whether every mapping of after has the policy it had before, but in [start, end) the wanted one,
 * or, if part will do, one of the two; the mappings themselves are where they were.
 */
static bool policies_fit(const struct fake_space *before, const struct fake_space *after,
			 unsigned long start, unsigned long end, const struct fake_policy *wanted,
			 bool part)
{
	unsigned long at = 0;
	unsigned i = 0, j = 0;

	while (i < before->vma_count && j < after->vma_count) {
		const struct fake_vma *old = &before->vmas[i], *new = &after->vmas[j];
		unsigned long begin = at > old->start ? at : old->start;
		bool inside;

		if (begin != (at > new->start ? at : new->start))
			return false;
		at = least(old->end, new->end);
		if (begin < start)
			at = least(at, start);
		else if (begin < end)
			at = least(at, end);
		inside = begin >= start && begin < end;
		if (!same_policy(&new->policy, inside ? wanted : &old->policy) &&
		    !(part && inside && same_policy(&new->policy, &old->policy)))
			return false;
		i += at == old->end;
		j += at == new->end;
	}
	return i == before->vma_count && j == after->vma_count;
}

static bool policies_are(const struct fake_space *before, const struct fake_space *after,
			 unsigned long start, unsigned long end, const struct fake_policy *wanted)
{
	return policies_fit(before, after, start, end, wanted, false);
}

/* ---- pages ---- */

static int node_at(const struct fake_space *space, unsigned long address)
{
	const struct fake_page *page = fake_page_at(space, address);

	return page ? page->node : -1;
}

static bool same_place(const struct fake_space *after, const struct fake_page *page)
{
	for (unsigned long i = 0; i < page->span; i++)
		if (node_at(after, page->address + i * FAKE_PAGE) != page->node)
			return false;
	return true;
}

static bool pages_stayed(const struct fake_space *before, const struct fake_space *after)
{
	for (unsigned i = 0; i < before->page_count; i++)
		if (!same_place(after, &before->pages[i]))
			return false;
	return true;
}

bool unchanged(const struct fake_space *before, const struct fake_space *after)
{
	return policies_are(before, after, 0, 0, NULL) && pages_stayed(before, after);
}

bool judge_is_nobodys(const struct fake_page *page)
{
	return page->kind == FAKE_ZERO || page->kind == FAKE_DEVICE_PAGE;
}

static bool is_hugetlb(const struct fake_space *space, const struct fake_page *page)
{
	const struct fake_vma *vma = fake_vma_at(space, page->address);

	return vma && vma->kind == FAKE_HUGETLB;
}

bool judge_may_move(const struct fake_space *space, const struct fake_page *page)
{
	const struct fake_vma *vma = fake_vma_at(space, page->address);

	return (page->kind == FAKE_MOVABLE || page->kind == FAKE_MERGED ||
		page->kind == FAKE_HEADLESS) &&
	       vma && vma->kind != FAKE_DEVICE &&
	       (vma->kind != FAKE_HUGETLB || fake.kernel.hugetlb_moves);
}

long judge_room(const struct fake_space *space, const struct fake_page *page, int node)
{
	if (!is_hugetlb(space, page))
		return fake.room[node];
	return fake.pool[node] < 0 ? -1 : fake.pool[node] * (FAKE_HUGE / FAKE_PAGE);
}

/* A large page that is not hugetlb's may be split, so room for a base page is room for some of it.
 */

static bool any_has_room(const struct fake_space *space, const struct fake_page *page,
			 const struct fake_nodes *nodes)
{
	struct fake_nodes usable = fake_and(&fake.allowed, &fake.memory);

	usable = fake_and(&usable, nodes);
	for (int node = fake_next(&usable, 0); node >= 0; node = fake_next(&usable, node + 1))
		if (judge_room(space, page, node) != 0)
			return true;
	return false;
}

/* ---- mbind ---- */

struct verdict {
	const struct bind *bind;
	const struct fake_space *before;
	unsigned long end;
	bool strict, move, all;
	unsigned long unmoved;
	unsigned long shared;
	unsigned long first;
	const char *broken;
};

static bool is_misplaced(const struct verdict *verdict, const struct fake_page *page)
{
	return !judge_is_nobodys(page) && !fake_has(&verdict->bind->mask.nodes, page->node);
}

static void note_unmoved(struct verdict *verdict, unsigned long address)
{
	if (verdict->unmoved++ == 0)
		verdict->first = address;
}

/* For messages. */
static const char *describe(const char *rule, const struct verdict *verdict,
			    const struct fake_page *before, const struct fake_page *now)
{
	static char text[200];
	const struct fake_vma *vma = fake_vma_at(verdict->before, before->address);

	snprintf(text, sizeof(text),
		 "%s: %#lx, span %lu, kind %d in a mapping of kind %d, prot %d, mapped %u times, "
		 "from node %d, now on %d, this thread on %d",
		 rule, before->address, before->span, (int)before->kind, (int)vma->kind, vma->prot,
		 before->mapcount, before->node, now->node, fake.local);
	return text;
}

/*
 * A call on part of a hugetlb page takes all of it, where it takes any, and one on a merged page
 * all that are one with it.
 */
static bool is_moved_along(const struct verdict *verdict, const struct fake_page *page)
{
	if (page->kind == FAKE_MERGED)
		return verdict->all;
	return is_hugetlb(verdict->before, page) && page->address < verdict->end &&
	       fake_page_end(page) > verdict->bind->start;
}

/*
 * With an empty N it is to be on this thread's node, or on another where that is full. Whether it
 * was moved to the node it was on nobody can see.
 */
static bool has_moved(const struct verdict *verdict, const struct fake_page *before,
		      const struct fake_page *now)
{
	if (!fake_is_empty(&verdict->bind->mask.nodes))
		return fake_has(&verdict->bind->mask.nodes, now->node);
	return now->node == fake.local ||
	       (now->moves != before->moves &&
		(is_hugetlb(verdict->before, before) ? fake.pool : fake.room)[fake.local] >= 0);
}

/*
 * Only mbind reaches a page that move_pages does not see, and in every mode but MPOL_BIND that
 * tries one node of N, and then any node.
 */
static bool is_out_of_reach(const struct verdict *verdict, const struct fake_page *page)
{
	const struct fake_vma *vma = fake_vma_at(verdict->before, page->address);

	return fake.kernel.query_misses_prot_none && vma->prot == 0 && vma->kind != FAKE_HUGETLB &&
	       (verdict->bind->mode & ~MODE_FLAGS) != BIND;
}

static const char *judge_left(const struct verdict *verdict, const struct fake_page *before,
			      const struct fake_page *now)
{
	struct fake_nodes all = fake_first_nodes(FAKE_MAX_NODES);
	const struct fake_nodes *nodes = &verdict->bind->mask.nodes;

	if (is_out_of_reach(verdict, before))
		return NULL;
	if (any_has_room(verdict->before, before, fake_is_empty(nodes) ? &all : nodes))
		return describe("rule 8: a movable page was not moved", verdict, before, now);
	/* MPOL_BIND alone keeps to its nodes. Of merged pages the kernel may not find the policy.
	 */
	if (now->node != before->node && (verdict->bind->mode & ~MODE_FLAGS) == BIND &&
	    before->kind != FAKE_MERGED)
		return "a page has moved elsewhere";
	return NULL;
}

static void expect_movable(struct verdict *verdict, const struct fake_page *before,
			   const struct fake_page *now, unsigned long address)
{
	const char *broken;

	if (has_moved(verdict, before, now))
		return;
	broken = judge_left(verdict, before, now);
	if (broken)
		verdict->broken = broken;
	note_unmoved(verdict, address);
}

static void expect_base_page(struct verdict *verdict, const struct fake_page *page,
			     unsigned long address)
{
	const struct fake_page *now = fake_page_at(&fake.space, address);
	bool inside = address >= verdict->bind->start && address < verdict->end;

	if (!now)
		verdict->broken = "a page is gone";
	else if (!inside && is_moved_along(verdict, page))
		return;
	else if (!inside || !is_misplaced(verdict, page)) {
		if (now->node != page->node)
			verdict->broken = describe("a page that is in place, or outside, has moved",
						   verdict, page, now);
	} else if (page->mapcount > 1 && !verdict->all) {
		verdict->shared++;
		if (now->node != page->node)
			verdict->broken = "rule 10: a shared page has moved";
	} else if (judge_may_move(verdict->before, page)) {
		expect_movable(verdict, page, now, address);
	} else {
		note_unmoved(verdict, address);
	}
}

static void expect_pages(struct verdict *verdict)
{
	for (unsigned i = 0; i < verdict->before->page_count; i++) {
		const struct fake_page *page = &verdict->before->pages[i];

		for (unsigned long j = 0; j < page->span; j++)
			expect_base_page(verdict, page, page->address + j * FAKE_PAGE);
	}
}

static void count_before(struct verdict *verdict)
{
	for (unsigned i = 0; i < verdict->before->page_count; i++) {
		const struct fake_page *page = &verdict->before->pages[i];

		for (unsigned long j = 0; j < page->span; j++) {
			unsigned long address = page->address + j * FAKE_PAGE;

			if (address < verdict->bind->start || address >= verdict->end ||
			    !is_misplaced(verdict, page))
				continue;
			note_unmoved(verdict, address);
		}
	}
}

const char *judge_counts(const struct strictbind_report *report, unsigned long unmoved,
			 unsigned long shared, unsigned long first, unsigned leeway)
{
	bool unknown = leeway & COUNTS_MAY_BE_UNKNOWN;

	if (report->unmoved != unmoved && !(unknown && report->unmoved == STRICTBIND_UNKNOWN))
		return "unmoved is wrong";
	if (report->shared != shared && !(unknown && report->shared == STRICTBIND_UNKNOWN))
		return "shared is wrong";
	if ((unsigned long)report->first_unmoved != first && !(unknown && !report->first_unmoved))
		return "first_unmoved is wrong";
	if (!first_status_agrees(report))
		return "first_status is wrong";
	return NULL;
}

static const char *judge_nothing_done(const struct bind *bind, const struct fake_space *before,
				      const struct outcome *outcome, int error)
{
	if (outcome->result != -1 || outcome->error != error)
		return "another errno was due";
	if (!unchanged(before, &fake.space))
		return "something was done though the call failed";
	return bind->counted ? judge_counts(&outcome->report, 0, 0, 0, 0) : NULL;
}

static const char *judge_strict(struct verdict *verdict, const struct outcome *outcome,
				const struct fake_policy *policy, unsigned leeway)
{
	const struct bind *bind = verdict->bind;

	count_before(verdict);
	if (verdict->unmoved) {
		if (outcome->result != -1 || outcome->error != EIO)
			return "rule 6: EIO was due";
		if (!unchanged(verdict->before, &fake.space))
			return "rule 6: something was done";
		return bind->counted ? judge_counts(&outcome->report, verdict->unmoved, 0,
						    verdict->first, leeway)
				     : NULL;
	}
	if (outcome->result != 0 || outcome->error != 0)
		return "rule 7: 0 was due";
	if (!policies_are(verdict->before, &fake.space, bind->start, verdict->end, policy))
		return "rule 7: the policy is wrong";
	if (!pages_stayed(verdict->before, &fake.space))
		return "rule 7: a page has moved";
	return bind->counted ? judge_counts(&outcome->report, 0, 0, 0, leeway) : NULL;
}

static const char *judge_move(struct verdict *verdict, const struct outcome *outcome,
			      const struct fake_policy *policy, unsigned leeway)
{
	const struct bind *bind = verdict->bind;
	bool by_kernel = leeway & EMPTY_NODES_BY_KERNEL && fake_is_empty(&bind->mask.nodes);
	bool failed;

	expect_pages(verdict);
	if (leeway & EMPTY_NODES_EIO && fake_is_empty(&bind->mask.nodes))
		return verdict->broken;
	if (leeway & SHARED_IS_EIO && verdict->strict && verdict->shared && !verdict->unmoved &&
	    outcome->error == EIO)
		return verdict->broken;
	failed = verdict->strict && verdict->unmoved;
	if (verdict->broken)
		return verdict->broken;
	if (!policies_are(verdict->before, &fake.space, bind->start, verdict->end, policy))
		return "rule 8: the policy is wrong";
	if (outcome->result != (outcome->error ? -1 : 0))
		return "neither 0 nor -1, or errno was touched";
	if (outcome->error != (failed ? EIO : 0) && !(by_kernel && outcome->error == 0))
		return failed ? "rule 9: EIO was due" : "rule 8 or 9: 0 was due";
	if (!bind->counted || by_kernel)
		return NULL;
	return judge_counts(&outcome->report, verdict->unmoved, verdict->shared, verdict->first,
			    leeway);
}

static const char *judge_default(const struct verdict *verdict, const struct outcome *outcome,
				 const struct fake_policy *policy)
{
	const struct bind *bind = verdict->bind;

	if (!fake_any_mapped(verdict->before, bind->start, verdict->end))
		return judge_nothing_done(bind, verdict->before, outcome, EFAULT);
	if (outcome->result != 0 || outcome->error != 0)
		return "rule 4 or 11: 0 was due";
	if (!policies_are(verdict->before, &fake.space, bind->start, verdict->end, policy))
		return "rule 4: the policy is wrong";
	if (!verdict->move && !pages_stayed(verdict->before, &fake.space))
		return "rule 5: a page has moved";
	return bind->counted ? judge_counts(&outcome->report, 0, 0, 0, 0) : NULL;
}

static const char *judge_plain(const struct verdict *verdict, const struct outcome *outcome,
			       const struct fake_policy *policy)
{
	const struct bind *bind = verdict->bind;

	if (outcome->result != 0 || outcome->error != 0)
		return "rule 5: 0 was due";
	if (!policies_are(verdict->before, &fake.space, bind->start, verdict->end, policy))
		return "rule 5: the policy is wrong";
	if (!pages_stayed(verdict->before, &fake.space))
		return "rule 5: a page has moved";
	return bind->counted ? judge_counts(&outcome->report, 0, 0, 0, 0) : NULL;
}

/* What the kernel says of everything but the range: put to it where nothing can be mapped. */
static int error_of_arguments(const struct bind *bind)
{
	unsigned long nowhere = -2UL * FAKE_PAGE + bind->start % FAKE_PAGE;
	unsigned long rounded = (bind->len + FAKE_PAGE - 1) & -(unsigned long)FAKE_PAGE;
	long result;

	if (bind->start + rounded < bind->start || rounded == 0)
		result = fake_raw_mbind(bind->start, bind->len, bind->mode, bits_of(&bind->mask),
					bind->mask.maxnode, bind->flags);
	else
		result = fake_raw_mbind(nowhere, FAKE_PAGE, bind->mode, bits_of(&bind->mask),
					bind->mask.maxnode, bind->flags);
	return result == -EFAULT ? 0 : (int)-result;
}

/* ---- part of a hugetlb page ---- */

static bool cuts_at(const struct fake_space *before, unsigned long address,
		    const struct fake_policy *policy)
{
	const struct fake_vma *vma = fake_vma_at(before, address);

	return vma && vma->kind == FAKE_HUGETLB && address % FAKE_HUGE &&
	       !same_policy(&vma->policy, policy);
}

/*
 * EINVAL, and maybe the policy on what is below; but the kernel looks at pages first, so a
 * misplaced one may be what STRICT alone tells.
 */
static const char *judge_cut(struct verdict *verdict, const struct outcome *outcome,
			     const struct fake_policy *policy)
{
	const struct bind *bind = verdict->bind;
	bool alone = verdict->strict && !verdict->move;

	count_before(verdict);
	if (alone && outcome->error == EIO && verdict->unmoved)
		return outcome->result == -1 && unchanged(verdict->before, &fake.space)
			       ? NULL
			       : "rule 6: something was done";
	if (outcome->result != -1 || outcome->error != EINVAL)
		return "rule 1: EINVAL was due for part of a hugetlb page";
	if (!policies_fit(verdict->before, &fake.space, bind->start, verdict->end, policy, true))
		return "a policy was set elsewhere, or another";
	if (!pages_stayed(verdict->before, &fake.space))
		return "a page has moved though the call failed";
	return bind->counted ? judge_counts(&outcome->report, 0, 0, 0, 0) : NULL;
}

unsigned fake_leeway_of(const struct bind *bind, int nodes)
{
	unsigned leeway = fake.kernel.misses_unmovable ? EMPTY_NODES_BY_KERNEL : 0;

	/* Whether a merged page moves that mbind fails to move shows on another node only. */
	if (nodes == 1 && fake.kernel.merged == FAKE_MERGED_FAILS)
		leeway |= EMPTY_NODES_EIO;
	if (!fake.kernel.told_exclusive)
		leeway |= COUNTS_MAY_BE_UNKNOWN | SHARED_IS_EIO;
	if (fake.kernel.query_misses_prot_none && bind->flags == STRICT)
		leeway |= COUNTS_MAY_BE_UNKNOWN;
	return leeway;
}

const char *judge_bind(const struct bind *bind, const struct fake_space *before,
		       const struct outcome *outcome, unsigned leeway)
{
	struct fake_policy policy = { bind->mode, bind->mask.nodes };
	struct verdict verdict = {
		.bind = bind,
		.before = before,
		.end = bind->start + ((bind->len + FAKE_PAGE - 1) & -(unsigned long)FAKE_PAGE),
		.strict = bind->flags & STRICT,
		.move = bind->flags & (MOVE | MOVE_ALL),
		.all = bind->flags & MOVE_ALL,
	};
	int error = error_of_arguments(bind);
	bool is_default = (bind->mode & ~MODE_FLAGS) == DEFAULT;

	if (is_default)
		policy.mode = DEFAULT;
	if (error)
		return judge_nothing_done(bind, before, outcome, error);
	/* Also what wraps around to no page. */
	if (verdict.end == bind->start)
		return outcome->result == 0 && unchanged(before, &fake.space) ? NULL : "rule 2";
	if (!is_default && !fake_is_mapped(before, bind->start, verdict.end))
		return judge_nothing_done(bind, before, outcome, EFAULT) ? "rule 3" : NULL;
	if (cuts_at(before, bind->start, &policy) || cuts_at(before, verdict.end, &policy))
		return judge_cut(&verdict, outcome, &policy);
	if (is_default)
		return judge_default(&verdict, outcome, &policy);
	if (verdict.move)
		return judge_move(&verdict, outcome, &policy, leeway);
	if (verdict.strict)
		return judge_strict(&verdict, outcome, &policy, leeway);
	return judge_plain(&verdict, outcome, &policy);
}
