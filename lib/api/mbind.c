/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mbind/mbind.h"
#include "api/abi.h"
#include "check/check.h"
#include "core/page.h"
#include "mbind/placing.h"

SB_EXPORT long strictbind_mbind(void *addr, unsigned long len, int mode,
				const unsigned long *nodemask, unsigned long maxnode,
				unsigned flags)
{
	static const struct strictbind_options no_options;
	struct sb_tally tally = { .failed = false };
	struct sb_request request = sb_request_of(addr, len, mode, nodemask, maxnode, flags);

	return sb_result(sb_mbind(&request, &no_options, false, &tally));
}

/*
 * The pages that the tally counts, one by one. Returns how many ranges they are. Not a part of its
 * caller, which would take more of the stack.
 */
__attribute__((noinline)) static unsigned long find_ranges(const struct sb_request *request,
							   const struct strictbind_options *options,
							   const struct sb_tally *tally)
{
	struct sb_ranges ranges = sb_ranges_of(options);
	struct sb_nodeset placed, targets;
	struct sb_check check = {
		.start = request->range.start,
		.end = request->range.end,
		.placed = &placed,
		.targets = &targets,
		.tried = request->flags & SB_MF_ANY_MOVE,
		.moves_shared = request->flags & SB_MF_MOVE_ALL,
		.ranges = &ranges,
	};

	if (options->ranges && (tally->unmoved.most || tally->shared.most) &&
	    sb_placing_find(request, &placed, &targets))
		sb_check(&check);
	return ranges.count;
}

SB_EXPORT long strictbind_mbind_opt(void *addr, unsigned long len, int mode,
				    const unsigned long *nodemask, unsigned long maxnode,
				    unsigned flags, const struct strictbind_options *options,
				    struct strictbind_report *report)
{
	struct sb_request request = sb_request_of(addr, len, mode, nodemask, maxnode, flags);
	struct sb_tally tally = { .failed = false };
	struct strictbind_options known;
	long result = sb_take_options(options, report, &known);

	if (result < 0)
		return sb_result(result);
	result = sb_mbind(&request, &known, report != NULL, &tally);
	if (report)
		sb_write_report(report, &tally, find_ranges(&request, &known, &tally));
	return sb_result(result);
}
