/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include "nodes.h"

#include <linux/mempolicy.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { WORD_BITS = 8 * sizeof(unsigned long), SHOWN = 10, MODE_LOCAL = 4 };

static int numbers[SHOWN];
static int count;

static bool mask_has(const struct mask *mask, int number)
{
	return mask->bits[number / WORD_BITS] >> number % WORD_BITS & 1;
}

int nodes_find(void)
{
	struct mask allowed = { { 0 } };

	count = 0;
	if (syscall(SYS_get_mempolicy, NULL, allowed.bits, MAXNODE, NULL, MPOL_F_MEMS_ALLOWED))
		return 0;
	for (int number = 0; number < MASK_BITS && count < SHOWN; number++)
		if (mask_has(&allowed, number))
			numbers[count++] = number;
	return count;
}

int node_number(int node)
{
	return node < count ? numbers[node] : -1;
}

int node_of_number(int number)
{
	for (int node = 0; node < count; node++)
		if (numbers[node] == number)
			return node;
	return -1;
}

struct mask mask_of(int node)
{
	struct mask mask = { { 0 } };
	int number = node_number(node);

	if (number >= 0)
		mask.bits[number / WORD_BITS] = 1UL << number % WORD_BITS;
	return mask;
}

void allocate_on(int node)
{
	struct mask mask = mask_of(node);

	syscall(SYS_set_mempolicy, MPOL_BIND, mask.bits, MAXNODE);
}

/* Automatic NUMA balancing leaves the pages of a process alone that asks for local memory. */
void allocate_anywhere(void)
{
	syscall(SYS_set_mempolicy, MODE_LOCAL, NULL, 0);
}

bool run_on(int node)
{
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		char path[80];
		cpu_set_t set;

		snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/cpu%d",
			 node_number(node), cpu);
		if (access(path, F_OK))
			continue;
		CPU_ZERO(&set);
		CPU_SET((size_t)cpu, &set);
		if (sched_setaffinity(0, sizeof(set), &set) == 0)
			return true;
	}
	return false;
}
