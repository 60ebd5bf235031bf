/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory to measure with, and moves of it. */
#include <numaif.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

#define HUGE_PAGE (2 * MIB)

static char *map(size_t size, bool huge)
{
	/* Aligned so that huge pages fit; what sticks out is given back. */
	char *whole = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *start;

	if (whole == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	start = (char *)(((unsigned long)whole + HUGE_PAGE - 1) & -HUGE_PAGE);
	if (start > whole)
		munmap(whole, (size_t)(start - whole));
	munmap(start + size, (size_t)(whole + HUGE_PAGE - start));
	madvise(start, size, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	return start;
}

char *bench_map(size_t size, bool huge)
{
	return memset(map(size, huge), 1, size);
}

char *bench_map_sparse(size_t size)
{
	char *start = map(size, false);

	for (size_t i = 0; i < FEW_PAGES; i++)
		start[i * (size / FEW_PAGES)] = 1;
	return start;
}

void bench_unmap(char *start, size_t size)
{
	munmap(start, size);
}

/* ---- moves ---- */

static const struct target home = { MPOL_BIND, 1, 65 };

static struct target target_of(const struct move *move)
{
	if (move->bench->nodes == 1)
		return (struct target){ MPOL_LOCAL, 0, 0 };
	if (move->mode == MPOL_INTERLEAVE)
		return (struct target){ MPOL_INTERLEAVE, 1UL << 1 | 1UL << 2, 65 };
	return (struct target){ move->mode ? move->mode : MPOL_BIND, 1UL << 1, 65 };
}

static const unsigned long *mask_of(const struct target *target)
{
	return target->maxnode ? &target->mask : NULL;
}

long raw_mbind(void *start, size_t size, const struct target *target, unsigned flags)
{
	return syscall(SYS_mbind, start, size, target->mode, mask_of(target), target->maxnode,
		       flags);
}

void move_back(const struct move *move)
{
	if (move->bench->nodes > 1)
		raw_mbind(move->start, move->size, &home, MPOL_MF_MOVE);
}

void move_ours(const struct move *move)
{
	struct target target = target_of(move);
	struct strictbind_options options = { .size = sizeof(options), .threads = move->threads };
	struct strictbind_report report = { .size = sizeof(report) };

	strictbind_mbind_opt(move->start, move->size, target.mode, mask_of(&target), target.maxnode,
			     MPOL_MF_MOVE | MPOL_MF_STRICT, move->threads ? &options : NULL,
			     move->counts ? &report : NULL);
}

void move_raw(const struct move *move)
{
	struct target target = target_of(move);

	raw_mbind(move->start, move->size, &target,
		  MPOL_MF_MOVE | (move->raw_lenient ? 0 : MPOL_MF_STRICT));
}

static double time_move(const struct move *move, void (*do_move)(const struct move *))
{
	uint64_t before;

	move_back(move);
	before = now_ns();
	do_move(move);
	return (double)(now_ns() - before);
}

double time_move_ours(void *move)
{
	return time_move(move, move_ours);
}

double time_move_raw(void *move)
{
	return time_move(move, move_raw);
}
