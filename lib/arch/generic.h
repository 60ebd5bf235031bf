/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_ARCH_GENERIC_H
#define SB_ARCH_GENERIC_H

#include <errno.h>
#include <unistd.h>

#include "arch/no_tags.h"

/*
 * The C library's, whose errno nobody is to see. Not for the preload library, which would call
 * itself.
 */
static inline long sb_arch_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	int before = errno;
	long result = syscall(number, a, b, c, d, e, f);

	if (result == -1)
		result = -errno;
	errno = before;
	return result;
}

/* Not known: any two pages may be one. */
static inline unsigned long sb_arch_smallest_hugetlb(unsigned long page)
{
	return 2 * page;
}

#endif
