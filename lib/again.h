/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_AGAIN_H
#define SB_AGAIN_H

#include "bind.h"

/*
 * Moves pages that mbind has left though they can be moved (SB_LEAVES_MOVABLE), one by one. Where
 * that is refused nothing happens.
 */
void sb_move_again(const struct sb_bind *bind, unsigned long start, unsigned long end);

/*
 * The same for the pages of a process that migrate_pages has left on a node, and that are not
 * shared.
 */
void sb_migrate_again(int pid, int source, int target);

#endif
