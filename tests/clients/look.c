/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where pages are, as the kernel tells it. A process of its own, so that nothing that is loaded
 * into the program under test has a say. One character is one page: its node, '.' where there is
 * none.
 *
 * look PID START PAGES   pages of a process
 * look file PATH         pages of a file in memory
 * look shm ID            pages of a System V segment
 * look self PAGES        fresh pages of this process, by the policy that it has been started with
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine.h"
#include "raw.h"

enum { MOST = 1024 };

static void fail(const char *what)
{
	perror(what);
	exit(2);
}

static void print_nodes(int pid, char *start, size_t pages)
{
	static void *page[MOST];
	static int node[MOST];

	if (pages > MOST)
		pages = MOST;
	for (size_t i = 0; i < pages; i++)
		page[i] = start + i * machine()->page;
	if (raw_move_pages(pid, pages, page, NULL, node, 0))
		fail("look: move_pages");
	for (size_t i = 0; i < pages; i++)
		putchar(node[i] < 0 ? '.' : '0' + node[i]);
	putchar('\n');
}

/* What is not there yet must not come by a look at it. */
static void touch_resident(const char *start, size_t pages)
{
	static unsigned char resident[MOST];

	if (pages > MOST || mincore((void *)start, pages * machine()->page, resident))
		fail("look: mincore");
	for (size_t i = 0; i < pages; i++)
		if (resident[i] & 1)
			(void)*(const volatile char *)(start + i * machine()->page);
}

static void look_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat stat;
	size_t pages;
	char *start;

	if (fd < 0 || fstat(fd, &stat))
		fail(path);
	pages = (size_t)stat.st_size / machine()->page;
	start = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (start == MAP_FAILED)
		fail(path);
	touch_resident(start, pages);
	print_nodes(0, start, pages);
}

static void look_shm(int id)
{
	struct shmid_ds info;
	char *start = shmat(id, NULL, SHM_RDONLY);

	if ((long)start == -1 || shmctl(id, IPC_STAT, &info))
		fail("look: shmat");
	touch_resident(start, info.shm_segsz / machine()->page);
	print_nodes(0, start, info.shm_segsz / machine()->page);
}

static void look_self(size_t pages)
{
	size_t size = pages * machine()->page;
	char *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (start == MAP_FAILED)
		fail("look: mmap");
	memset(start, 1, size);
	print_nodes(0, start, pages);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "file") == 0)
		look_file(argv[2]);
	else if (argc == 3 && strcmp(argv[1], "shm") == 0)
		look_shm(atoi(argv[2]));
	else if (argc == 3 && strcmp(argv[1], "self") == 0)
		look_self(strtoul(argv[2], NULL, 10));
	else if (argc == 4)
		print_nodes(atoi(argv[1]), (char *)strtoul(argv[2], NULL, 16), // NOLINT
			    strtoul(argv[3], NULL, 10));
	else
		return 2;
	return 0;
}
