/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages/split.h"

#include <sys/uio.h>

#include "core/page.h"
#include "core/syscall.h"
#include "kernel/filter.h"

/*
 * Advice about a page of a huge one that is mapped page by page: the kernel splits it first, as
 * only that page is to be reclaimed sooner.
 */
void sb_split_folio(int pid, unsigned long address)
{
	unsigned long size = sb_page_size();
	struct iovec page = { (void *)address, size }; // NOLINT(performance-no-int-to-ptr)
	long process;

	if (pid == 0 || pid == sb_sys_getpid()) {
		sb_sys_madvise(address, size, SB_MADV_COLD);
		return;
	}
	/* A filter may end the process for calls that are as new as these. */
	if (sb_has_filter())
		return;
	process = sb_sys_pidfd_open(pid);
	if (process < 0)
		return;
	sb_sys_process_madvise((int)process, &page, 1, SB_MADV_COLD);
	sb_sys_close((int)process);
}
