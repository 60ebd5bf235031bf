/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * MPI: each rank binds its part of memory to a node of its own machine: mpirun -n 4 mpi [MIB].
 * What came of it is added up over all ranks, and rank 0 prints a line for each node number. Exits
 * with 1 when pages stayed.
 */
#define _GNU_SOURCE
#include <mpi.h>

#include "parts.h"

/* Of all nodes; too large for the stack. */
static struct outcome mine[NODES], all[NODES];

/* The number of this rank among those of its machine. */
static unsigned rank_here(void)
{
	MPI_Comm here;
	int rank;

	MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &here);
	MPI_Comm_rank(here, &rank);
	MPI_Comm_free(&here);
	return (unsigned)rank;
}

static unsigned long print_node(int node, const struct outcome *outcome)
{
	printf("Node %d: %lu pages of %lu ranks", node, outcome->bound, outcome->parts);
	print_stayed(outcome);
	return outcome->failed + outcome->stayed;
}

int main(int argc, char **argv)
{
	size_t length = (argc > 1 ? strtoul(argv[1], NULL, 0) : 8) << 20;
	unsigned long wrong = 0;
	int rank, node;
	char *part;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	node = usable_node(rank_here());
	part = new_part(length);
	if (node < 0 || !part)
		MPI_Abort(MPI_COMM_WORLD, 1);
	/* At the same time as all others. */
	MPI_Barrier(MPI_COMM_WORLD);
	bind_part(part, length, node, &mine[node]);
	MPI_Reduce(mine, all, NODES * NUMBERS, MPI_UNSIGNED_LONG, MPI_SUM, 0, MPI_COMM_WORLD);
	for (int i = 0; i < NODES && rank == 0; i++)
		if (all[i].parts)
			wrong += print_node(i, &all[i]);
	munmap(part, length);
	MPI_Finalize();
	return wrong > 0;
}
