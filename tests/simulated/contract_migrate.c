/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "judge.h"
#include "pairs.h"

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

		if (judge_is_nobodys(page) || page->node != pair->source ||
		    vma->kind == FAKE_DEVICE)
			continue;
		if (page->mapcount > 1 && !fake.nice) {
			expected->shared += page->span;
		} else if (judge_may_move(&expected->space, page)) {
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

static bool judge_count(const struct outcome *outcome, unsigned long unmoved, unsigned leeway)
{
	return outcome->result == (long)unmoved ||
	       (leeway & COUNT_BY_KERNEL && outcome->result >= 0 &&
		outcome->result < (long)unmoved);
}

/* ---- where nodes have little room ---- */

struct left {
	unsigned long unmoved;
	unsigned long shared;
	unsigned long first;
	bool cramped; /* there is no room for some of them */
	bool behind;  /* there is room for some of them, and they can be moved */
	const char *broken;
};

static void note_left(struct left *left, const struct fake_space *before,
		      const struct fake_page *page, unsigned long address, int target)
{
	long room = judge_room(before, page, target);

	/* Without room for it as a whole it is not even tried whether a page can be moved. */
	left->cramped |= room >= 0 && room < (long)page->span;
	left->behind |= room != 0 && judge_may_move(before, page);
	left->unmoved++;
	if (left->first == 0 || address < left->first)
		left->first = address;
}

static void look_at_page(struct left *left, const struct fake_space *before,
			 const struct fake_page *page, const struct pair *pair)
{
	for (unsigned long i = 0; i < page->span; i++) {
		unsigned long address = page->address + i * FAKE_PAGE;
		int node = fake_page_at(&fake.space, address)->node;
		bool shared = page->mapcount > 1 && !fake.nice;

		if (node != pair->source && (shared || node != pair->target))
			left->broken = "a page has moved that should not, or elsewhere";
		if (shared)
			left->shared++;
		else if (node != pair->target)
			note_left(left, before, page, address, pair->target);
	}
}

/* Every node is the source of one pair, and no target is a source. */
static struct left look_at_pairs(const struct migration *migration, const struct fake_space *before)
{
	struct fake_nodes to = fake_and(&migration->to.nodes, &fake.allowed);
	struct pair pairs[FAKE_MAX_NODES];
	int count = pairs_of(&migration->from.nodes, &to, pairs);
	struct left left = { 0 };

	for (int i = 0; i < count; i++)
		for (unsigned j = 0; j < before->page_count; j++)
			if (before->pages[j].node == pairs[i].source &&
			    !judge_is_nobodys(&before->pages[j]))
				look_at_page(&left, before, &before->pages[j], &pairs[i]);
	return left;
}

static const char *judge_with_little_room(const struct migration *migration,
					  const struct fake_space *before,
					  const struct outcome *outcome, unsigned leeway)
{
	struct left left = look_at_pairs(migration, before);
	bool stopped = outcome->result == -1 && outcome->error == ENOMEM && left.cramped;

	if (left.broken)
		return left.broken;
	/* Rule 14: that is the kernel's own; it may have stopped at any page, and not be able to
	 * tell how many are left. */
	if (stopped)
		leeway |= COUNTS_MAY_BE_UNKNOWN;
	else if (left.behind)
		return "rule 12: a movable page was not moved";
	else if (!judge_count(outcome, left.unmoved, leeway))
		return "rule 12: the count is wrong";
	return migration->counted ? judge_counts(&outcome->report, left.unmoved, left.shared,
						 left.first, leeway)
				  : NULL;
}

static bool is_room_limited(void)
{
	for (int node = 0; node < FAKE_MAX_NODES; node++)
		if (fake.room[node] >= 0 || fake.pool[node] >= 0)
			return true;
	return false;
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
	if (is_room_limited())
		return judge_with_little_room(migration, before, outcome, leeway);
	copy_space(&expected.space, before);
	expected.unmoved = expected.shared = expected.first = 0;
	for (int i = 0; i < count; i++)
		empty_node(&expected, &pairs[i]);
	if (!unchanged(&expected.space, &fake.space))
		return "pages are on other nodes than they should be";
	if (outcome->error)
		return "rule 12: a count was due";
	if (!judge_count(outcome, expected.unmoved, leeway))
		return "rule 12: the count is wrong";
	if (!migration->counted)
		return NULL;
	return judge_counts(&outcome->report, expected.unmoved, expected.shared, expected.first,
			    leeway);
}

const char *judge_new_migration(const struct migration *migration, struct outcome *outcome,
				unsigned leeway)
{
	static struct fake_space before;
	const char *broken;

	copy_space(&before, &fake.space);
	*outcome = do_migration(migration);
	broken = judge_migration(migration, &before, outcome, leeway);
	return broken ? broken : fake_leftover();
}
