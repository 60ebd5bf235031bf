/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/syscall.h"
#include "arch/arch.h"

long sb_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	return sb_arch_syscall(number, a, b, c, d, e, f);
}
