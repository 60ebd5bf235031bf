/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * OpenMP: every thread binds its own part of memory to a node, all at the same time: openmp [MIB].
 * Prints a line for each thread. Exits with 1 when pages stayed.
 */
#define _GNU_SOURCE
#include <omp.h>

#include "parts.h"

static void print_part(int thread, int node, const struct outcome *outcome)
{
	printf("Thread %d: %lu pages bound to node %d", thread, outcome->bound, node);
	print_stayed(outcome);
}

int main(int argc, char **argv)
{
	size_t length = (argc > 1 ? strtoul(argv[1], NULL, 0) : 8) << 20;
	unsigned long wrong = 0;

	/* A node of its own for each, as long as there are any: threads that share one get in each
	 * other's way no more than other threads do. */
#pragma omp parallel reduction(+ : wrong)
	{
		struct outcome outcome = { 0 };
		int thread = omp_get_thread_num();
		int node = usable_node((unsigned)thread);
		char *part = new_part(length);

		/* Nobody begins before all have their memory. */
#pragma omp barrier
		if (part)
			bind_part(part, length, node, &outcome);
#pragma omp critical
		print_part(thread, node, &outcome);
		wrong = !part + outcome.failed + outcome.stayed;
		if (part)
			munmap(part, length);
	}
	return wrong > 0;
}
