/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "command.h"

enum { MOST_HEADERS = 128, SCRIPTS = 4 };

static bool is_program(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return false;
	errno = EACCES;
	return S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

char *program_find(const char *name)
{
	const char *path = getenv("PATH");
	int error = ENOENT;

	if (strchr(name, '/'))
		return is_program(name) ? print_new("%s", name) : NULL;
	/* An empty part is the working directory, the last one, too. */
	for (path = path ? path : "/bin:/usr/bin"; path; path = *path ? path + 1 : NULL) {
		int length = (int)strcspn(path, ":");
		char *file = print_new("%.*s%s%s", length, path, length ? "/" : "", name);

		errno = ENOENT;
		if (is_program(file))
			return file;
		if (errno == EACCES)
			error = EACCES;
		free(file);
		path += length;
	}
	errno = error;
	return NULL;
}

static bool has_interpreter(int fd, const Elf64_Ehdr *header)
{
	Elf64_Phdr segment;

	for (int i = 0; i < header->e_phnum && i < MOST_HEADERS; i++) {
		off_t at = (off_t)header->e_phoff + i * (off_t)sizeof(segment);

		if (pread(fd, &segment, sizeof(segment), at) != sizeof(segment))
			return true;
		if (segment.p_type == PT_INTERP)
			return true;
	}
	return false;
}

/* Of the machine that this very program is for. */
static bool is_other_machine(const Elf64_Ehdr *header)
{
	Elf64_Ehdr own = { .e_machine = header->e_machine };
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, &own, sizeof(own)) != sizeof(own))
		own.e_machine = header->e_machine;
	close(fd);
	return header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_machine != own.e_machine;
}

static const char *judge_elf(int fd, const Elf64_Ehdr *header)
{
	if (is_other_machine(header))
		return "it is for another kind of processor, or 32-bit";
	if (!has_interpreter(fd, header))
		return "it is linked statically";
	return NULL;
}

/* The loader ignores preloads with a path when privileges are gained. */
static bool gains_privileges(int fd)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return false;
	if (status.st_mode & S_ISUID && status.st_uid != getuid())
		return true;
	if (status.st_mode & S_ISGID && status.st_mode & S_IXGRP && status.st_gid != getgid())
		return true;
	return getuid() != 0 && fgetxattr(fd, "security.capability", NULL, 0) > 0;
}

static const char *judge(const char *path, int scripts)
{
	union {
		Elf64_Ehdr header;
		char text[256];
	} start = { .text = "" };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const char *why = NULL;
	char interpreter[256];
	ssize_t got;

	if (fd < 0)
		return NULL;
	got = read(fd, &start, sizeof(start) - 1);
	start.text[sizeof(start.text) - 1] = '\0';
	interpreter[0] = '\0';
	if (gains_privileges(fd))
		why = "it gains privileges (setuid, setgid or file capabilities)";
	else if (got >= (ssize_t)sizeof(start.header) &&
		 memcmp(start.header.e_ident, ELFMAG, SELFMAG) == 0)
		why = judge_elf(fd, &start.header);
	else if (got > 2 && memcmp(start.text, "#!", 2) == 0 && scripts > 0) {
		const char *name = start.text + 2 + strspn(start.text + 2, " \t");

		memcpy(interpreter, name, strcspn(name, " \t\n"));
		interpreter[strcspn(name, " \t\n")] = '\0';
	}
	close(fd);
	return interpreter[0] ? judge(interpreter, scripts - 1) : why;
}

const char *program_out_of_reach(const char *path)
{
	return judge(path, SCRIPTS);
}
