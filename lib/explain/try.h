/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls that show which argument the kernel refuses. None changes anything: the length is 0, for
 * which all of an mbind call is judged but the policy itself, or the memory is a page of our own.
 */
#ifndef SB_EXPLAIN_TRY_H
#define SB_EXPLAIN_TRY_H

#include "core/page.h"
#include "core/syscall.h"

static inline long sb_try_mode(int mode)
{
	return sb_sys_mbind(0, 0, mode, NULL, 0, 0);
}

static inline long sb_try_flags(unsigned flags)
{
	return sb_sys_mbind(0, 0, SB_MPOL_DEFAULT, NULL, 0, flags);
}

/* Whether the mask can be read and is one; not whether its nodes can be used. */
static inline long sb_try_mask(const unsigned long *mask, unsigned long maxnode)
{
	return sb_sys_mbind(0, 0, SB_MPOL_DEFAULT, mask, maxnode, 0);
}

/* The policy for a page of our own. 0 also where there is no such page. */
long sb_try_policy(int mode, const unsigned long *mask, unsigned long maxnode);

/* Whether this process may look at that one: -EINVAL when it has no memory. */
static inline long sb_try_process(int pid)
{
	return sb_sys_move_pages(pid, 0, NULL, NULL, NULL, 0);
}

#endif
