/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Binds a megabyte of memory to one node, moves it there, and says whether all of it arrived. */
#include <errno.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <stdlib.h>
#include <strictbind.h>
#include <string.h>

enum { LENGTH = 1 << 20, NODES = 64 };

static void print_stayed(const struct strictbind_report *report)
{
	printf("%lu pages could not be moved", report->unmoved);
	if (report->first_status == STRICTBIND_FIRST_KNOWN)
		printf(", the first of them at %p", report->first_unmoved);
	printf(".\n");
}

int main(int argc, char **argv)
{
	unsigned long node = argc > 1 ? strtoul(argv[1], NULL, 0) : 0;
	unsigned long mask = node < NODES ? 1UL << node : 0;
	struct strictbind_report report = STRICTBIND_REPORT_INIT;
	char *memory = aligned_alloc(LENGTH, LENGTH);
	long result;

	if (!memory)
		return 1;
	memset(memory, 1, LENGTH);
	result = strictbind_mbind_opt(memory, LENGTH, MPOL_BIND, &mask, NODES + 1,
				      MPOL_MF_STRICT | MPOL_MF_MOVE, NULL, &report);
	if (result == 0)
		printf("All of it is on node %lu.\n", node);
	else if (errno == EIO)
		print_stayed(&report);
	else
		printf("Nothing was done: %s\n", strerror(errno));
	free(memory);
	return result != 0;
}
