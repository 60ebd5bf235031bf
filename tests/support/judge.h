/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One call that tells the contract from the kernel alone, on every kernel and with one node: a page
 * that is misplaced, the end of its mapping, and behind the next mapping a hole. MPOL_LOCAL has an
 * empty node set, so every page is misplaced.
 */
#ifndef TESTS_JUDGE_H
#define TESTS_JUDGE_H

#include <errno.h>
#include <linux/mempolicy.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { JUDGE_LOCAL = 4 };

typedef long bind_fn(void *start, unsigned long len, int mode, const unsigned long *mask,
		     unsigned long maxnode, unsigned flags);

static inline long bind_by_syscall(void *start, unsigned long len, int mode,
				   const unsigned long *mask, unsigned long maxnode, unsigned flags)
{
	return syscall(SYS_mbind, start, len, mode, mask, maxnode, flags);
}

/* The errno of the call: EFAULT by the contract, EIO by the kernel alone. */
static inline int judge(bind_fn *bind)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *at = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int error = 0;

	if (at == MAP_FAILED)
		return errno;
	*(volatile char *)at = 1;
	mprotect(at + page, page, PROT_READ);
	munmap(at + 2 * page, page);
	errno = 0;
	if (bind(at, 3 * page, JUDGE_LOCAL, NULL, 0, MPOL_MF_STRICT) == -1)
		error = errno;
	munmap(at, 2 * page);
	return error;
}

#endif
