/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_ARCH_X86_64_H
#define SB_ARCH_X86_64_H

static inline long sb_arch_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

/* With linear address masking (LAM), bits 57 to 62 of a user's address are the program's. */
static inline unsigned long sb_arch_untag(unsigned long address)
{
	return address & 1UL << 63 ? address : address & ((1UL << 57) - 1);
}

/* What a page of page table entries maps. */
static inline unsigned long sb_arch_smallest_hugetlb(unsigned long page)
{
	return page / sizeof(long) * page;
}

#endif
