/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One mbind call: its arguments, and the ways to put it, or part of it, to the kernel. */
#ifndef SB_MBIND_REQUEST_H
#define SB_MBIND_REQUEST_H

#include <stdbool.h>

#include "core/page.h"
#include "core/syscall.h"
#include "pages/hugetlb.h"

struct sb_bind {
	unsigned long start;
	unsigned long len;
	int mode;
	unsigned flags;
	const unsigned long *mask;
	unsigned long maxnode;
	struct sb_stretch blind; /* of what is in here STRICT alone tells nothing */
};

static inline struct sb_bind sb_bind_of(const void *addr, unsigned long len, int mode,
					const unsigned long *nodemask, unsigned long maxnode,
					unsigned flags)
{
	return (struct sb_bind){
		.start = (uintptr_t)addr,
		.len = len,
		.mode = mode,
		.flags = flags,
		.mask = nodemask,
		.maxnode = maxnode,
	};
}

/* The mode without its flags. */
static inline int sb_bind_mode(const struct sb_bind *bind)
{
	return bind->mode & ~SB_MPOL_MODE_FLAGS;
}

/* The kernel forgets the mode flags of MPOL_DEFAULT before it looks at anything. */
static inline bool sb_bind_is_default(const struct sb_bind *bind)
{
	return sb_bind_mode(bind) == SB_MPOL_DEFAULT;
}

static inline unsigned long sb_bind_start(const struct sb_bind *bind)
{
	return sb_untag(bind->start);
}

static inline unsigned long sb_bind_end(const struct sb_bind *bind)
{
	return sb_untag(bind->start) + sb_round_up(bind->len);
}

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

/*
 * Sets the policy of the whole range and moves nothing: one call, but on a kernel that takes device
 * mappings for holes. Returns 0 or a negative errno; -EFAULT and -EINVAL say what they say of
 * mbind.
 */
long sb_bind_policy(const struct sb_bind *bind);

#endif
