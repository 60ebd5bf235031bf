/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A seccomp filter for one system call. */
#ifndef TESTS_FILTER_H
#define TESTS_FILTER_H

#include <linux/seccomp.h>

/* From now on this thread's calls of it are answered by SECCOMP_RET_*. 0, or -1. */
int filter_call(long number, unsigned answer);

/* The same: they fail with this. */
int refuse_call(long number, int error);

#endif
