/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_PAGES_ROOM_H
#define SB_PAGES_ROOM_H

#include <stdbool.h>

/*
 * Whether a node has room for one more base page: a page of ours is moved there. True when that
 * cannot be found out.
 */
bool sb_has_room(int node);

#endif
