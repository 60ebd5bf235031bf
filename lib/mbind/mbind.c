/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mbind by the contract: the kernel's own answer where it is right, and what it takes where it is
 * not.
 */
#include <stdbool.h>
#include <stdint.h>

#include "core/nodeset.h"
#include "core/page.h"
#include "kernel/quirks.h"
#include "mbind/mbind.h"
#include "mbind/misplaced.h"
#include "mbind/move.h"
#include "mbind/request.h"
#include "pages/hugetlb.h"
#include "pages/numa_maps.h"

/* An address that no process can have mapped: the last but one page of the kernel's own half. */
static unsigned long nowhere(const struct sb_bind *bind)
{
	unsigned long page = sb_page_size();

	return (0 - 2 * page) + (bind->start & (page - 1));
}

/* Whether the kernel gets as far as looking at the range. Where it does not, nothing is ours to
 * judge. */
static bool reaches_range(const struct sb_bind *bind)
{
	unsigned long len = sb_round_up(bind->len);

	return len != 0 && bind->start + len >= bind->start && bind->start % sb_page_size() == 0;
}

/* What the kernel says of everything but the range: EFAULT when that is all right (rule 1). */
static long judge_arguments(const struct sb_bind *bind)
{
	return sb_sys_mbind(nowhere(bind), sb_page_size(), bind->mode, bind->mask, bind->maxnode,
			    bind->flags);
}

/* Rules 1 and 3 in this order, for kernels that do not see every hole. 0 when there is nothing to
 * say. */
static long judge_range(const struct sb_bind *bind)
{
	if (!sb_has(SB_MISSES_TAIL_HOLE) || !sb_has_hole(bind->start, bind->len))
		return 0;
	return judge_arguments(bind);
}

/* ---- STRICT alone, rules 6 and 7 ---- */

/* For a kernel that does not look: look first. */
static long check_then_set(const struct sb_bind *bind)
{
	long result = judge_arguments(bind);
	int misplaced;

	/* EFAULT is all that is left to say of good arguments, and of a mask that cannot be read.
	 */
	if (result != -EFAULT || !sb_nodeset_readable(bind->mask, bind->maxnode))
		return result;
	misplaced = sb_any_misplaced(bind, sb_bind_start(bind), sb_bind_end(bind));
	if (misplaced < 0)
		return misplaced;
	return misplaced ? -EIO : sb_bind_policy(bind);
}

/*
 * For a kernel that looks, but not at hugetlb mappings: look at what may be one first. Where that
 * is refused nobody knows better than the kernel.
 */
static long check_blind_then_ask(const struct sb_bind *bind)
{
	const struct sb_stretch *blind = &bind->blind;
	long result = judge_arguments(bind);

	if (result != -EFAULT || !sb_nodeset_readable(bind->mask, bind->maxnode))
		return result;
	if (sb_any_misplaced(bind, blind->start, blind->end) > 0)
		return -EIO;
	return sb_bind_flags(bind, bind->flags);
}

static long bind_strict(const struct sb_bind *bind, struct sb_counts *counts)
{
	long result;

	if (sb_has(SB_STRICT_IGNORES_MISPLACED))
		result = check_then_set(bind);
	else if (bind->blind.start < bind->blind.end)
		result = check_blind_then_ask(bind);
	else
		result = sb_bind_flags(bind, bind->flags);
	if (result != -EIO)
		return result;
	/* Rule 3 †: the range is judged before its pages. */
	if (sb_has(SB_EIO_HIDES_HOLE) && sb_has_hole(bind->start, bind->len))
		return -EFAULT;
	if (counts)
		sb_count_misplaced(bind, counts);
	return -EIO;
}

/* ---- MPOL_DEFAULT, rules 4 and 11 ---- */

static long set_default(const struct sb_bind *bind, const struct strictbind_options *options,
			struct sb_counts *counts)
{
	if (bind->flags & SB_MF_ANY_MOVE)
		return sb_move(bind, options, counts);
	return sb_bind_flags(bind, bind->flags);
}

/*
 * Kernels that miss a hole at the end of the range do not let it begin in one either, and the
 * oldest take a range that is one hole for a mapped one.
 */
static long bind_default(const struct sb_bind *bind, const struct strictbind_options *options,
			 struct sb_counts *counts)
{
	struct sb_bind mapped = *bind;

	if (!sb_has(SB_MISSES_TAIL_HOLE) || !sb_has_hole(bind->start, bind->len))
		return set_default(bind, options, counts);
	mapped.start = sb_first_mapped(sb_bind_start(bind), sb_bind_end(bind));
	mapped.len = sb_bind_end(bind) - mapped.start;
	return mapped.len ? set_default(&mapped, options, counts) : judge_arguments(bind);
}

/* ---- the calls ---- */

long sb_mbind(struct sb_bind *bind, const struct strictbind_options *options,
	      struct sb_counts *counts)
{
	long result;

	if (bind->flags & ~SB_MF_VALID || !reaches_range(bind))
		return sb_bind_flags(bind, bind->flags);
	if (sb_bind_is_default(bind))
		return bind_default(bind, options, counts);
	result = judge_range(bind);
	if (result < 0)
		return result;
	if (bind->flags == 0)
		return sb_bind_policy(bind);
	if (sb_has(SB_STRICT_IGNORES_HUGETLB) && !sb_has(SB_STRICT_IGNORES_MISPLACED))
		bind->blind = sb_hugetlb_stretch(sb_bind_start(bind), sb_bind_end(bind));
	if (bind->flags & SB_MF_ANY_MOVE)
		return sb_move(bind, options, counts);
	return bind_strict(bind, counts);
}
