/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages/room.h"
#include "core/page.h"

bool sb_has_room(int node)
{
	unsigned long size = sb_page_size();
	long mapped = sb_sys_map_scratch(size);
	unsigned long page = (unsigned long)mapped;
	int status = 0;
	long result;

	if (sb_sys_no_address(mapped))
		return true;
	/* When it lies on that node from the start there was room for it, too. */
	*(volatile char *)page = 1; // NOLINT(performance-no-int-to-ptr)
	result = sb_sys_move_pages(0, 1, &page, &node, &status, SB_MF_MOVE);
	sb_sys_munmap(page, size);
	return result != -ENOMEM;
}
