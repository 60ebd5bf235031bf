/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check/extents.h"
#include "check/ranges.h"
#include "core/page.h"
#include "pages/scan.h"

static bool is_page(const struct sb_extent *page)
{
	return page->seen == SB_SEEN_PRESENT || page->seen == SB_SEEN_HIDDEN;
}

long sb_extents(int pid, unsigned long start, unsigned long end, struct strictbind_range *array,
		unsigned long room)
{
	struct sb_ranges ranges = { .array = array, .room = room };
	struct sb_extent page;
	struct sb_scan scan;
	int result;

	sb_scan_blocks(&scan, pid, start, end);
	while (ranges.count <= room && sb_scan_next(&scan, &page)) {
		struct strictbind_range range = {
			.address = (const void *)page.address, // NOLINT
			.length = page.pages * sb_page_size(),
			.node = page.seen == SB_SEEN_PRESENT ? page.node : -1,
			.reason = STRICTBIND_REASON_NONE,
		};

		if (is_page(&page))
			sb_ranges_add(&ranges, &range);
	}
	result = sb_scan_close(&scan);
	return result < 0 ? result : (long)sb_min(ranges.count, room);
}
