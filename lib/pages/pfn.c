/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages/pfn.h"
#include "core/page.h"
#include "kernel/quirks.h"

#define SIZE (2 * SB_FRAMES * sizeof(uint64_t))

int sb_frames_open(struct sb_frames *frames)
{
	int result = sb_pagemap_open(&frames->pagemap, 0);
	long map;

	if (result < 0)
		return result;
	map = sb_sys_map_scratch(SIZE);
	if (sb_sys_no_address(map)) {
		sb_pagemap_close(&frames->pagemap);
		return (int)map;
	}
	frames->before = (uint64_t *)map; // NOLINT
	frames->after = frames->before + SB_FRAMES;
	return 0;
}

void sb_frames_close(const struct sb_frames *frames)
{
	sb_sys_munmap((uintptr_t)frames->before, SIZE);
	sb_pagemap_close(&frames->pagemap);
}

bool sb_frames_told(void)
{
	struct sb_pagemap pagemap;
	uint64_t here = 0;
	uint64_t entry = 0;

	if (!sb_has(SB_CAN_PAGEMAP) || sb_pagemap_open(&pagemap, 0) < 0)
		return false;
	if (sb_pagemap_read(&pagemap, (uintptr_t)&here, 1, &entry) < 0)
		entry = 0;
	sb_pagemap_close(&pagemap);
	return sb_entry_present(entry) && sb_entry_frame(entry) != 0;
}

int sb_frames_before(struct sb_frames *frames, unsigned long start, unsigned long end)
{
	frames->start = start;
	frames->pages = (end - start) / frames->pagemap.page;
	return sb_pagemap_read(&frames->pagemap, start, frames->pages, frames->before);
}

int sb_frames_after(struct sb_frames *frames)
{
	return sb_pagemap_read(&frames->pagemap, frames->start, frames->pages, frames->after);
}
