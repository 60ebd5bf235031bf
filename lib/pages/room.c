/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages/room.h"
#include "core/page.h"

/* Pages that are moved in one call. */
enum { BATCH = 64 };

/* Moves pages of ours there; false when one finds no room. */
static bool move_there(unsigned long start, unsigned long pages, int node)
{
	unsigned long addresses[BATCH];
	int nodes[BATCH], status[BATCH];

	for (unsigned long i = 0; i < pages; i++) {
		addresses[i] = start + i * sb_page_size();
		nodes[i] = node;
		/* When it lies on that node from the start there was room for it, too. */
		*(volatile char *)addresses[i] = 1; // NOLINT(performance-no-int-to-ptr)
	}
	return sb_sys_move_pages(0, pages, addresses, nodes, status, SB_MF_MOVE) != -ENOMEM;
}

bool sb_has_room(int node, unsigned long pages)
{
	unsigned long size = pages * sb_page_size();
	long mapped = sb_sys_map_scratch(size);
	unsigned long start = (unsigned long)mapped;
	bool room = true;

	if (sb_sys_no_address(mapped))
		return true;
	for (unsigned long done = 0; done < pages && room; done += BATCH)
		room = move_there(start + done * sb_page_size(), sb_min(pages - done, BATCH), node);
	sb_sys_munmap(start, size);
	return room;
}
