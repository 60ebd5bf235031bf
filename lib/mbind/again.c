/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mbind/again.h"
#include "mbind/clean.h"
#include "mbind/placing.h"
#include "pages/move_list.h"
#include "pages/rss.h"

static void walk_dirty(struct sb_move_list *list, const struct sb_request *request)
{
	struct sb_dirty dirty = sb_dirty_of(request, list->start, list->end);

	while (!list->refused && sb_dirty_next(&dirty))
		sb_move_list_walk(list, dirty.start, dirty.end);
}

void sb_move_again(const struct sb_request *request, unsigned long start, unsigned long end)
{
	struct sb_move_list list = {
		.start = start,
		.end = end,
		.flags = request->flags & SB_MF_MOVE_ALL ? SB_MF_MOVE_ALL : SB_MF_MOVE,
	};

	if (!sb_placing_find(request, &list.placed, &list.targets))
		return;
	/* Where STRICT says nothing, large ranges may be empty, or holes. */
	if (sb_clean_told(request))
		walk_dirty(&list, request);
	else if (end - start > sb_resident_bytes())
		sb_move_list_walk_vmas(&list);
	else
		sb_move_list_walk(&list, start, end);
	sb_move_list_flush(&list);
}
