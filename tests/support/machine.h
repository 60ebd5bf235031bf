/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the machine and the kernel under the tests have to offer, asked without the library. */
#ifndef TESTS_MACHINE_H
#define TESTS_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

#include "nodes.h"

/* The tests tell policies apart by the first word of their masks: no node beyond it. */
enum { MACHINE_NODES = 64 };

struct machine {
	size_t page;
	size_t huge;	/* bytes of a transparent huge page */
	size_t hugetlb; /* bytes of a page of the default hugetlb pool, 0 if there is none */
	int node_count; /* nodes with memory that this process may use */
	int node[MACHINE_NODES]; /* their numbers, ascending */
	struct nodes allowed;	 /* the same as a set */
	int cpu[MACHINE_NODES];	 /* a CPU of node[i], -1 if it has none */
	int kernel_nodes;	 /* bits in the kernel's own node masks */
	int major, minor;	 /* of the kernel's version */
	char release[65];
	bool nice; /* CAP_SYS_NICE: may use MPOL_MF_MOVE_ALL */
};

const struct machine *machine(void);

#define HUGE_PAGES (machine()->huge / machine()->page)
/* Base pages in a page of hugetlb, which may be of another size; 0 where there is no hugetlb. */
#define HUGETLB_PAGES (machine()->hugetlb / machine()->page)
/* Ask again: the process is somebody else now. */
void machine_again(void);

/* From now on machine() tells of this one: for tests of what tests do on machines that are not
 * here. */
void machine_pretend(const struct machine *other);

/* Kernel at least major.minor. For what the kernel offers, never for what it gets wrong. */
bool kernel_at_least(int major, int minor);

/* mbind accepts this mode. */
bool has_mode(int mode);

/* Transparent huge pages can be had with madvise(). */
bool has_thp(void);

/* Free pages of the default hugetlb pool, on all nodes or on one. */
long free_hugetlb(void);
long free_hugetlb_on(int node);
/* Pages of that pool on a node, free or not, and how to change their number (root only). */
long pool_hugetlb_on(int node);
bool set_pool_hugetlb_on(int node, long pages);

bool has_swap(void);
bool has_ksm(void);

/* Run this thread on a CPU of the node; false when the node has none. */
bool run_on_node(int node);

/* A small file of /proc or /sys has this in it. */
bool file_holds(const char *path, const char *word);

/* Number in the first line of a file of /proc or /sys, or fallback. */
long number_in(const char *path, long fallback);

/*
 * A process whose task policy is MPOL_LOCAL allocates as by default, but automatic NUMA balancing
 * leaves its pages where the test put them.
 */
void stop_numa_balancing(void);

#endif
