/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_PAGES_ROOM_H
#define SB_PAGES_ROOM_H

#include <stdbool.h>

/* Room for so many pages is enough to say that there is room. */
#define SB_ROOM_PAGES 512

/*
 * Whether a node has room for so many more base pages: pages of ours are moved there. True when
 * that cannot be found out.
 */
bool sb_has_room(int node, unsigned long pages);

#endif
