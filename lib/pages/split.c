/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages/split.h"

#include <errno.h>
#include <sys/uio.h>

#include "core/page.h"
#include "core/syscall.h"
#include "kernel/filter.h"

static void begin(struct sb_splitting *splitting)
{
	int pid = splitting->pid;

	splitting->begun = true;
	splitting->own = pid == 0 || pid == sb_sys_getpid();
	splitting->process = -ENOSYS;
	/* A filter may end the process for calls that are as new as these. */
	if (!splitting->own && !sb_has_filter())
		splitting->process = (int)sb_sys_pidfd_open(pid);
}

/*
 * Advice about a page of a huge one that is mapped page by page: the kernel splits it first, as
 * only that page is to be reclaimed sooner.
 */
void sb_split_folio(struct sb_splitting *splitting, unsigned long address)
{
	unsigned long size = sb_page_size();
	struct iovec page = { (void *)address, size }; // NOLINT(performance-no-int-to-ptr)

	if (!splitting->begun)
		begin(splitting);
	if (splitting->own)
		sb_sys_madvise(address, size, SB_MADV_COLD);
	else if (splitting->process >= 0)
		sb_sys_process_madvise(splitting->process, &page, 1, SB_MADV_COLD);
}

void sb_split_close(const struct sb_splitting *splitting)
{
	if (splitting->begun && splitting->process >= 0)
		sb_sys_close(splitting->process);
}
