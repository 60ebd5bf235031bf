/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_ARCH_S390X_H
#define SB_ARCH_S390X_H

#include <sys/syscall.h>

#include "arch/no_tags.h"

static inline long sb_arch_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	/* mmap alone takes its arguments from memory. */
	long of_mmap[] = { a, b, c, d, e, f };
	register long r1 __asm__("r1") = number;
	register long r2 __asm__("r2") = number == SYS_mmap ? (long)of_mmap : a;
	register long r3 __asm__("r3") = b;
	register long r4 __asm__("r4") = c;
	register long r5 __asm__("r5") = d;
	register long r6 __asm__("r6") = e;
	register long r7 __asm__("r7") = f;

	__asm__ volatile("svc 0"
			 : "+d"(r2)
			 : "d"(r1), "d"(r3), "d"(r4), "d"(r5), "d"(r6), "d"(r7)
			 : "memory", "cc");
	return r2;
}

/* A segment. */
static inline unsigned long sb_arch_smallest_hugetlb(unsigned long page)
{
	(void)page;
	return 1UL << 20;
}

#endif
