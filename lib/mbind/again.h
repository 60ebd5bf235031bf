/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A second try for pages that mbind has left though they can be moved. */
#ifndef SB_MBIND_AGAIN_H
#define SB_MBIND_AGAIN_H

#include "mbind/request.h"

/*
 * Moves pages that mbind has left outside N though a node of N has room for them: under
 * SB_LEAVES_MOVABLE, and, in modes that put pages elsewhere when a node is full, under
 * SB_PLACES_OUTSIDE. Where move_pages is refused nothing happens.
 */
void sb_move_again(const struct sb_request *request, unsigned long start, unsigned long end);

#endif
