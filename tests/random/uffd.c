/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "uffd.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

/* Kernels before 5.11 do not know the flag that ordinary users need from then on. */
int open_uffd(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);

	if (fd < 0)
		fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (fd >= 0 && ioctl(fd, UFFDIO_API, &api)) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool watch(int uffd, void *at, size_t len, unsigned long mode)
{
	struct uffdio_register area = { .range = { (unsigned long)at, len }, .mode = mode };

	return uffd >= 0 && ioctl(uffd, UFFDIO_REGISTER, &area) == 0;
}

bool watch_missing(int uffd, void *at, size_t len)
{
	return watch(uffd, at, len, UFFDIO_REGISTER_MODE_MISSING);
}

bool write_protect(int uffd, void *at, size_t len)
{
	struct uffdio_writeprotect area = { .range = { (unsigned long)at, len },
					    .mode = UFFDIO_WRITEPROTECT_MODE_WP };

	return watch(uffd, at, len, UFFDIO_REGISTER_MODE_WP) &&
	       ioctl(uffd, UFFDIO_WRITEPROTECT, &area) == 0;
}
