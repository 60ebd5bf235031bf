/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>

#include "bind.h"

SB_EXPORT long strictbind_mbind(void *addr, unsigned long len, int mode, const unsigned long *nodemask,
				unsigned long maxnode, unsigned flags)
{
	struct sb_bind bind = { (uintptr_t)addr, len, mode, flags, nodemask, maxnode };

	return sb_result(sb_bind(&bind, NULL));
}

SB_EXPORT long strictbind_mbind_opt(void *addr, unsigned long len, int mode,
				    const unsigned long *nodemask, unsigned long maxnode,
				    unsigned flags, const struct strictbind_options *options,
				    struct strictbind_report *report)
{
	struct sb_bind bind = { (uintptr_t)addr, len, mode, flags, nodemask, maxnode };
	struct sb_counts counts = { 0, 0, 0 };
	long result = sb_check_options(options, report);

	if (result < 0)
		return sb_result(result);
	result = sb_bind(&bind, report ? &counts : NULL);
	if (report)
		sb_write_report(report, &counts);
	return sb_result(result);
}
