/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/huge_size.h"

#include <stdatomic.h>

#include "core/page.h"
#include "core/proc_file.h"
#include "core/syscall.h"

#define SIZE_FILE "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size"

/* 0: not asked yet. Threads that ask at the same time get the same answer. */
static atomic_ulong known;

unsigned long sb_huge_size(void)
{
	unsigned long size = atomic_load_explicit(&known, memory_order_relaxed);
	unsigned long page = sb_page_size();

	if (size)
		return size;
	size = sb_number_in((int)sb_sys_open_read(SIZE_FILE));
	if (size <= page || (size & (size - 1)))
		size = page / 8 * page;
	atomic_store_explicit(&known, size, memory_order_relaxed);
	return size;
}
