/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of /proc and /sys. */
#ifndef FILES_H
#define FILES_H

#include <stddef.h>

/*
 * Opens a file of /proc, /sys or a cgroup for reading; -1 with errno. ENOTSUP: it is none, as
 * whoever has arranged the mounts here has put another in its place. That may never answer, or end.
 */
int kernel_file(const char *path);

/* All of such a file, ended with a zero byte; NULL with errno. size may be NULL. */
char *file_text(const char *path, size_t *size);

/* The same of a file that is not the kernel's. */
char *other_text(const char *path);

/* What follows "KEY:" and blanks in a file like /proc/self/status, NULL when there is no such line.
 */
const char *file_field(const char *text, const char *key);

/* The number in a file, or fallback. */
long file_number(const char *path, long fallback);

#endif
