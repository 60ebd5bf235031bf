/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In the place of the C library's calls for files, of which the machine that this runs on has
 * others each time; and of _exit().
 */
#include "given.h"
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <linux/magic.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/vfs.h>

enum { FILES_MOST = 16, OPEN_MOST = 16, FIRST_FD = 1000 };

struct file {
	const char *ending;
	const char *contents;
	size_t size;
	bool directory;
};

static struct file files[FILES_MOST];
static unsigned file_count;
static size_t most;
/* libFuzzer is linked here as well, and has files of its own. */
static bool active;

/* A file that has been opened, and how far it has been read. */
static struct open_file {
	const struct file *file;
	size_t at;
} opened[OPEN_MOST];

static jmp_buf *end;

void given_begin(size_t read_max)
{
	active = true;
	file_count = 0;
	most = read_max;
	memset(opened, 0, sizeof(opened));
}

void given_end(void)
{
	for (int i = 0; i < OPEN_MOST; i++)
		require(!opened[i].file, "a file is left open");
	active = false;
}

static void give(const struct file *file)
{
	if (file_count == FILES_MOST)
		abort();
	files[file_count++] = *file;
}

void given_file(const char *ending, const char *contents, size_t size)
{
	give(&(struct file){ ending, contents, size, false });
}

void given_directory(const char *ending, const char *names)
{
	give(&(struct file){ ending, names, strlen(names), true });
}

bool ends_program(void (*call)(void *context), void *context)
{
	jmp_buf here;
	bool ends = setjmp(here) != 0;

	if (!ends) {
		end = &here;
		call(context);
	}
	end = NULL;
	return ends;
}

/* ---- the calls ---- */

/* NOLINTBEGIN(bugprone-reserved-identifier) */
static const struct file *file_at(const char *path, bool directory)
{
	size_t length = strlen(path);

	for (unsigned i = 0; i < file_count; i++) {
		size_t ending = strlen(files[i].ending);

		if (files[i].directory == directory && ending <= length &&
		    strcmp(path + length - ending, files[i].ending) == 0)
			return &files[i];
	}
	errno = ENOENT;
	return NULL;
}

static struct open_file *open_at(const char *path, bool directory)
{
	const struct file *file = file_at(path, directory);

	for (int i = 0; file && i < OPEN_MOST; i++)
		if (!opened[i].file) {
			opened[i] = (struct open_file){ file, 0 };
			return &opened[i];
		}
	/* Somebody does not close what was opened. */
	if (file)
		abort();
	return NULL;
}

static struct open_file *file_of(int fd)
{
	if (fd < FIRST_FD || fd >= FIRST_FD + OPEN_MOST || !opened[fd - FIRST_FD].file)
		abort();
	return &opened[fd - FIRST_FD];
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	const struct open_file *file = active ? open_at(path, false) : NULL;

	if (!active)
		return __real_open(path, flags, 0600);
	return file ? FIRST_FD + (int)(file - opened) : -1;
}

static ssize_t read_at(const struct open_file *file, void *buffer, size_t size, size_t at)
{
	size_t left = at < file->file->size ? file->file->size - at : 0;

	if (size > left)
		size = left;
	if (most && size > most)
		size = most;
	if (size)
		memcpy(buffer, file->file->contents + at, size);
	return (ssize_t)size;
}

ssize_t __real_read(int fd, void *buffer, size_t size);
ssize_t __wrap_read(int fd, void *buffer, size_t size);
ssize_t __wrap_read(int fd, void *buffer, size_t size)
{
	struct open_file *file;
	ssize_t got;

	if (!active)
		return __real_read(fd, buffer, size);
	file = file_of(fd);
	got = read_at(file, buffer, size, file->at);
	file->at += (size_t)got;
	return got;
}

ssize_t __real_pread(int fd, void *buffer, size_t size, off_t at);
ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t at);
ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t at)
{
	if (!active)
		return __real_pread(fd, buffer, size, at);
	if (at < 0) {
		errno = EINVAL;
		return -1;
	}
	return read_at(file_of(fd), buffer, size, (size_t)at);
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	if (!active)
		return __real_close(fd);
	if (fd >= 0)
		file_of(fd)->file = NULL;
	return 0;
}

/* What is given comes from the kernel. */
int __real_fstatfs(int fd, struct statfs *system);
int __wrap_fstatfs(int fd, struct statfs *system);
int __wrap_fstatfs(int fd, struct statfs *system)
{
	if (!active)
		return __real_fstatfs(fd, system);
	*system = (struct statfs){ .f_type = file_of(fd) ? PROC_SUPER_MAGIC : 0 };
	return 0;
}

DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);
DIR *__wrap_opendir(const char *path)
{
	if (!active)
		return __real_opendir(path);
	return (DIR *)open_at(path, true);
}

struct dirent *__real_readdir(DIR *directory);
struct dirent *__wrap_readdir(DIR *directory);
struct dirent *__wrap_readdir(DIR *directory)
{
	static struct dirent entry;
	struct open_file *file = (struct open_file *)directory;
	const char *name;
	size_t length;

	if (!active)
		return __real_readdir(directory);
	if (file->at >= file->file->size)
		return NULL;
	name = file->file->contents + file->at;
	length = strcspn(name, "\n");
	file->at += length + 1;
	entry.d_type = DT_REG;
	snprintf(entry.d_name, sizeof(entry.d_name), "%.*s", (int)length, name);
	return &entry;
}

int __real_closedir(DIR *directory);
int __wrap_closedir(DIR *directory);
int __wrap_closedir(DIR *directory)
{
	if (!active)
		return __real_closedir(directory);
	((struct open_file *)directory)->file = NULL;
	return 0;
}

/* The same by the names that they have with 64 bits for sizes of files. */
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
	return __wrap_open(path, flags);
}

int __wrap_fstatfs64(int fd, struct statfs *system);
int __wrap_fstatfs64(int fd, struct statfs *system)
{
	return __wrap_fstatfs(fd, system);
}

ssize_t __wrap_pread64(int fd, void *buffer, size_t size, off_t at);
ssize_t __wrap_pread64(int fd, void *buffer, size_t size, off_t at)
{
	return __wrap_pread(fd, buffer, size, at);
}

struct dirent *__wrap_readdir64(DIR *directory);
struct dirent *__wrap_readdir64(DIR *directory)
{
	return __wrap_readdir(directory);
}

int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);
int __wrap_access(const char *path, int mode)
{
	if (!active)
		return __real_access(path, mode);
	(void)mode;
	return file_at(path, false) || file_at(path, true) ? 0 : -1;
}

/* Every process is there. */
int __real_kill(pid_t pid, int signal);
int __wrap_kill(pid_t pid, int signal);
int __wrap_kill(pid_t pid, int signal)
{
	if (!active)
		return __real_kill(pid, signal);
	(void)pid;
	(void)signal;
	return 0;
}

char *__real_getenv(const char *name);
char *__wrap_getenv(const char *name);
char *__wrap_getenv(const char *name)
{
	if (!active)
		return __real_getenv(name);
	(void)name;
	return NULL;
}

/* What libnuma makes of other strings is its own. */
void *__wrap_numa_parse_nodestring_all(const char *text);
void *__wrap_numa_parse_nodestring_all(const char *text)
{
	(void)text;
	return NULL;
}

_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
void __wrap__exit(int status)
{
	if (!end)
		__real__exit(status);
	longjmp(*end, status + 1);
}
/* NOLINTEND(bugprone-reserved-identifier) */

/* What the command says of bad arguments nobody reads. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	stderr = fopen("/dev/null", "w");
	return stderr ? 0 : 1;
}
