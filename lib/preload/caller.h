/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which object a code address is in. dladdr takes locks of the loader, which the caller may hold.
 */
#ifndef SB_CALLER_H
#define SB_CALLER_H

#include <stdbool.h>

struct sb_caller {
	char object[64];      /* file without its directory, "" when none is mapped there */
	unsigned long offset; /* from where the object begins in memory */
};

/* False when that cannot be told. */
bool sb_caller_find(struct sb_caller *caller, unsigned long address);

#endif
