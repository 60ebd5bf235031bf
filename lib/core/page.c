/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/page.h"
#include <sys/auxv.h>

atomic_ulong sb_page_size_known;

unsigned long sb_ask_page_size(void)
{
	unsigned long size = getauxval(AT_PAGESZ);

	atomic_store_explicit(&sb_page_size_known, size, memory_order_relaxed);
	return size;
}
