/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "space.h"

#include <sys/mman.h>

#include "machine.h"

#define FIRST_ADDRESS (1UL << 40)

char *space(size_t pages)
{
	static unsigned long next = FIRST_ADDRESS;
	unsigned long huge = machine()->huge;
	unsigned long at = next;

	next += (pages * machine()->page + 4 * huge) / huge * huge;
	return (char *)at;
}

void unmap(void *at, size_t pages)
{
	munmap(at, pages * machine()->page);
}
