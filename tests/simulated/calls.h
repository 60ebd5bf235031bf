/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The system calls of the simulated kernel. Arguments as the kernel gets them, results as it gives.
 */
#ifndef FAKE_CALLS_H
#define FAKE_CALLS_H

struct fake_args {
	long a, b, c, d, e, f;
};

typedef long fake_call(const struct fake_args *args);

/* mempolicy.c */
fake_call fake_mbind, fake_migrate_pages;

/* move_pages.c */
fake_call fake_move_pages, fake_get_mempolicy;

/* memory.c */
fake_call fake_mmap, fake_munmap, fake_mprotect, fake_madvise, fake_msync, fake_mincore;
void fake_see_touched(void);

/* files.c */
fake_call fake_openat, fake_read, fake_getdents, fake_pread, fake_close, fake_ioctl;
fake_call fake_perf_event_open, fake_socket, fake_setsockopt;
fake_call fake_memfd_secret, fake_ftruncate;
fake_call fake_pidfd_open, fake_process_madvise;
enum { FAKE_FIRST_FD = 100 };

/* Memory of the caller, as the kernel sees it. */
static inline void *fake_pointer(long address)
{
	return (void *)address; // NOLINT(performance-no-int-to-ptr)
}

/* A call of the kernel that the test runs on. Returns its value or -errno, and leaves errno alone.
 */
long real_syscall(long number, long a, long b, long c, long d, long e, long f);

#endif
