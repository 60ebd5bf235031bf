/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A malloc that binds its memory, as some do, while it holds its lock. Nothing is ever freed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"

enum { CHUNK = 1 << 20, ALIGNMENT = 16 };

int test_malloc_judged = -1;
int test_malloc_constructor_judged = -1;
unsigned test_malloc_calls;

static char *at, *end;
static _Atomic int locked;

/* Of one thread: whoever comes in again would wait for itself. */
static void lock(void)
{
	if (locked++)
		abort();
}

static void refill(size_t size)
{
	static const unsigned long node0 = 1;
	size_t chunk = size > CHUNK ? size : CHUNK;

	at = mmap(NULL, chunk, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		abort();
	end = at + chunk;
	if (bind_by_syscall(at, chunk, MPOL_BIND, &node0, 65, MPOL_MF_STRICT | MPOL_MF_MOVE))
		abort();
}

void *malloc(size_t size)
{
	int before = errno;
	char *block;

	lock();
	size = (size + 2 * ALIGNMENT - 1) & -(size_t)ALIGNMENT;
	if ((size_t)(end - at) < size)
		refill(size);
	memcpy(at, &size, sizeof(size));
	block = at + ALIGNMENT;
	at += size;
	test_malloc_judged = judge(bind_by_syscall);
	test_malloc_calls++;
	locked--;
	errno = before;
	return block;
}

void free(void *block)
{
	(void)block;
}

void *calloc(size_t count, size_t size)
{
	return malloc(count * size); /* fresh memory is zero */
}

void *realloc(void *block, size_t size)
{
	void *larger = malloc(size);
	size_t old;

	if (block) {
		memcpy(&old, (char *)block - ALIGNMENT, sizeof(old));
		old -= ALIGNMENT;
		memcpy(larger, block, old < size ? old : size);
	}
	return larger;
}

__attribute__((constructor)) static void at_start(void)
{
	test_malloc_constructor_judged = judge(bind_by_syscall);
}
