/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mbind/strict.h"

/* A part of this many pages is looked at page by page. */
#define SMALL_PART 128

bool sb_strict_tells(const struct sb_request *request)
{
	return request->plan.strict != SB_STRICT_TELLS_NOTHING;
}

bool sb_none_misplaced(const struct sb_request *request, unsigned long start, unsigned long end)
{
	return sb_strict_tells(request) && !sb_stretch_meets(&request->blind, start, end) &&
	       sb_bind_part(request, start, end, SB_MF_STRICT) == 0;
}

struct sb_misplaced_parts sb_misplaced_parts_of(const struct sb_request *request,
						unsigned long start, unsigned long end)
{
	return (struct sb_misplaced_parts){
		.request = request,
		.bisect = sb_bisect_of(start, end, SMALL_PART * sb_page_size()),
	};
}

bool sb_misplaced_parts_next(struct sb_misplaced_parts *parts)
{
	struct sb_bisect *bisect = &parts->bisect;

	while (bisect->at < bisect->end) {
		parts->start = bisect->at;
		parts->end = sb_bisect_end(bisect);
		if (sb_none_misplaced(parts->request, parts->start, parts->end)) {
			sb_bisect_next_grow(bisect);
		} else if (!sb_bisect_shrink(bisect)) {
			sb_bisect_next(bisect);
			return true;
		}
	}
	return false;
}
