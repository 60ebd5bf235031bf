/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_ARCH_LOONGARCH64_H
#define SB_ARCH_LOONGARCH64_H

#include "arch/no_tags.h"

static inline long sb_arch_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	register long a7 __asm__("$a7") = number;
	register long a0 __asm__("$a0") = a;
	register long a1 __asm__("$a1") = b;
	register long a2 __asm__("$a2") = c;
	register long a3 __asm__("$a3") = d;
	register long a4 __asm__("$a4") = e;
	register long a5 __asm__("$a5") = f;

	__asm__ volatile("syscall 0"
			 : "+r"(a0)
			 : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
			 : "$t0", "$t1", "$t2", "$t3", "$t4", "$t5", "$t6", "$t7", "$t8", "memory");
	return a0;
}

/* What a page of page table entries maps. */
static inline unsigned long sb_arch_smallest_hugetlb(unsigned long page)
{
	return page / sizeof(long) * page;
}

#endif
