/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * syscall() of the C library, but for two numbers, which go to functions with the same arguments and
 * the same caller. As there, nothing touches the stack between the system call and the return: the
 * call may be vfork, or clone with another stack. It may be called before relocation, by resolvers
 * of indirect functions: __errno_location is not there yet then.
 */
#include <sys/syscall.h>

#if defined(__CET__)
#include <cet.h>
#else
#define _CET_ENDBR
#endif

	.text
	.globl syscall
	.type syscall, %function
	.p2align 4
syscall:
	.cfi_startproc

#if defined(__x86_64__) && defined(__LP64__)

	_CET_ENDBR
	cmpq $SYS_mbind, %rdi
	je sb_preload_syscall_mbind
	cmpq $SYS_migrate_pages, %rdi
	je sb_preload_syscall_migrate_pages
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

#elif defined(__aarch64__) && defined(__LP64__)

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
	svc 0
	cmn x0, 4095
	b.cs .Lfailed
	ret

.Lfailed:
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

.Lmbind:
	b sb_preload_syscall_mbind
.Lmigrate_pages:
	b sb_preload_syscall_migrate_pages

#elif defined(__powerpc64__) && defined(_CALL_ELF) && _CALL_ELF == 2

.Lglobal_entry:
	addis 2, 12, .TOC. - .Lglobal_entry@ha
	addi 2, 2, .TOC. - .Lglobal_entry@l
	.localentry syscall, . - syscall
	cmpdi 3, SYS_mbind
	beq .Lmbind
	cmpdi 3, SYS_migrate_pages
	beq .Lmigrate_pages
	mr 0, 3
	mr 3, 4
	mr 4, 5
	mr 5, 6
	mr 6, 7
	mr 7, 8
	mr 8, 9
	sc
	bnslr+

	/* The result is the errno itself. */
	addis 12, 2, __errno_location@got@ha
	ld 12, __errno_location@got@l(12)
	cmpdi 12, 0
	beq .Lno_errno
	mflr 0
	std 0, 16(1)
	stdu 1, -48(1)
	.cfi_adjust_cfa_offset 48
	.cfi_offset lr, 16
	std 3, 32(1)
	std 2, 24(1)
	mtctr 12
	bctrl
	ld 2, 24(1)
	ld 4, 32(1)
	addi 1, 1, 48
	.cfi_adjust_cfa_offset -48
	ld 0, 16(1)
	mtlr 0
	.cfi_restore lr
	stw 4, 0(3)
.Lno_errno:
	li 3, -1
	blr

.Lmbind:
	b sb_preload_syscall_mbind
.Lmigrate_pages:
	b sb_preload_syscall_migrate_pages

#elif defined(__riscv) && __riscv_xlen == 64

	li t0, SYS_mbind
	beq a0, t0, .Lmbind
	li t0, SYS_migrate_pages
	beq a0, t0, .Lmigrate_pages
	mv a7, a0
	mv a0, a1
	mv a1, a2
	mv a2, a3
	mv a3, a4
	mv a4, a5
	mv a5, a6
	ecall
	li t0, -4095
	bgeu a0, t0, .Lfailed
	ret

.Lfailed:
	auipc t1, %got_pcrel_hi(__errno_location)
	ld t1, %pcrel_lo(.Lfailed)(t1)
	beqz t1, .Lno_errno
	addi sp, sp, -16
	.cfi_adjust_cfa_offset 16
	sd ra, 8(sp)
	.cfi_rel_offset ra, 8
	sd a0, 0(sp)
	jalr t1
	ld t0, 0(sp)
	ld ra, 8(sp)
	.cfi_restore ra
	addi sp, sp, 16
	.cfi_adjust_cfa_offset -16
	negw t0, t0
	sw t0, 0(a0)
.Lno_errno:
	li a0, -1
	ret

.Lmbind:
	tail sb_preload_syscall_mbind
.Lmigrate_pages:
	tail sb_preload_syscall_migrate_pages

#elif defined(__s390x__)

	cghi %r2, SYS_mbind
	jge sb_preload_syscall_mbind
	cghi %r2, SYS_migrate_pages
	jge sb_preload_syscall_migrate_pages
	/* The caller's, kept in floating point registers, as the call may be vfork. */
	ldgr %f1, %r6
	ldgr %f3, %r7
	lgr %r1, %r2
	lgr %r2, %r3
	lgr %r3, %r4
	lgr %r4, %r5
	lgr %r5, %r6
	lg %r6, 160(%r15)
	lg %r7, 168(%r15)
	svc 0
	lgdr %r6, %f1
	lgdr %r7, %f3
	lghi %r0, -4095
	clgr %r2, %r0
	jnl .Lfailed
	br %r14

.Lfailed:
	lgrl %r1, __errno_location@GOTENT
	ltgr %r1, %r1
	jz .Lno_errno
	stg %r14, 112(%r15)
	.cfi_offset %r14, -48
	aghi %r15, -168
	.cfi_adjust_cfa_offset 168
	stg %r2, 160(%r15)
	basr %r14, %r1
	lg %r1, 160(%r15)
	lg %r14, 280(%r15)
	.cfi_restore %r14
	aghi %r15, 168
	.cfi_adjust_cfa_offset -168
	lcr %r1, %r1
	st %r1, 0(%r2)
.Lno_errno:
	lghi %r2, -1
	br %r14

#elif defined(__loongarch64)

	li.w $t0, SYS_mbind
	beq $a0, $t0, .Lmbind
	li.w $t0, SYS_migrate_pages
	beq $a0, $t0, .Lmigrate_pages
	move $a7, $a0
	move $a0, $a1
	move $a1, $a2
	move $a2, $a3
	move $a3, $a4
	move $a4, $a5
	move $a5, $a6
	syscall 0
	li.w $t0, -4095
	bgeu $a0, $t0, .Lfailed
	jr $ra

.Lfailed:
	la.got $t1, __errno_location
	beqz $t1, .Lno_errno
	addi.d $sp, $sp, -16
	.cfi_adjust_cfa_offset 16
	st.d $ra, $sp, 8
	.cfi_rel_offset 1, 8
	st.d $a0, $sp, 0
	jirl $ra, $t1, 0
	ld.d $t0, $sp, 0
	ld.d $ra, $sp, 8
	.cfi_restore 1
	addi.d $sp, $sp, 16
	.cfi_adjust_cfa_offset -16
	sub.w $t0, $zero, $t0
	st.w $t0, $a0, 0
.Lno_errno:
	addi.d $a0, $zero, -1
	jr $ra

.Lmbind:
	b sb_preload_syscall_mbind
.Lmigrate_pages:
	b sb_preload_syscall_migrate_pages

#else
#error "the preload library has no syscall() for this architecture: build without it, -Dpreload=disabled"
#endif

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

	.section .note.GNU-stack, "", %progbits
