/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check/check.h"
#include "api/abi.h"
#include "check/enforce.h"
#include "check/extents.h"
#include "pages/move_list.h"
#include "pages/stretch.h"

SB_EXPORT const char *strictbind_reason_name(int reason)
{
	static const char *const names[] = {
		[STRICTBIND_REASON_NONE] = "none",
		[STRICTBIND_REASON_UNTOLD] = "not told",
		[STRICTBIND_REASON_SHARED] = "shared",
		[STRICTBIND_REASON_MERGED] = "merged (KSM)",
		[STRICTBIND_REASON_KERNEL_MEMORY] = "kernel memory",
		[STRICTBIND_REASON_SECRET] = "secret memory",
		[STRICTBIND_REASON_FILE_CACHE] = "file cache",
		[STRICTBIND_REASON_NO_ROOM] = "no room where they belong",
		[STRICTBIND_REASON_CPUSET] = "not allowed by the cpuset",
		[STRICTBIND_REASON_CUT] = "huge page across two policies",
		[STRICTBIND_REASON_HELD] = "held",
		[STRICTBIND_REASON_NOT_MOVED] = "not moved",
	};

	if (reason < 0 || (size_t)reason >= sizeof(names) / sizeof(*names))
		return NULL;
	return names[reason];
}

/* What is common to the calls that look at a range, with options and a report. */
struct call {
	struct sb_stretch place;
	struct strictbind_options options;
	struct sb_ranges ranges;
	struct sb_tally tally;
};

static long begin(struct call *call, int pid, const void *addr, unsigned long len,
		  const struct strictbind_options *options, struct strictbind_report *report)
{
	long result = sb_take_options(options, report, &call->options);

	if (result == 0)
		result = sb_stretch_of(pid, addr, len, &call->place);
	call->ranges = sb_ranges_of(&call->options);
	call->tally = (struct sb_tally){ .failed = false };
	return result;
}

/* Unmoved pages as a return value: where they are not known, as many as there are at least. */
static long end(const struct call *call, long result, struct strictbind_report *report)
{
	if (report && (result == 0 || result == -ECANCELED))
		sb_write_report(report, &call->tally, call->ranges.count);
	return sb_result(result < 0 ? result : (long)call->tally.unmoved.least);
}

SB_EXPORT long strictbind_check(int pid, const void *addr, unsigned long len,
				const unsigned long *nodemask, unsigned long maxnode,
				const struct strictbind_options *options,
				struct strictbind_report *report)
{
	struct call call;
	struct sb_nodeset placed;
	struct sb_check check = { .pid = pid };
	long result = begin(&call, pid, addr, len, options, report);

	if (result == 0 && nodemask && sb_nodeset_too_long(maxnode))
		result = -EINVAL;
	if (result == 0 && nodemask && !sb_nodeset_readable(nodemask, maxnode))
		result = -EFAULT;
	if (result < 0)
		return sb_result(result);
	if (nodemask) {
		sb_nodeset_read(&placed, nodemask, maxnode);
		check.placed = check.targets = &placed;
	}
	check.counts_shared = true;
	check.may_move_shared = call.options.ranges && sb_may_move_shared();
	check.start = call.place.start;
	check.end = call.place.end;
	check.ranges = call.options.ranges ? &call.ranges : NULL;
	result = check.start < check.end ? sb_check(&check) : 0;
	call.tally = check.tally;
	return end(&call, result, report);
}

/* Moves pages to where they are in place, NULL: where the policies in force want them. */
static long move(int pid, const void *addr, unsigned long len, const struct sb_nodeset *placed,
		 const struct strictbind_options *options, struct strictbind_report *report)
{
	struct call call;
	struct sb_enforce enforce = { .pid = pid, .placed = placed };
	long result = begin(&call, pid, addr, len, options, report);

	if (result < 0)
		return sb_result(result);
	enforce.start = call.place.start;
	enforce.end = call.place.end;
	enforce.options = &call.options;
	enforce.ranges = call.options.ranges ? &call.ranges : NULL;
	if (enforce.start < enforce.end)
		result = sb_enforce(&enforce, &call.tally);
	return end(&call, result, report);
}

SB_EXPORT long strictbind_enforce(int pid, const void *addr, unsigned long len,
				  const struct strictbind_options *options,
				  struct strictbind_report *report)
{
	return move(pid, addr, len, NULL, options, report);
}

SB_EXPORT long strictbind_move(int pid, const void *addr, unsigned long len, int node,
			       const struct strictbind_options *options,
			       struct strictbind_report *report)
{
	struct sb_nodeset placed = { .bits = { 0 } };

	if (node < 0 || node >= SB_MAX_NODES)
		return sb_result(-EINVAL);
	sb_nodeset_add(&placed, node);
	return move(pid, addr, len, &placed, options, report);
}

SB_EXPORT long strictbind_extents(int pid, const void *addr, unsigned long len,
				  struct strictbind_range *extents, unsigned long room)
{
	struct sb_stretch place;
	long result = sb_stretch_of(pid, addr, len, &place);

	if (result == 0 && !extents && room)
		result = -EINVAL;
	if (result == 0 && room && place.start < place.end)
		result = sb_extents(pid, place.start, place.end, extents, room);
	return sb_result(result);
}
