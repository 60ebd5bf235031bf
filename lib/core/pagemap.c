/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/pagemap.h"
#include "core/page.h"
#include "core/proc_file.h"
#include "core/syscall.h"

int sb_pagemap_open(struct sb_pagemap *pagemap, int pid)
{
	pagemap->page = sb_page_size();
	pagemap->fd = sb_proc_open(pid, "pagemap");
	return pagemap->fd < 0 ? pagemap->fd : 0;
}

void sb_pagemap_close(const struct sb_pagemap *pagemap)
{
	sb_sys_close(pagemap->fd);
}

int sb_pagemap_read(const struct sb_pagemap *pagemap, unsigned long address, unsigned long count,
		    uint64_t *entries)
{
	unsigned long offset = address / pagemap->page * sizeof(*entries);
	unsigned long size = count * sizeof(*entries);
	unsigned long done = 0;

	while (done < size) {
		long got = sb_sys_pread(pagemap->fd, (char *)entries + done, size - done,
					offset + done);

		if (got == -EINTR)
			continue;
		if (got < 0)
			return (int)got;
		if (got == 0)
			return -ENODATA;
		done += (unsigned long)got;
	}
	return 0;
}

/*
 * Of an end that goes beyond what a process can have mapped the kernel may take a part for a tag,
 * as on Arm: then it ends before it has begun, and says nothing of it.
 */
static long scan(const struct sb_pagemap *pagemap, struct sb_pagemap_scan_args *scan)
{
	scan->size = sizeof(*scan);
	return sb_sys_ioctl(pagemap->fd, SB_PAGEMAP_SCAN, scan);
}

int sb_pagemap_skip(const struct sb_pagemap *pagemap, unsigned long *address, unsigned long end)
{
	struct sb_scan_region region = { 0 };
	struct sb_pagemap_scan_args args = {
		.start = *address,
		.end = end,
		.regions = (uintptr_t)&region,
		.regions_len = 1,
		.max_pages = 1,
		.category_mask = SB_SCAN_PRESENT,
		.return_mask = SB_SCAN_PRESENT,
	};
	long found = scan(pagemap, &args);

	if (found < 0)
		return (int)found;
	if (found == 0 && args.walk_end != end)
		return -EFAULT;
	*address = found == 0 ? end : (unsigned long)region.start;
	return 0;
}

int sb_pagemap_scan(const struct sb_pagemap *pagemap, unsigned long *address, unsigned long end,
		    struct sb_scan_region *regions, unsigned count)
{
	struct sb_pagemap_scan_args args = {
		.start = *address,
		.end = end,
		.regions = (uintptr_t)regions,
		.regions_len = count,
		.category_inverted = SB_SCAN_ZERO,
		.category_mask = SB_SCAN_PRESENT | SB_SCAN_ZERO,
		.return_mask = SB_SCAN_PRESENT | SB_SCAN_HUGE,
	};
	long found = scan(pagemap, &args);

	if (found < 0)
		return (int)found;
	if (args.walk_end <= *address)
		return -EFAULT;
	*address = sb_min(args.walk_end, end);
	return (int)found;
}
