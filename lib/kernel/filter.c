/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/filter.h"

#include <errno.h>
#include <sys/prctl.h>

#include "core/proc_file.h"
#include "core/syscall.h"

#define SECCOMP_FILTER 2

/*
 * The file comes first: a filter may end the process for calls that it does not know. The kernel
 * answers the call with EINVAL where it has no filters, and with no other error of its own.
 */
bool sb_has_filter(void)
{
	unsigned long mode;
	long answer;

	if (sb_status_number("Seccomp:\t", 10, &mode))
		return mode == SECCOMP_FILTER;
	answer = sb_syscall(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0, 0);
	return answer == SECCOMP_FILTER || (answer < 0 && answer != -EINVAL);
}
