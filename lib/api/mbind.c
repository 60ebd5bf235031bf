/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mbind/mbind.h"
#include "api/abi.h"

SB_EXPORT long strictbind_mbind(void *addr, unsigned long len, int mode,
				const unsigned long *nodemask, unsigned long maxnode,
				unsigned flags)
{
	static const struct strictbind_options no_options;
	struct sb_tally tally = { .failed = false };
	struct sb_request request = sb_request_of(addr, len, mode, nodemask, maxnode, flags);

	return sb_result(sb_mbind(&request, &no_options, false, &tally));
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
		sb_write_report(report, &tally);
	return sb_result(result);
}
