/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes calls between two marks, for a tracer to count: after the first use each is to be one
 * system call. Exits with 77 on a kernel whose quirks cost more.
 *
 * Prints how many system calls are due, and leaves marks that only this program leaves.
 */
#include <linux/mempolicy.h>
#include <stdio.h>
#include <strictbind.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "quirks.h"

enum { PAGES = 8, ROUNDS = 10, SKIP = 77 };

static void mark(void)
{
	syscall(SYS_getpriority, 0, -1);
}

static const unsigned flags[] = {
	0,
	MPOL_MF_STRICT,
	MPOL_MF_MOVE,
	MPOL_MF_STRICT | MPOL_MF_MOVE,
};

enum { KINDS = sizeof(flags) / sizeof(flags[0]) };

static int call_all(char *memory, size_t length, int node)
{
	unsigned long mask = 1UL << node;
	int failed = 0;

	for (int i = 0; i < KINDS; i++)
		failed |= strictbind_mbind(memory, length, MPOL_BIND, &mask, 65, flags[i]) != 0;
	return failed;
}

int main(void)
{
	size_t length = PAGES * (size_t)sysconf(_SC_PAGESIZE);
	char *memory =
		mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int node, failed;

	if (memory == MAP_FAILED || has_costly_quirk())
		return SKIP;
	memset(memory, 1, length);
	node = node_of_page(memory);
	if (node < 0)
		return SKIP;
	failed = call_all(memory, length, node);
	mark();
	for (int i = 0; i < ROUNDS; i++)
		failed |= call_all(memory, length, node);
	mark();
	printf("%d\n", ROUNDS * KINDS);
	return failed;
}
