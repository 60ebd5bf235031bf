/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process for migratepages: 8 pages on node 0, the first 2 of them shared with the kernel. Prints
 * "ready PID START" and waits.
 */
#include <stdio.h>
#include <unistd.h>

#include "scene.h"

int main(void)
{
	const char *start = scene_pages(8, 2);

	printf("ready %d %lx\n", getpid(), (unsigned long)start);
	fflush(stdout);
	pause();
	return 0;
}
