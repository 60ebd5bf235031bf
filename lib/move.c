/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mbind with MOVE, rules 8 to 10. Inside, 1 stands for: moved, and some page that had to move could
 * not.
 */
#include <stdbool.h>

#include "facts.h"
#include "move.h"
#include "nodeset.h"
#include "pieces.h"
#include "unmoved.h"

static bool has_empty_nodes(const struct sb_bind *bind)
{
	struct sb_nodeset wanted;

	sb_nodeset_read(&wanted, bind->mask, bind->maxnode);
	return sb_nodeset_is_empty(&wanted);
}

/* ---- the verdict, for a non-empty N: the nodes of the pages tell ---- */

/*
 * failed: what the kernel says of the move, or 1 where it does not say. That stands only where the
 * pages that are left cannot be told apart.
 */
static long find_unmoved(const struct sb_bind *bind, long failed, struct sb_counts *counts)
{
	int unmoved;

	if (!sb_has(SB_STRICT_IGNORES_MISPLACED) && sb_bind_flags(bind, SB_MF_STRICT) == 0)
		return 0;
	if (counts) {
		sb_count_unmoved(bind, counts);
		return counts->unmoved == STRICTBIND_UNKNOWN ? failed : counts->unmoved > 0;
	}
	unmoved = sb_any_unmoved(bind);
	return unmoved < 0 ? failed : unmoved;
}

/* The kernel has moved everything that had to move: whatever is left was left because it is shared.
 */
static void find_shared(const struct sb_bind *bind, struct sb_counts *counts)
{
	if (bind->flags & SB_MF_MOVE_ALL)
		return;
	find_unmoved(bind, 0, counts);
	if (counts->unmoved != STRICTBIND_UNKNOWN)
		counts->shared += counts->unmoved;
	counts->unmoved = 0;
	counts->first_unmoved = 0;
}

/* ---- kernels that move everything movable and say whether something was left ---- */

static long move_by_kernel(const struct sb_bind *bind, struct sb_counts *counts)
{
	long result = sb_bind_flags(bind, bind->flags | SB_MF_STRICT);
	bool failed = result == -EIO;

	if (result == 0 && !counts)
		return 0;
	if (result < 0 && !failed)
		return result;
	if (has_empty_nodes(bind)) {
		if (counts)
			sb_count_unmoved_anywhere(bind, failed, counts);
		return failed;
	}
	if (failed)
		return find_unmoved(bind, 1, counts);
	find_shared(bind, counts);
	return 0;
}

/* ---- kernels that do not: first the policy, all or nothing, then the pages ---- */

/* Sets the policy of the whole range, or fails with nothing done (rules 1 and 3). */
static long set_policy(const struct sb_bind *bind)
{
	/* Without MOVE_ALL the kernel does not ask for the privilege that MOVE_ALL takes. */
	if (bind->flags & SB_MF_MOVE_ALL) {
		long result = sb_sys_mbind(bind->start, 0, bind->mode, bind->mask, bind->maxnode,
					   bind->flags);

		if (result < 0)
			return result;
	}
	return sb_bind_flags(bind, 0);
}

/*
 * Puts the call to the kernel piece by piece where it does not accept the whole range: parts that
 * another thread has unmapped since the policy was set are left out. Returns 1 when some piece
 * failed with EIO.
 */
static long move_pieces(const struct sb_bind *bind, unsigned flags)
{
	unsigned long start = sb_untag(bind->start);
	struct sb_pieces pieces =
		sb_pieces_of(start, start + sb_round_up(bind->len), sb_page_size());
	long failed = 0;

	while (pieces.at < pieces.end) {
		long result = sb_bind_part(bind, pieces.at, sb_piece_end(&pieces), flags);

		if (result == -EFAULT && sb_piece_shrink(&pieces))
			continue;
		if (result < 0 && result != -EFAULT && result != -EIO)
			return result;
		failed |= result == -EIO;
		if (result == -EFAULT)
			sb_piece_next(&pieces);
		else
			sb_piece_next_grow(&pieces);
	}
	return failed;
}

/*
 * A move without STRICT fails with EIO only when it met a huge page that someone else is just
 * moving. That passes.
 */
static long move_leniently(const struct sb_bind *bind)
{
	long result = 0;

	for (int tries = 0; tries < 1000; tries++) {
		result = move_pieces(bind, bind->flags & ~SB_MF_STRICT);
		if (result != 1)
			return result;
		sb_sys_sched_yield();
	}
	return result;
}

/* No node tells here what could not be moved; only the kernel does, and it may stop there. */
static long move_anywhere(const struct sb_bind *bind, struct sb_counts *counts)
{
	long failed = move_pieces(bind, bind->flags | SB_MF_STRICT);

	if (failed < 0)
		return failed;
	if (failed && sb_has(SB_STOPS_AT_UNMOVABLE)) {
		long result = move_leniently(bind);

		if (result < 0)
			return result;
	}
	if (counts)
		sb_count_unmoved_anywhere(bind, failed, counts);
	return failed;
}

static long move_after_policy(const struct sb_bind *bind, struct sb_counts *counts)
{
	long result = set_policy(bind);

	if (result < 0)
		return result;
	if (has_empty_nodes(bind))
		return move_anywhere(bind, counts);
	result = move_leniently(bind);
	return result < 0 ? result : find_unmoved(bind, 1, counts);
}

long sb_move(const struct sb_bind *bind, struct sb_counts *counts)
{
	long result;

	if (sb_has(SB_STOPS_AT_UNMOVABLE) || sb_has(SB_MISSES_UNMOVABLE) ||
	    sb_has(SB_HALF_DONE_BEFORE_HOLE))
		result = move_after_policy(bind, counts);
	else
		result = move_by_kernel(bind, counts);
	if (result <= 0)
		return result;
	return bind->flags & SB_MF_STRICT ? -EIO : 0;
}
