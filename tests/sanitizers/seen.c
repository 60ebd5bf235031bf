/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The library maps and unmaps by system calls of its own, which a sanitizer does not see: when two
 * threads are given the same address one after the other, it takes the second one's first access
 * for a race with the first one's last. So here both go through the C library, where it looks.
 */
#include <errno.h>

#include "core/syscall.h"

long __real_sb_syscall(long number, long a, long b, long c, long d, long e, long f); // NOLINT
long __wrap_sb_syscall(long number, long a, long b, long c, long d, long e, long f); // NOLINT

static long map(long a, long b, long c, long d, long e, long f)
{
	void *at = mmap((void *)a, (size_t)b, (int)c, (int)d, (int)e, f); // NOLINT

	return at == MAP_FAILED ? -errno : (long)(uintptr_t)at;
}

long __wrap_sb_syscall(long number, long a, long b, long c, long d, long e, long f) // NOLINT
{
	int before = errno;
	long result;

	/* Files are opened by system calls, too, and the sanitizer keeps account of descriptors. */
	if (number == SYS_mmap && d & MAP_ANONYMOUS)
		result = map(a, b, c, d, e, f);
	else if (number == SYS_munmap)
		result = munmap((void *)a, (size_t)b) < 0 ? -errno : 0; // NOLINT
	else
		return __real_sb_syscall(number, a, b, c, d, e, f);
	errno = before;
	return result;
}
