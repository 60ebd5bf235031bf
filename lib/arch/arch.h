/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What differs between architectures. Each header defines:
 *  - sb_arch_syscall(): a system call, with the kernel's value or -errno as the result;
 *  - sb_arch_untag(): an address as page tables know it, without the bits that programs may use;
 *  - sb_arch_smallest_hugetlb(): what every page of a hugetlb mapping is a multiple of.
 */
#ifndef SB_ARCH_ARCH_H
#define SB_ARCH_ARCH_H

#if defined(__x86_64__) && defined(__LP64__)
#include "arch/x86_64.h"
#elif defined(__aarch64__) && defined(__LP64__)
#include "arch/aarch64.h"
#elif defined(__powerpc64__)
#include "arch/powerpc64.h"
#elif defined(__riscv) && __riscv_xlen == 64
#include "arch/riscv64.h"
#elif defined(__s390x__)
#include "arch/s390x.h"
#elif defined(__loongarch64)
#include "arch/loongarch64.h"
#elif defined(__LP64__)
#include "arch/generic.h"
#else
#error "strictbind is for architectures of 64 bits"
#endif

#endif
