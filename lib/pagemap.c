/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "facts.h"
#include "memory.h"
#include "pagemap.h"
#include "proc.h"
#include "sys.h"

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

unsigned long sb_pagemap_skip(const struct sb_pagemap *pagemap, unsigned long address,
			      unsigned long end)
{
	struct sb_scan_region region = { 0 };
	struct sb_scan scan;
	long found;

	if (!sb_has(SB_CAN_PAGEMAP_SCAN))
		return address;
	memset(&scan, 0, sizeof(scan));
	scan.size = sizeof(scan);
	scan.start = address;
	scan.end = end;
	scan.regions = (uintptr_t)&region;
	scan.regions_len = 1;
	scan.max_pages = 1;
	scan.category_mask = SB_SCAN_PRESENT;
	scan.return_mask = SB_SCAN_PRESENT;
	found = sb_sys_ioctl(pagemap->fd, SB_PAGEMAP_SCAN, &scan);
	if (found < 0)
		return address;
	return found == 0 ? end : (unsigned long)region.start;
}
