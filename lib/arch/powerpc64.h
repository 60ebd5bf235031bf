/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_ARCH_POWERPC64_H
#define SB_ARCH_POWERPC64_H

#include "arch/no_tags.h"

/* The kernel says in a bit of the condition register that the result is an errno. */
static inline long sb_arch_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	register long r0 __asm__("r0") = number;
	register long r3 __asm__("r3") = a;
	register long r4 __asm__("r4") = b;
	register long r5 __asm__("r5") = c;
	register long r6 __asm__("r6") = d;
	register long r7 __asm__("r7") = e;
	register long r8 __asm__("r8") = f;

	__asm__ volatile("sc\n\t"
			 "bns+ 1f\n\t"
			 "neg %1, %1\n"
			 "1:"
			 : "+r"(r0), "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7), "+r"(r8)
			 :
			 : "r9", "r10", "r11", "r12", "cr0", "ctr", "memory");
	return r3;
}

/* 2 MiB with a radix page table, 16 MiB with a hashed one; with 4 KiB pages there may be less. */
static inline unsigned long sb_arch_smallest_hugetlb(unsigned long page)
{
	return 16 * page;
}

#endif
