/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * syscall() of the C library, but for two numbers. As there, nothing touches the stack between the
 * system call and the return: the call may be vfork, or clone with another stack.
 */
#include <sys/syscall.h>

#if defined(__x86_64__)

#if defined(__CET__)
#include <cet.h>
#else
#define _CET_ENDBR
#endif

	.text
	.globl syscall
	.type syscall, @function
	.p2align 4
syscall:
	.cfi_startproc
	_CET_ENDBR
	cmpq $SYS_mbind, %rdi
	je .Lmbind
	cmpq $SYS_migrate_pages, %rdi
	je .Lmigrate_pages
	movq %rdi, %rax
	movq %rsi, %rdi
	movq %rdx, %rsi
	movq %rcx, %rdx
	movq %r8, %r10
	movq %r9, %r8
	movq 8(%rsp), %r9
	syscall
	cmpq $-4095, %rax
	jae .Lfailed
	ret

.Lfailed:
	/* Not there before relocation, for resolvers of indirect functions. */
	movq __errno_location@GOTPCREL(%rip), %rcx
	testq %rcx, %rcx
	jz .Lno_errno
	pushq %rax
	.cfi_adjust_cfa_offset 8
	call *%rcx
	popq %rcx
	.cfi_adjust_cfa_offset -8
	negl %ecx
	movl %ecx, (%rax)
.Lno_errno:
	movq $-1, %rax
	ret

	/* One argument fewer, and the rest a place further ahead; the caller's frame stays. */
.Lmbind:
	movq %rsi, %rdi
	movq %rdx, %rsi
	movq %rcx, %rdx
	movq %r8, %rcx
	movq %r9, %r8
	movq 8(%rsp), %r9
	jmp sb_preload_mbind

.Lmigrate_pages:
	movq %rsi, %rdi
	movq %rdx, %rsi
	movq %rcx, %rdx
	movq %r8, %rcx
	jmp sb_preload_migrate_pages
	.cfi_endproc
	.size syscall, . - syscall

#elif defined(__aarch64__)

	.text
	.globl syscall
	.type syscall, %function
	.p2align 4
syscall:
	.cfi_startproc
	hint 34 /* bti c, where there is one */
	cmp x0, SYS_mbind
	b.eq .Lmbind
	cmp x0, SYS_migrate_pages
	b.eq .Lmigrate_pages
	uxtw x8, w0
	mov x0, x1
	mov x1, x2
	mov x2, x3
	mov x3, x4
	mov x4, x5
	mov x5, x6
	mov x6, x7
	svc 0
	cmn x0, 4095
	b.cs .Lfailed
	ret

.Lfailed:
	/* Not there before relocation, for resolvers of indirect functions. */
	adrp x1, :got:__errno_location
	ldr x1, [x1, :got_lo12:__errno_location]
	cbz x1, .Lno_errno
	stp x30, x0, [sp, -16]!
	.cfi_adjust_cfa_offset 16
	.cfi_rel_offset x30, 0
	blr x1
	ldp x30, x1, [sp], 16
	.cfi_adjust_cfa_offset -16
	.cfi_restore x30
	neg w1, w1
	str w1, [x0]
.Lno_errno:
	mov x0, -1
	ret

	/* One argument fewer, and the rest a place further ahead; the caller's frame stays. */
.Lmbind:
	mov x0, x1
	mov x1, x2
	mov x2, x3
	mov x3, x4
	mov x4, x5
	mov x5, x6
	b sb_preload_mbind

.Lmigrate_pages:
	mov x0, x1
	mov x1, x2
	mov x2, x3
	mov x3, x4
	b sb_preload_migrate_pages
	.cfi_endproc
	.size syscall, . - syscall

#if defined(__ARM_FEATURE_BTI_DEFAULT)
	/* NT_GNU_PROPERTY_TYPE_0 of "GNU": GNU_PROPERTY_AARCH64_FEATURE_1_AND with BTI. */
	.section .note.gnu.property, "a"
	.p2align 3
	.word 4, 16, 5
	.asciz "GNU"
	.word 0xc0000000, 4, 1, 0
#endif

#else
#error "the preload library has no syscall() for this architecture yet"
#endif

	.section .note.GNU-stack, "", %progbits
