/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The questions about interfaces. Each is a call that cannot do anything, and what it answers. */
#include <sys/ioctl.h>

#include "core/nodeset.h"
#include "core/page.h"
#include "core/pagemap.h"
#include "core/proc_file.h"
#include "core/syscall.h"
#include "kernel/probe_quirks.h"

/* Length 0: the mode and flags are judged, and no mapping is looked at. */
static long bind_nothing(int mode)
{
	return sb_sys_mbind(0, 0, mode, NULL, 0, 0);
}

int sb_probe_mbind(void)
{
	return (int)bind_nothing(SB_MPOL_DEFAULT);
}

int sb_probe_local(void)
{
	return (int)bind_nothing(SB_MPOL_LOCAL);
}

int sb_probe_preferred_many(void)
{
	return (int)bind_nothing(SB_MPOL_PREFERRED_MANY);
}

int sb_probe_weighted_interleave(void)
{
	return (int)bind_nothing(SB_MPOL_WEIGHTED_INTERLEAVE);
}

int sb_probe_migrate_pages(void)
{
	/* No node to move to: EINVAL comes after everything that could refuse the call as such. */
	long result = sb_sys_migrate_pages(0, 0, NULL, NULL);

	return result == -EINVAL ? 0 : (int)result;
}

int sb_probe_move_pages(void)
{
	return (int)sb_sys_move_pages(0, 0, NULL, NULL, NULL, 0);
}

int sb_probe_pagemap(void)
{
	struct sb_pagemap pagemap;
	uint64_t entry;
	unsigned long page = sb_page_size();
	long start;
	long result = sb_pagemap_open(&pagemap, 0);

	if (result < 0)
		return (int)result;
	start = sb_sys_map_scratch(page);
	if (sb_sys_no_address(start)) {
		sb_pagemap_close(&pagemap);
		return (int)start;
	}
	*(volatile char *)start = 1; // NOLINT(performance-no-int-to-ptr)
	result = sb_pagemap_read(&pagemap, (unsigned long)start, 1, &entry);
	sb_sys_munmap((unsigned long)start, page);
	sb_pagemap_close(&pagemap);
	if (result < 0)
		return (int)result;
	/* Before 4.2 it does not tell whether a page is mapped once. */
	return sb_entry_present(entry) && sb_entry_exclusive(entry) ? 0 : -EOPNOTSUPP;
}

/* Both ioctls take a structure that begins with its size, and refuse 0 there. */
static int probe_ioctl(const char *file, unsigned long request)
{
	unsigned long argument[16] = { 0 };
	int fd = sb_proc_open(0, file);
	long result;

	if (fd < 0)
		return fd;
	result = sb_sys_ioctl(fd, request, argument);
	sb_sys_close(fd);
	return result == -EINVAL ? 0 : (int)result;
}

int sb_probe_pagemap_scan(void)
{
	return probe_ioctl("pagemap", SB_PAGEMAP_SCAN);
}

int sb_probe_procmap_query(void)
{
	/* struct procmap_query of <linux/fs.h> is 104 bytes long. */
	return probe_ioctl("maps", _IOC(_IOC_READ | _IOC_WRITE, 'f', 17, 104));
}

int sb_probe_numa_maps(void)
{
	struct sb_words words;
	int result = sb_words_open(&words, 0, "numa_maps");

	if (result < 0)
		return result;
	if (!sb_words_next(&words))
		result = words.error ? (int)words.error : -ENODATA;
	sb_words_close(&words);
	return result;
}
