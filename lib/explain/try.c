/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explain/try.h"

long sb_try_policy(int mode, const unsigned long *mask, unsigned long maxnode)
{
	unsigned long page = sb_page_size();
	long at = sb_sys_map_scratch(page);
	long result;

	if (sb_sys_no_address(at))
		return 0;
	result = sb_sys_mbind((unsigned long)at, page, mode, mask, maxnode, 0);
	sb_sys_munmap((unsigned long)at, page);
	return result;
}
