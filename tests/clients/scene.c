/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scene.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine.h"
#include "raw.h"
#include "rings.h"
#include "space.h"

enum { SKIP = 77, FILL = 1 };

static char *pages_on_node_0(size_t pages)
{
	size_t size = pages * machine()->page;
	struct nodes node = nodes_one(0);
	char *start = mmap(space(pages), size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (start == MAP_FAILED || raw_set_mempolicy(MPOL_BIND, node.words, NODES_MAXNODE)) {
		perror("scene");
		exit(SKIP);
	}
	memset(start, FILL, size);
	stop_numa_balancing();
	return start;
}

char *scene_pages(size_t pages, size_t kernels)
{
	char *start = pages_on_node_0(pages);
	struct ring ring;

	if (kernels && !ring_open(&ring, RING_PACKET, 0, kernels)) {
		perror("scene: ring");
		exit(SKIP);
	}
	for (size_t i = 0; i < kernels; i++)
		ring_put(&ring, i, start + i * machine()->page);
	return start;
}

void scene_look(const char *look, const void *start, size_t pages)
{
	char pid[16], address[24], count[24];
	char *argv[] = { (char *)look, pid, address, count, NULL };
	char *none[] = { NULL };
	pid_t child;

	snprintf(pid, sizeof(pid), "%d", getpid());
	snprintf(address, sizeof(address), "%lx", (unsigned long)start);
	snprintf(count, sizeof(count), "%zu", pages);
	if (((const char *)start)[pages * machine()->page - 1] != FILL)
		printf("CONTENTS LOST ");
	fflush(stdout);
	child = fork();
	if (child == 0) {
		execve(look, argv, none);
		_exit(127);
	}
	waitpid(child, NULL, 0);
}

const char *scene_result(long result)
{
	static char number[24];

	if (result < 0)
		return strerrorname_np(errno);
	snprintf(number, sizeof(number), "%ld", result);
	return number;
}
