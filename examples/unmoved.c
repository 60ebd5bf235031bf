/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moves a range in which some pages cannot move, and prints which stayed and where they are.
 *
 * A page with data in a pipe, put there by vmsplice without a copy, stays where it is: the pipe
 * points at it. That takes no privilege. Pages under direct I/O or RDMA stay for the same reason.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <strictbind.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAGES = 16, NODES = 64, SKIP = 77 };

static const size_t pinned[] = { 3, 7, 8 };

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static int pin_some(char *range)
{
	int pipe_ends[2];

	if (pipe(pipe_ends))
		return -1;
	for (size_t i = 0; i < sizeof(pinned) / sizeof(pinned[0]); i++) {
		struct iovec byte = { range + pinned[i] * page_size(), 1 };

		if (vmsplice(pipe_ends[1], &byte, 1, 0) != 1)
			return -1;
	}
	return 0;
}

/* The node of one page, -1 when it is on none. */
static int node_of(const char *page)
{
	unsigned long on[NODES];

	if (strictbind_locate(0, page, 1, on, NODES, NULL))
		return -1;
	for (int node = 0; node < NODES; node++)
		if (on[node])
			return node;
	return -1;
}

/* A node that this process may use, other than the one its memory is on; -1 when there is none. */
static int other_node(int taken)
{
	unsigned long allowed[16] = { 0 };

	syscall(SYS_get_mempolicy, NULL, allowed, 8 * sizeof(allowed), NULL, MPOL_F_MEMS_ALLOWED);
	for (int node = 0; node < NODES; node++)
		if (node != taken && allowed[0] >> node & 1)
			return node;
	return -1;
}

static void print_nodes(const char *range)
{
	for (size_t i = 0; i < PAGES; i++)
		printf("%3d", node_of(range + i * page_size()));
	printf("\n");
}

static void print_report(const char *range, const struct strictbind_report *report)
{
	const char *first = report->first_unmoved;

	printf("unmoved  %lu pages", report->unmoved);
	if (report->first_status == STRICTBIND_FIRST_KNOWN)
		printf(", first page %zu at %p", (size_t)(first - range) / page_size(),
		       report->first_unmoved);
	printf("\n");
	printf("shared   %lu pages\n", report->shared);
}

static int move_and_tell(char *range, int from, int target)
{
	struct strictbind_report report = STRICTBIND_REPORT_INIT;
	unsigned long mask = 1UL << target;
	long result;

	printf("Moving %d pages from node %d to node %d. Pages 3, 7 and 8 cannot move.\n\n", PAGES,
	       from, target);
	printf("before ");
	print_nodes(range);
	result = strictbind_mbind_opt(range, PAGES * page_size(), MPOL_BIND, &mask, NODES + 1,
				      MPOL_MF_STRICT | MPOL_MF_MOVE, NULL, &report);
	if (result < 0 && errno != EIO) {
		printf("Nothing was done: %s\n", strerror(errno));
		return 1;
	}
	printf("after  ");
	print_nodes(range);
	printf("\nresult   %s\n", result < 0 ? "EIO" : "0");
	if (report.unmoved != STRICTBIND_UNKNOWN && report.unmoved > 0)
		print_report(range, &report);
	return 0;
}

int main(void)
{
	char *range = mmap(NULL, PAGES * page_size(), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int from, target;

	if (range == MAP_FAILED)
		return 1;
	memset(range, 1, PAGES * page_size());
	if (pin_some(range)) {
		perror("vmsplice");
		return 1;
	}
	from = node_of(range);
	target = other_node(from);
	if (from < 0 || target < 0) {
		printf("This needs two memory nodes. In the lab: "
		       "lab/lab run 6.12 -- build/examples/unmoved\n");
		return SKIP;
	}
	return move_and_tell(range, from, target);
}
