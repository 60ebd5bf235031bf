/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migrate_pages by the contract, rules 12 to 14. */
#include <limits.h>
#include <stdbool.h>

#include "core/syscall.h"
#include "kernel/quirks.h"
#include "migrate/batches.h"
#include "migrate/leftover.h"
#include "migrate/migrate.h"
#include "migrate/node_pairs.h"
#include "pages/move_list.h"
#include "pages/numa_maps.h"

static long call_kernel(const struct sb_migration *migration)
{
	return sb_sys_migrate_pages(migration->pid, migration->maxnode, migration->old_nodes,
				    migration->new_nodes);
}

struct outcome {
	long failed; /* pages, by the library's count where there is one, else by the kernel's */
	struct sb_tally tally;
};

/* Adds what was left on the nodes by a call of which the kernel counted failed pages. */
static void add_leftover(const struct sb_migration *migration, const struct sb_nodeset *nodes,
			 long failed, struct outcome *outcome)
{
	/* Where the first unmoved page is known to be lower, it is not looked for. */
	struct sb_tally found = { .first = outcome->tally.first };

	if (failed == 0 && !migration->plan.counts_always)
		return;
	if (sb_count_leftover(migration->pid, nodes, sb_may_move_shared(), &found) < 0)
		sb_tally_unknown(&found);
	outcome->failed += sb_bounds_exact(&found.unmoved) ? (long)found.unmoved.least : failed;
	sb_tally_add(&outcome->tally, &found);
}

/*
 * Pages that are left on a node tell what could not be moved, unless other pages were moved to that
 * node. So a call in which some target is also a source goes to the kernel pair by pair.
 */
static bool has_chain(struct sb_nodepairs pairs, struct sb_nodeset *sources)
{
	struct sb_nodeset targets = { .bits = { 0 } };
	int source, target;

	*sources = targets;
	while (sb_nodepairs_next(&pairs, &source, &target)) {
		sb_nodeset_add(sources, source);
		sb_nodeset_add(&targets, target);
	}
	sb_nodeset_intersect(&targets, sources);
	return !sb_nodeset_is_empty(&targets);
}

/* The kernel's judgement of the arguments, without moving a page (rule 14). */
static long judge(const struct sb_migration *migration)
{
	long result = sb_sys_mbind(0, 0, SB_MPOL_BIND, migration->old_nodes, migration->maxnode, 0);

	if (result == -EINVAL || result == -EFAULT)
		return result;
	return sb_sys_migrate_pages(migration->pid, migration->maxnode, NULL, migration->new_nodes);
}

/* Moves the pages on a node that are not shared to another node, page by page. */
static void migrate_again(int pid, int source, int target)
{
	struct sb_move_list list = {
		.pid = pid,
		.end = ULONG_MAX,
		.flags = SB_MF_MOVE,
	};

	sb_nodeset_add(&list.placed, source);
	sb_nodeset_invert(&list.placed);
	sb_nodeset_add(&list.targets, target);
	sb_move_list_walk_vmas(&list);
	sb_move_list_flush(&list);
}

/*
 * What this kernel has left though it can be moved. With CAP_SYS_NICE no page is left for being
 * shared, so none is left by mistake.
 */
static void migrate_rest(const struct sb_migration *migration, struct sb_nodepairs pairs)
{
	int source, target;

	if (!migration->plan.again || sb_may_move_shared())
		return;
	while (sb_nodepairs_next(&pairs, &source, &target))
		migrate_again(migration->pid, source, target);
}

/* Moves, without counting. Returns the kernel's count or a negative errno. */
static long move(const struct sb_migration *migration, struct sb_nodepairs pairs)
{
	long failed = call_kernel(migration);

	if (failed >= 0)
		migrate_rest(migration, pairs);
	return failed;
}

/*
 * Whether more pages were found than the kernel has counted as failed. Linux 7 counts the vdso too,
 * once the process has run it; others do not, and then nothing may have failed.
 */
static bool found_more(const struct outcome *before, const struct outcome *after, long failed)
{
	long vdso = (long)(after->tally.vdso - before->tally.vdso);

	return after->failed - before->failed > failed - (vdso < failed ? vdso : failed);
}

/*
 * Counting can map pages on the nodes that were just emptied: code that it is the first to run, of
 * this library or another, is where the page cache has it. So what is found beyond the kernel's own
 * count is moved once more, and counted anew; by then all that counting needs is mapped.
 */
static long move_and_count(const struct sb_migration *migration, struct sb_nodepairs pairs,
			   const struct sb_nodeset *sources, struct outcome *outcome)
{
	struct outcome before = *outcome;
	long failed = move(migration, pairs);

	if (failed < 0)
		return failed;
	add_leftover(migration, sources, failed, outcome);
	if (!found_more(&before, outcome, failed))
		return 0;
	failed = move(migration, pairs);
	if (failed < 0)
		return 0;
	*outcome = before;
	add_leftover(migration, sources, failed, outcome);
	return 0;
}

/* ---- in batches ---- */

/* Pages of the process on the nodes; 0 when that is not told. */
__attribute__((noinline)) static unsigned long pages_on(int pid, const struct sb_nodeset *nodes)
{
	struct sb_vmas vmas;
	unsigned long pages = 0;

	if (sb_vmas_open(&vmas, pid, nodes) < 0)
		return 0;
	while (sb_vmas_next(&vmas))
		pages += vmas.pages;
	sb_vmas_close(&vmas);
	return pages;
}

/*
 * The call ends early: it was cancelled, or a target is full. Adds the pages on the nodes that it
 * has not emptied. Returns the reason.
 */
static long ended_early(const struct sb_migration *migration, const struct sb_nodeset *nodes,
			long reason, struct outcome *outcome)
{
	if (migration->want_counts &&
	    sb_count_leftover(migration->pid, nodes, sb_may_move_shared(), &outcome->tally) < 0)
		sb_tally_unknown(&outcome->tally);
	return reason;
}

/* ---- pair by pair ---- */

static long migrate_pair(const struct sb_migration *migration, int source, int target,
			 struct outcome *outcome)
{
	struct sb_nodeset from = { .bits = { 0 } };
	struct sb_nodeset to = { .bits = { 0 } };
	struct sb_migration pair = *migration;

	sb_nodeset_add(&from, source);
	sb_nodeset_add(&to, target);
	pair.maxnode = SB_MAX_NODES + 1;
	pair.old_nodes = from.bits;
	pair.new_nodes = to.bits;
	return move_and_count(&pair, sb_nodepairs_of(&from, &to), &from, outcome);
}

/* batches is NULL when none are planned; sources are the nodes of all pairs. */
static long migrate_pairs(const struct sb_migration *migration, struct sb_nodepairs pairs,
			  struct sb_nodeset *sources, struct sb_batches *batches,
			  struct outcome *outcome)
{
	long result = 0;
	int source, target;

	while (result == 0 && sb_nodepairs_next(&pairs, &source, &target)) {
		if (batches && !sb_move_batches(batches, source, target))
			return ended_early(migration, sources, -ECANCELED, outcome);
		result = migrate_pair(migration, source, target, outcome);
		if (result == -ENOMEM)
			return ended_early(migration, sources, result, outcome);
		sb_nodeset_remove(sources, source);
	}
	return result;
}

/*
 * What counting touches for the first time would come to lie on the nodes that were just emptied:
 * the answers it needs, and the stack it takes. One after the other: answers take stack, too.
 */
__attribute__((noinline)) static void ask_what_counting_needs(void)
{
	static const enum sb_fact facts[] = { SB_QUERY_MISSES_PROT_NONE, SB_CAN_PAGEMAP,
					      SB_CAN_PAGEMAP_SCAN };

	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
		sb_has(facts[i]);
}

__attribute__((noinline)) static void touch_what_counting_needs(void)
{
	volatile char stack[11 << 9];

	for (size_t i = 0; i < sizeof(stack); i += 1 << 10)
		stack[i] = 0;
}

/* ---- at once ---- */

static long migrate_at_once(const struct sb_migration *migration, struct sb_nodepairs pairs,
			    const struct sb_nodeset *sources, struct sb_batches *batches,
			    struct outcome *outcome)
{
	struct sb_nodepairs ahead = pairs;
	int source, target;
	long result;

	while (batches && sb_nodepairs_next(&ahead, &source, &target))
		if (!sb_move_batches(batches, source, target))
			return ended_early(migration, sources, -ECANCELED, outcome);
	result = move_and_count(migration, pairs, sources, outcome);
	return result == -ENOMEM ? ended_early(migration, sources, result, outcome) : result;
}

static long carry_out(const struct sb_migration *migration, struct sb_nodepairs pairs,
		      struct sb_nodeset *sources, struct outcome *outcome)
{
	const struct sb_migrate_plan *plan = &migration->plan;
	struct sb_batches started, *batches = NULL;

	if (plan->arguments_first) {
		long result = judge(migration);

		if (result < 0)
			return result;
	}
	if (plan->batches) {
		started = sb_migrate_batches_of(
			migration, sb_may_move_shared(),
			migration->options->progress ? pages_on(migration->pid, sources) : 0);
		batches = &started;
	}
	return plan->pair_by_pair ? migrate_pairs(migration, pairs, sources, batches, outcome)
				  : migrate_at_once(migration, pairs, sources, batches, outcome);
}

/* The masks are readable. Returns 0 or a negative errno. */
static long migrate(struct sb_migration *migration, struct outcome *outcome)
{
	struct sb_nodeset from, to, allowed, sources;
	struct sb_migrate_situation situation;
	struct sb_nodepairs pairs;

	sb_nodeset_read(&from, migration->old_nodes, migration->maxnode);
	sb_nodeset_read(&to, migration->new_nodes, migration->maxnode);
	/* Where the caller's cpuset is not told, take it that everything is allowed. */
	if (sb_nodeset_allowed(&allowed) == 0)
		sb_nodeset_intersect(&to, &allowed);
	pairs = sb_nodepairs_of(&from, &to);
	situation = sb_migrate_situation_of(migration->pid, migration->options);
	situation.chain = has_chain(pairs, &sources);
	migration->plan = sb_plan_migrate(migration->options, migration->want_counts, &situation);
	ask_what_counting_needs();
	touch_what_counting_needs();
	return carry_out(migration, pairs, &sources, outcome);
}

long sb_migrate(struct sb_migration *migration, struct sb_tally *tally)
{
	struct outcome outcome = { 0 };
	long result;

	if (sb_nodeset_too_long(migration->maxnode))
		return call_kernel(migration);
	if (!sb_nodeset_readable(migration->old_nodes, migration->maxnode) ||
	    !sb_nodeset_readable(migration->new_nodes, migration->maxnode))
		return -EFAULT;
	result = migrate(migration, &outcome);
	if (result == 0 || result == -ECANCELED || result == -ENOMEM)
		*tally = outcome.tally;
	return result < 0 ? result : outcome.failed;
}
