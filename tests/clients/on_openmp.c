/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An OpenMP program: on_openmp LOOK. Each thread binds its own slice, at the same time as another
 * one, while the others fill memory. Prints a line for each slice: what mbind returned, where the
 * pages are.
 */
#include <errno.h>
#include <numaif.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "scene.h"

enum { THREADS = 4, PAGES = 8, KERNELS = 1, ROUNDS = 4, FILLED = 1 << 20 };

static int result[THREADS], error[THREADS];

static void bind_slice(int thread, char *start, size_t len)
{
	unsigned long node = 1UL << (1 + thread % 3);

	result[thread] =
		(int)mbind(start, len, MPOL_BIND, &node, 65, MPOL_MF_STRICT | MPOL_MF_MOVE);
	error[thread] = errno;
}

static int fill(void)
{
	char *memory =
		mmap(NULL, FILLED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int wrong = memory == MAP_FAILED;

	if (wrong)
		return 1;
	memset(memory, omp_get_thread_num() + 1, FILLED);
	for (size_t i = 0; i < FILLED; i += 4096)
		wrong |= memory[i] != omp_get_thread_num() + 1;
	munmap(memory, FILLED);
	return wrong;
}

int main(int argc, char **argv)
{
	size_t len = PAGES * (size_t)sysconf(_SC_PAGESIZE);
	char *slice[THREADS];
	int wrong = 0;

	if (argc != 2)
		return 2;
	for (int i = 0; i < THREADS; i++)
		slice[i] = scene_pages(PAGES, KERNELS);
#pragma omp parallel num_threads(THREADS) reduction(| : wrong)
	{
		int thread = omp_get_thread_num();

		for (int i = 0; i < ROUNDS; i++) {
			if (i == thread % 2)
				bind_slice(thread, slice[thread], len);
			wrong |= fill();
		}
	}
	for (int i = 0; i < THREADS; i++) {
		errno = error[i];
		printf("mbind, thread %d to node %d: %s ", i, 1 + i % 3, scene_result(result[i]));
		scene_look(argv[1], slice[i], PAGES);
	}
	return wrong;
}
