/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pages that stayed, as ranges with a reason, in the array of the caller. */
#ifndef SB_CHECK_RANGES_H
#define SB_CHECK_RANGES_H

#include <stdbool.h>

#include "strictbind.h"

struct sb_ranges {
	struct strictbind_range *array;
	unsigned long room;	      /* elements of the array */
	unsigned long count;	      /* ranges found, also those that found no room */
	struct strictbind_range last; /* the last one, which may go on */
};

/* Where the options say so. */
struct sb_ranges sb_ranges_of(const struct strictbind_options *options);

/* Pages behind those added before: they are a new range, or more of the last one. */
void sb_ranges_add(struct sb_ranges *ranges, const struct strictbind_range *range);

#endif
