/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mbind by the contract: the kernel's own answer where it is right, and what it takes where it is
 * not.
 */
#include <stdbool.h>
#include <stdint.h>

#include "core/nodeset.h"
#include "core/page.h"
#include "mbind/mbind.h"
#include "mbind/misplaced.h"
#include "mbind/move.h"
#include "mbind/placing.h"
#include "mbind/plan.h"
#include "mbind/request.h"
#include "pages/hugetlb.h"
#include "pages/maps.h"

/* An address that no process can have mapped: the last but one page of the kernel's own half. */
static unsigned long nowhere(const struct sb_request *request)
{
	unsigned long page = sb_page_size();

	return (0 - 2 * page) + (request->start & (page - 1));
}

/* Whether the kernel gets as far as looking at the range. Where it does not, nothing is ours to
 * judge. */
static bool reaches_range(const struct sb_request *request)
{
	unsigned long len = request->range.end - request->range.start;

	return len != 0 && request->start + len >= request->start &&
	       request->start % sb_page_size() == 0;
}

/* What the kernel says of everything but the range: EFAULT when that is all right (rule 1). */
static long judge_arguments(const struct sb_request *request)
{
	return sb_sys_mbind(nowhere(request), sb_page_size(), request->mode, request->mask,
			    request->maxnode, request->flags);
}

/* Rules 1 and 3 in this order, for kernels that do not see every hole. 0 when there is nothing to
 * say. */
static long judge_range(const struct sb_request *request)
{
	if (!request->plan.holes_first || !sb_has_hole(request->start, request->len))
		return 0;
	return judge_arguments(request);
}

/* ---- STRICT alone, rules 6 and 7 ---- */

/* For a kernel that does not look: look first. */
static long check_then_set(const struct sb_request *request)
{
	long result = judge_arguments(request);
	int misplaced;

	/* EFAULT is all that is left to say of good arguments, and of a mask that cannot be read.
	 */
	if (result != -EFAULT || !sb_nodeset_readable(request->mask, request->maxnode))
		return result;
	misplaced = sb_any_misplaced(request, request->range.start, request->range.end);
	if (misplaced < 0)
		return misplaced;
	return misplaced ? -EIO : sb_bind_policy(request);
}

/*
 * For a kernel that looks, but not at hugetlb mappings: look at what may be one first. Where that
 * is refused nobody knows better than the kernel.
 */
static long check_blind_then_ask(const struct sb_request *request)
{
	const struct sb_stretch *blind = &request->blind;
	long result = judge_arguments(request);

	if (result != -EFAULT || !sb_nodeset_readable(request->mask, request->maxnode))
		return result;
	if (sb_any_misplaced(request, blind->start, blind->end) > 0)
		return -EIO;
	return sb_bind_flags(request, request->flags);
}

static long bind_strict(const struct sb_request *request, struct sb_tally *tally)
{
	long result;

	if (request->plan.looks_first)
		result = check_then_set(request);
	else if (request->blind.start < request->blind.end)
		result = check_blind_then_ask(request);
	else
		result = sb_bind_flags(request, request->flags);
	if (result != -EIO)
		return result;
	/* Rule 3 †: the range is judged before its pages. */
	if (request->plan.holes_after_eio && sb_has_hole(request->start, request->len))
		return -EFAULT;
	if (request->plan.counts)
		sb_count_misplaced(request, tally);
	return -EIO;
}

/* ---- MPOL_DEFAULT, rules 4 and 11 ---- */

static long set_default(const struct sb_request *request, const struct strictbind_options *options,
			struct sb_tally *tally)
{
	if (request->flags & SB_MF_ANY_MOVE)
		return sb_move(request, options, tally);
	return sb_bind_flags(request, request->flags);
}

/* The address keeps its tag: whether it may have one the kernel knows. */
static void begin_at_mapped(struct sb_request *request)
{
	struct sb_mapped mapped = sb_next_mapped(0, request->range.start, request->range.end);

	request->start += mapped.start - request->range.start;
	request->range.start = mapped.start;
	request->len = request->range.end - request->range.start;
}

/*
 * Kernels that miss a hole at the end of the range do not let it begin in one either, and the
 * oldest take a range that is one hole for a mapped one.
 */
static long bind_default(struct sb_request *request, const struct strictbind_options *options,
			 struct sb_tally *tally)
{
	if (request->plan.holes_first && sb_has_hole(request->start, request->len))
		begin_at_mapped(request);
	return request->len ? set_default(request, options, tally) : judge_arguments(request);
}

/* ---- what STRICT alone tells nothing of ---- */

/* Whether the kernel would read it, and can. It has not been asked yet. */
static bool is_mask_good(const struct sb_request *request)
{
	return (request->maxnode == 0 || !sb_nodeset_too_long(request->maxnode)) &&
	       sb_nodeset_readable(request->mask, request->maxnode);
}

/* Whether the first and the last page are where the policy wants them, as far as is told. */
static bool are_ends_in_place(const struct sb_request *request)
{
	unsigned long ends[] = { request->range.start, request->range.end - sb_page_size() };
	struct sb_nodeset wanted;
	int nodes[2];

	if (!sb_nodes_tell(request) || sb_sys_move_pages(0, 2, ends, NULL, nodes, 0) < 0)
		return false;
	sb_nodeset_read(&wanted, request->mask, request->maxnode);
	for (int i = 0; i < 2; i++)
		if (nodes[i] >= 0 ? !sb_nodeset_has(&wanted, nodes[i]) : !request->plan.nodes_told)
			return false;
	return true;
}

/*
 * mbind refuses a range that cuts a huge page, but not where its policy is the same already. Most
 * ranges that are too short for a whole one are in place, and then it does not matter.
 */
static void find_blind(struct sb_request *request)
{
	const struct sb_stretch *range = &request->range;
	bool fits = sb_hugetlb_fits(range->start, range->end);

	if (range->start == range->end || !is_mask_good(request) ||
	    (!fits && are_ends_in_place(request)))
		return;
	/* Without /proc it is more likely that a short one has none. */
	if (!sb_hugetlb_find(range->start, range->end, &request->blind) && !fits)
		request->blind.end = request->blind.start;
}

/* ---- the calls ---- */

long sb_mbind(struct sb_request *request, const struct strictbind_options *options,
	      bool wants_report, struct sb_tally *tally)
{
	struct sb_situation situation;
	long result;

	if (request->flags & ~SB_MF_VALID || !reaches_range(request))
		return sb_bind_flags(request, request->flags);
	situation = sb_situation_of(request, options, wants_report);
	sb_plan_mbind(&request->plan, request, options, wants_report, &situation);
	if (!request->plan.governed)
		return bind_default(request, options, tally);
	result = judge_range(request);
	if (result < 0)
		return result;
	if (request->flags == 0)
		return sb_bind_policy(request);
	if (request->plan.strict == SB_STRICT_MISSES_HUGETLB)
		find_blind(request);
	if (request->flags & SB_MF_ANY_MOVE)
		return sb_move(request, options, tally);
	return bind_strict(request, tally);
}
