/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one place for system calls. Each returns the kernel's value, or -errno. They bypass the C
 * library: its wrappers may be interposed (by our own preload shim, by sanitizers), set errno, and
 * act as cancellation points.
 *
 * Tests that simulate kernels link a sb_syscall() of their own instead of ours.
 */
#ifndef SB_CORE_SYSCALL_H
#define SB_CORE_SYSCALL_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

long sb_syscall(long number, long a, long b, long c, long d, long e, long f);

/* Not in the headers of every distribution that can build this. */
#define SB_MPOL_DEFAULT 0
#define SB_MPOL_PREFERRED 1
#define SB_MPOL_BIND 2
#define SB_MPOL_INTERLEAVE 3
#define SB_MPOL_LOCAL 4
#define SB_MPOL_PREFERRED_MANY 5
#define SB_MPOL_WEIGHTED_INTERLEAVE 6
#define SB_MPOL_MODE_FLAGS (7 << 13)
#define SB_MPOL_F_RELATIVE_NODES (1 << 14)
#define SB_MPOL_F_STATIC_NODES (1 << 15)

/* Not in the headers of every distribution either; the same number on every architecture. */
#define SB_SYS_PIDFD_OPEN 434
#define SB_SYS_PROCESS_MADVISE 440
#define SB_SYS_MEMFD_SECRET 447

#define SB_MADV_COLD 20

#define SB_MF_STRICT 1U
#define SB_MF_MOVE 2U
#define SB_MF_MOVE_ALL 4U
#define SB_MF_ANY_MOVE (SB_MF_MOVE | SB_MF_MOVE_ALL)
#define SB_MF_VALID (SB_MF_STRICT | SB_MF_ANY_MOVE)

static inline long sb_sys_mbind(unsigned long start, unsigned long len, int mode,
				const unsigned long *mask, unsigned long maxnode, unsigned flags)
{
	return sb_syscall(SYS_mbind, (long)start, (long)len, mode, (long)(uintptr_t)mask,
			  (long)maxnode, (long)flags);
}

static inline long sb_sys_migrate_pages(int pid, unsigned long maxnode, const unsigned long *from,
					const unsigned long *to)
{
	return sb_syscall(SYS_migrate_pages, pid, (long)maxnode, (long)(uintptr_t)from,
			  (long)(uintptr_t)to, 0, 0);
}

static inline long sb_sys_move_pages(int pid, unsigned long count, const unsigned long *pages,
				     const int *nodes, int *status, unsigned flags)
{
	return sb_syscall(SYS_move_pages, pid, (long)count, (long)(uintptr_t)pages,
			  (long)(uintptr_t)nodes, (long)(uintptr_t)status, (long)flags);
}

static inline long sb_sys_get_mempolicy(int *mode, unsigned long *mask, unsigned long maxnode,
					unsigned long addr, unsigned flags)
{
	return sb_syscall(SYS_get_mempolicy, (long)(uintptr_t)mode, (long)(uintptr_t)mask,
			  (long)maxnode, (long)addr, (long)flags, 0);
}

static inline long sb_sys_mmap(unsigned long addr, unsigned long len, int prot, int flags, int fd)
{
	return sb_syscall(SYS_mmap, (long)addr, (long)len, prot, flags, fd, 0);
}

/* Whether a call that answers an address has failed: large addresses are negative, too. */
static inline bool sb_sys_no_address(long result)
{
	return result < 0 && result > -4096;
}

/* Memory to work with, anywhere. Returns its address or a negative errno. */
static inline long sb_sys_map_scratch(unsigned long len)
{
	return sb_sys_mmap(0, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static inline long sb_sys_munmap(unsigned long addr, unsigned long len)
{
	return sb_syscall(SYS_munmap, (long)addr, (long)len, 0, 0, 0, 0);
}

static inline long sb_sys_mprotect(unsigned long addr, unsigned long len, int prot)
{
	return sb_syscall(SYS_mprotect, (long)addr, (long)len, prot, 0, 0, 0);
}

static inline long sb_sys_madvise(unsigned long addr, unsigned long len, int advice)
{
	return sb_syscall(SYS_madvise, (long)addr, (long)len, advice, 0, 0, 0);
}

static inline long sb_sys_pidfd_open(int pid)
{
	return sb_syscall(SB_SYS_PIDFD_OPEN, pid, 0, 0, 0, 0, 0);
}

struct iovec;

static inline long sb_sys_process_madvise(int pidfd, const struct iovec *ranges,
					  unsigned long count, int advice)
{
	return sb_syscall(SB_SYS_PROCESS_MADVISE, pidfd, (long)(uintptr_t)ranges, (long)count,
			  advice, 0, 0);
}

static inline long sb_sys_memfd_secret(void)
{
	return sb_syscall(SB_SYS_MEMFD_SECRET, O_CLOEXEC, 0, 0, 0, 0, 0);
}

static inline long sb_sys_ftruncate(int fd, unsigned long size)
{
	return sb_syscall(SYS_ftruncate, fd, (long)size, 0, 0, 0, 0);
}

static inline long sb_sys_msync(unsigned long addr, unsigned long len, int flags)
{
	return sb_syscall(SYS_msync, (long)addr, (long)len, flags, 0, 0, 0);
}

/* For files of the kernel. Of what somebody else has put in the place of one none is waited for. */
static inline long sb_sys_open_read(const char *path)
{
	return sb_syscall(SYS_openat, AT_FDCWD, (long)(uintptr_t)path,
			  O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0, 0, 0);
}

/*
 * For a file that many processes append lines to. A pipe that nobody reads is not waited for.
 * Without links: a name that is a symbolic link is ELOOP.
 */
static inline long sb_sys_open_append(const char *path, bool links)
{
	int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

	return sb_syscall(SYS_openat, AT_FDCWD, (long)(uintptr_t)path,
			  links ? flags : flags | O_NOFOLLOW, 0666, 0, 0);
}

static inline long sb_sys_write(int fd, const void *buffer, size_t size)
{
	return sb_syscall(SYS_write, fd, (long)(uintptr_t)buffer, (long)size, 0, 0, 0);
}

static inline long sb_sys_getpid(void)
{
	return sb_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

static inline long sb_sys_gettid(void)
{
	return sb_syscall(SYS_gettid, 0, 0, 0, 0, 0, 0);
}

static inline long sb_sys_read(int fd, void *buffer, size_t size)
{
	return sb_syscall(SYS_read, fd, (long)(uintptr_t)buffer, (long)size, 0, 0, 0);
}

static inline long sb_sys_getdents(int fd, void *buffer, size_t size)
{
	return sb_syscall(SYS_getdents64, fd, (long)(uintptr_t)buffer, (long)size, 0, 0, 0);
}

static inline long sb_sys_pread(int fd, void *buffer, size_t size, unsigned long offset)
{
	return sb_syscall(SYS_pread64, fd, (long)(uintptr_t)buffer, (long)size, (long)offset, 0, 0);
}

static inline long sb_sys_close(int fd)
{
	return sb_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
}

static inline long sb_sys_ioctl(int fd, unsigned long request, void *argument)
{
	return sb_syscall(SYS_ioctl, fd, (long)request, (long)(uintptr_t)argument, 0, 0, 0);
}

static inline long sb_sys_perf_event_open(void *attr, int pid, int cpu, int group,
					  unsigned long flags)
{
	return sb_syscall(SYS_perf_event_open, (long)(uintptr_t)attr, pid, cpu, group, (long)flags,
			  0);
}

static inline long sb_sys_socket(int domain, int type, int protocol)
{
	return sb_syscall(SYS_socket, domain, type, protocol, 0, 0, 0);
}

static inline long sb_sys_setsockopt(int fd, int level, int name, const void *value, unsigned size)
{
	return sb_syscall(SYS_setsockopt, fd, level, name, (long)(uintptr_t)value, (long)size, 0);
}

static inline long sb_sys_uname(void *name)
{
	return sb_syscall(SYS_uname, (long)(uintptr_t)name, 0, 0, 0, 0, 0);
}

static inline long sb_sys_sched_yield(void)
{
	return sb_syscall(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
}

static inline long sb_sys_rt_sigprocmask(int how, const void *set, void *old, size_t size)
{
	return sb_syscall(SYS_rt_sigprocmask, how, (long)(uintptr_t)set, (long)(uintptr_t)old,
			  (long)size, 0, 0);
}

#endif
