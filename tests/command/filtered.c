/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a command some of whose system calls a seccomp filter refuses, as in a container.
 * Usage: filtered EPERM|ENOSYS[:CALL][+prctl] COMMAND... CALL is mbind, migrate_pages, move_pages
 * or get_mempolicy; without it the first three are refused. With +prctl that is, too.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct call {
	const char *name;
	unsigned number;
} calls[] = {
	{ "mbind", SYS_mbind },
	{ "migrate_pages", SYS_migrate_pages },
	{ "move_pages", SYS_move_pages },
	{ "get_mempolicy", SYS_get_mempolicy },
};

static int refuse(unsigned number, unsigned error)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(*filter), filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* One filter for each call, prctl last, as it sets them up. The number of them, or -1. */
static int refuse_all(char *which)
{
	char *prctl_too = strstr(which, "+prctl");
	const char *only = strchr(which, ':');
	unsigned error = strncmp(which, "EPERM", 5) == 0 ? EPERM : ENOSYS;
	int refused = 0;

	if (prctl_too)
		*prctl_too = 0;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		if (only ? strcmp(only + 1, calls[i].name) != 0 : i == 3)
			continue;
		if (refuse(calls[i].number, error) != 0)
			return -1;
		refused++;
	}
	if (prctl_too && refuse(SYS_prctl, error) != 0)
		return -1;
	return refused;
}

int main(int argc, char **argv)
{
	if (argc < 3 || refuse_all(argv[1]) <= 0) {
		perror("filtered");
		return 77;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
