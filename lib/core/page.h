/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Page arithmetic. */
#ifndef SB_CORE_PAGE_H
#define SB_CORE_PAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>

#include "arch/arch.h"
#include "core/syscall.h"

/* 0: not asked yet. Threads that ask at the same time get the same answer. */
extern atomic_ulong sb_page_size_known;
unsigned long sb_ask_page_size(void);

/* Every call needs it, some of them several times, and getauxval goes through a list. */
static inline unsigned long sb_page_size(void)
{
	unsigned long size = atomic_load_explicit(&sb_page_size_known, memory_order_relaxed);

	return size ? size : sb_ask_page_size();
}

/* Up to whole pages; wraps around as the kernel's own rounding does. */
static inline unsigned long sb_round_up(unsigned long len)
{
	unsigned long page = sb_page_size();

	return (len + page - 1) & -page;
}

/* Every page of a hugetlb mapping has this size or a multiple of it. */
static inline unsigned long sb_smallest_hugetlb(void)
{
	return sb_arch_smallest_hugetlb(sb_page_size());
}

static inline unsigned long sb_min(unsigned long a, unsigned long b)
{
	return a < b ? a : b;
}

/* The address as page tables know it. */
static inline unsigned long sb_untag(unsigned long address)
{
	return sb_arch_untag(address);
}

static inline unsigned long sb_max(unsigned long a, unsigned long b)
{
	return a > b ? a : b;
}

/*
 * Whether part of the range is unmapped. msync with MS_ASYNC has had no other effect since 2.6.19
 * than to say ENOMEM then. When msync itself is refused nothing can be said, and the kernel's own
 * judgement stands.
 */
static inline bool sb_has_hole(unsigned long start, unsigned long len)
{
	return sb_sys_msync(start, len, MS_ASYNC) == -ENOMEM;
}

#endif
