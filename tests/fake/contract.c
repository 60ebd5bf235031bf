/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "contract.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "pairs.h"

enum { MODE_FLAGS = 7 << 13, DEFAULT = 0 };
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
	if (bind->counted)
		outcome.result = strictbind_mbind_opt(addr, bind->len, bind->mode,
						      bits_of(&bind->mask), bind->mask.maxnode,
						      bind->flags, NULL, &outcome.report);
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
 * Whether every mapping of after has the policy it had before, but in [start, end) the wanted one;
 * the mappings themselves are where they were.
 */
static bool policies_are(const struct fake_space *before, const struct fake_space *after,
			 unsigned long start, unsigned long end, const struct fake_policy *wanted)
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
		if (!same_policy(&new->policy, inside ? wanted : &old->policy))
			return false;
		i += at == old->end;
		j += at == new->end;
	}
	return i == before->vma_count && j == after->vma_count;
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

static bool is_nobodys(const struct fake_page *page)
{
	return page->kind == FAKE_ZERO || page->kind == FAKE_DEVICE_PAGE;
}

static bool may_move(const struct fake_space *space, const struct fake_page *page)
{
	const struct fake_vma *vma = fake_vma_at(space, page->address);

	return page->kind == FAKE_MOVABLE && vma && vma->kind != FAKE_DEVICE &&
	       (vma->kind != FAKE_HUGETLB || fake.kernel.hugetlb_moves);
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
	return !is_nobodys(page) && !fake_has(&verdict->bind->mask.nodes, page->node);
}

static void expect_base_page(struct verdict *verdict, const struct fake_page *page,
			     unsigned long address)
{
	int node = node_at(&fake.space, address);
	bool inside = address >= verdict->bind->start && address < verdict->end;
	bool shared = page->mapcount > 1 && !verdict->all;

	if (!inside || !is_misplaced(verdict, page)) {
		if (node != page->node)
			verdict->broken = "a page that is in place, or outside, has moved";
		return;
	}
	if (shared) {
		verdict->shared++;
		if (node != page->node)
			verdict->broken = "rule 10: a shared page has moved";
	} else if (!may_move(verdict->before, page) || node == page->node) {
		bool empty = fake_is_empty(&verdict->bind->mask.nodes);

		if (may_move(verdict->before, page) && (!empty || node != fake.local) &&
		    fake.room[0] < 0)
			verdict->broken = "rule 8: a movable page was not moved";
		if (may_move(verdict->before, page) && empty && node == fake.local)
			return;
		if (verdict->unmoved++ == 0)
			verdict->first = address;
	} else if (!fake_has(&verdict->bind->mask.nodes, node) &&
		   !fake_is_empty(&verdict->bind->mask.nodes)) {
		verdict->broken = "a page has moved elsewhere";
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
			if (verdict->unmoved++ == 0)
				verdict->first = address;
		}
	}
}

static const char *judge_counts(const struct strictbind_report *report, unsigned long unmoved,
				unsigned long shared, unsigned long first, unsigned leeway)
{
	bool unknown = leeway & COUNTS_MAY_BE_UNKNOWN;

	if (report->unmoved != unmoved && !(unknown && report->unmoved == STRICTBIND_UNKNOWN))
		return "unmoved is wrong";
	if (report->shared != shared && !(unknown && report->shared == STRICTBIND_UNKNOWN))
		return "shared is wrong";
	if ((unsigned long)report->first_unmoved != first && !(unknown && !report->first_unmoved))
		return "first_unmoved is wrong";
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

	if (error)
		return judge_nothing_done(bind, before, outcome, error);
	if (bind->len == 0)
		return outcome->result == 0 && unchanged(before, &fake.space) ? NULL : "rule 2";
	if ((bind->mode & ~MODE_FLAGS) == DEFAULT) {
		policy.mode = DEFAULT;
		return judge_default(&verdict, outcome, &policy);
	}
	if (!fake_is_mapped(before, bind->start, verdict.end))
		return judge_nothing_done(bind, before, outcome, EFAULT) ? "rule 3" : NULL;
	if (verdict.move)
		return judge_move(&verdict, outcome, &policy, leeway);
	if (verdict.strict)
		return judge_strict(&verdict, outcome, &policy, leeway);
	return judge_plain(&verdict, outcome, &policy);
}

/* ---- migrate_pages ---- */

struct expected {
	struct fake_space space; /* as it should be */
	unsigned long unmoved;
	unsigned long shared;
	unsigned long first;
};

static void note_first(struct expected *expected, unsigned long address)
{
	if (expected->first == 0 || address < expected->first)
		expected->first = address;
}

static void empty_node(struct expected *expected, const struct pair *pair)
{
	for (unsigned i = 0; i < expected->space.page_count; i++) {
		struct fake_page *page = &expected->space.pages[i];
		const struct fake_vma *vma = fake_vma_at(&expected->space, page->address);

		if (is_nobodys(page) || page->node != pair->source || vma->kind == FAKE_DEVICE)
			continue;
		if (page->mapcount > 1 && !fake.nice) {
			expected->shared += page->span;
		} else if (may_move(&expected->space, page)) {
			page->node = pair->target;
		} else {
			expected->unmoved += page->span;
			note_first(expected, page->address);
		}
	}
}

static int error_of_migration(const struct migration *migration)
{
	struct fake_nodes to = fake_and(&migration->to.nodes, &fake.allowed);

	if (migration->pid != 0 && migration->pid != FAKE_PID)
		return ESRCH;
	if (!fake.nice && !fake_equal(&to, &migration->to.nodes))
		return EPERM;
	if (fake.kernel.merges_new_nodes && fake_is_empty(&to))
		return EINVAL;
	return 0;
}

const char *judge_migration(const struct migration *migration, const struct fake_space *before,
			    const struct outcome *outcome, unsigned leeway)
{
	static struct expected expected;
	struct fake_nodes to = fake_and(&migration->to.nodes, &fake.allowed);
	struct pair pairs[FAKE_MAX_NODES];
	int error = error_of_migration(migration);
	int count = pairs_of(&migration->from.nodes, &to, pairs);

	if (error) {
		if (outcome->result != -1 || outcome->error != error)
			return "rule 14: another errno was due";
		return unchanged(before, &fake.space) ? NULL : "rule 14: something was done";
	}
	copy_space(&expected.space, before);
	expected.unmoved = expected.shared = expected.first = 0;
	for (int i = 0; i < count; i++)
		empty_node(&expected, &pairs[i]);
	if (!unchanged(&expected.space, &fake.space))
		return "pages are on other nodes than they should be";
	if (outcome->error)
		return "rule 12: a count was due";
	if (outcome->result != (long)expected.unmoved &&
	    !(leeway & COUNT_BY_KERNEL && outcome->result >= 0 &&
	      outcome->result < (long)expected.unmoved))
		return "rule 12: the count is wrong";
	if (!migration->counted)
		return NULL;
	return judge_counts(&outcome->report, expected.unmoved, expected.shared, expected.first,
			    leeway);
}
