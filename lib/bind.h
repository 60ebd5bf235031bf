/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One mbind call: its arguments, and the ways to put it, or part of it, to the kernel. */
#ifndef SB_BIND_H
#define SB_BIND_H

#include <stdbool.h>

#include "result.h"
#include "sys.h"

struct sb_bind {
	unsigned long start;
	unsigned long len;
	int mode;
	unsigned flags;
	const unsigned long *mask;
	unsigned long maxnode;
};

/* The call on a part of the range, with other flags. */
static inline long sb_bind_part(const struct sb_bind *bind, unsigned long start, unsigned long end,
				unsigned flags)
{
	return sb_sys_mbind(start, end - start, bind->mode, bind->mask, bind->maxnode, flags);
}

/* The call on the whole range, with other flags. */
static inline long sb_bind_flags(const struct sb_bind *bind, unsigned flags)
{
	return sb_sys_mbind(bind->start, bind->len, bind->mode, bind->mask, bind->maxnode, flags);
}

#endif
