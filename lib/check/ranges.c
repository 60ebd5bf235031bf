/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check/ranges.h"

struct sb_ranges sb_ranges_of(const struct strictbind_options *options)
{
	return (struct sb_ranges){ .array = options->ranges, .room = options->range_room };
}

static bool goes_on(const struct sb_ranges *ranges, const struct strictbind_range *range)
{
	const struct strictbind_range *last = &ranges->last;

	return ranges->count > 0 &&
	       (const char *)last->address + last->length == (const char *)range->address &&
	       last->node == range->node && last->reason == range->reason &&
	       last->room == range->room;
}

void sb_ranges_add(struct sb_ranges *ranges, const struct strictbind_range *range)
{
	if (goes_on(ranges, range)) {
		ranges->last.length += range->length;
	} else {
		ranges->last = *range;
		ranges->count++;
	}
	if (ranges->count <= ranges->room)
		ranges->array[ranges->count - 1] = ranges->last;
}
