/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_CHECK_EXTENTS_H
#define SB_CHECK_EXTENTS_H

#include "strictbind.h"

/*
 * Fills an array with the runs of present pages of [start, end) that are side by side on one node.
 * Returns how many, or a negative errno. When the array is full, more may follow.
 */
long sb_extents(int pid, unsigned long start, unsigned long end, struct strictbind_range *array,
		unsigned long room);

#endif
