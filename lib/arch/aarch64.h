/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_ARCH_AARCH64_H
#define SB_ARCH_AARCH64_H

static inline long sb_arch_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory", "cc");
	return x0;
}

/* The top byte is the program's; which half an address is in, bit 55 tells. */
static inline unsigned long sb_arch_untag(unsigned long address)
{
	return (unsigned long)((long)(address << 8) >> 8);
}

/* Sixteen pages, or more, may be mapped as one. */
static inline unsigned long sb_arch_smallest_hugetlb(unsigned long page)
{
	return 16 * page;
}

#endif
