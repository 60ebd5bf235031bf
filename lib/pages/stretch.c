/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages/stretch.h"

#include <stdint.h>

#include "core/page.h"
#include "core/syscall.h"

int sb_stretch_of(int pid, const void *addr, unsigned long len, struct sb_stretch *stretch)
{
	unsigned long page = sb_page_size();
	unsigned long start = sb_untag((uintptr_t)addr);
	unsigned long end = start + len;

	if (end < start || end + page - 1 < end)
		return -EINVAL;
	stretch->start = start & -page;
	stretch->end = len ? (end + page - 1) & -page : stretch->start;
	return (int)sb_sys_move_pages(pid, 0, NULL, NULL, NULL, 0);
}
