/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "command.h"

/* Whatever it is, it is not waited for. */
enum { FLAGS = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };

static bool is_kernels_own(int fd)
{
	struct statfs system;

	if (fstatfs(fd, &system) != 0)
		return false;
	return system.f_type == PROC_SUPER_MAGIC || system.f_type == SYSFS_MAGIC ||
	       system.f_type == CGROUP_SUPER_MAGIC || system.f_type == CGROUP2_SUPER_MAGIC;
}

int kernel_file(const char *path)
{
	int fd = open(path, FLAGS);

	if (fd >= 0 && is_kernels_own(fd))
		return fd;
	if (fd >= 0)
		close(fd);
	/* ENXIO: a device, or a socket. */
	if (fd >= 0 || errno == ENXIO)
		errno = ENOTSUP;
	return -1;
}

static char *read_all(int fd, size_t *size)
{
	size_t room = 64 * 1024, used = 0;
	char *text = allocate(room);
	ssize_t got;

	while ((got = read(fd, text + used, room - used - 1)) > 0) {
		used += (size_t)got;
		if (room - used < 32 * 1024)
			text = reallocate(text, room *= 2);
	}
	if (got < 0) {
		free(text);
		return NULL;
	}
	text[used] = '\0';
	if (size)
		*size = used;
	return text;
}

/* Closes it, too. */
static char *text_of(int fd, size_t *size)
{
	char *text;
	int error;

	if (fd < 0)
		return NULL;
	text = read_all(fd, size);
	error = errno;
	close(fd);
	errno = error;
	return text;
}

char *file_text(const char *path, size_t *size)
{
	return text_of(kernel_file(path), size);
}

char *other_text(const char *path)
{
	return text_of(open(path, FLAGS), NULL);
}

const char *file_field(const char *text, const char *key)
{
	size_t length = strlen(key);

	while (text && *text) {
		if (strncmp(text, key, length) == 0 && text[length] == ':')
			return text + length + 1 + strspn(text + length + 1, " \t");
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return NULL;
}

long file_number(const char *path, long fallback)
{
	char *text = file_text(path, NULL);
	char *end = text;
	long number = fallback;

	if (text)
		number = strtol(text, &end, 10);
	if (end == text)
		number = fallback;
	free(text);
	return number;
}
