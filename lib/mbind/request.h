/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One mbind call: its arguments, and the ways to put it, or part of it, to the kernel. */
#ifndef SB_MBIND_REQUEST_H
#define SB_MBIND_REQUEST_H

#include <stdbool.h>

#include "core/page.h"
#include "core/syscall.h"
#include "pages/stretch.h"

/* What STRICT alone tells of pages whose policy is set, or would be. */
enum sb_strict {
	SB_STRICT_TELLS,	  /* whether any page is misplaced */
	SB_STRICT_MISSES_HUGETLB, /* the same, but of hugetlb mappings nothing */
	SB_STRICT_TELLS_NOTHING,
};

/* Who tells which pages had to move and did not. */
enum sb_verdict {
	SB_VERDICT_NONE, /* nobody wants to know */
	/* The nodes of the pages; where they turn out not to tell, the kernel in a second try. */
	SB_VERDICT_BY_NODES,
	SB_VERDICT_BY_SECOND_TRY, /* N is empty: no node tells */
	SB_VERDICT_BY_FRAMES,
};

/* See plan.h. Fields below a group's name matter to that group of calls only. */
struct sb_plan {
	bool governed;		  /* the mode is not MPOL_DEFAULT: pages can be misplaced */
	bool holes_first;	  /* the kernel misses some holes: they are looked for first */
	bool parts_at_devices;	  /* the kernel may take a device mapping for a hole */
	bool holes_after_eio;	  /* the kernel may say EIO where a hole is: that is looked for */
	bool default_tells_holes; /* EFAULT under MPOL_DEFAULT says that no page is mapped (rule 4)
				   */
	enum sb_strict strict;
	bool nodes_told;  /* move_pages tells the node of every page that is there; set for
			     SB_STRICT_MISSES_HUGETLB only */
	bool looks_first; /* STRICT alone tells nothing: pages are looked at before it is used */

	/* MOVE */
	bool one_call;	     /* sets the policy and moves; else the policy is set first */
	bool strict_first;   /* STRICT alone is asked first: it may be all there is to do */
	bool without_strict; /* the kernel's STRICT with MOVE is not to be used */
	bool again_without;  /* STRICT with MOVE stops early: after EIO the move is repeated */
	bool always_again;   /* movable pages may be left: they are moved with move_pages */
	bool outside_again;  /* so may pages outside N, if the nodes of N tell */
	bool failed_again;   /* so may pages behind one that has failed */
	bool hidden_again;   /* move_pages may not find them: then they are moved with mbind */
	bool maps_again;     /* huge pages of files may be taken out of the page table */
	bool counts;	     /* what is left is counted, not only found */
	enum sb_verdict verdict;

	/* large moves */
	bool chunks;
	uint64_t stall;	   /* nanoseconds that a chunk may take; 0: any time */
	bool stall_chosen; /* by the library: chunks may grow where small ones cost much more */
	bool one_thread;   /* the kernel lets only one at a time move pages */
};

/* The arguments of a call, what they mean, and the plan for it. */
struct sb_request {
	/* as the caller passed them, and as the kernel takes them */
	unsigned long start;
	unsigned long len;
	int mode;
	unsigned flags;
	const unsigned long *mask;
	unsigned long maxnode;

	int bare_mode;		 /* without the mode's flags */
	struct sb_stretch range; /* the pages, by their addresses without tags */

	struct sb_plan plan;
	struct sb_stretch blind; /* of what is in here STRICT alone tells nothing */
};

static inline struct sb_request sb_request_of(const void *addr, unsigned long len, int mode,
					      const unsigned long *nodemask, unsigned long maxnode,
					      unsigned flags)
{
	unsigned long start = sb_untag((uintptr_t)addr);

	return (struct sb_request){
		.start = (uintptr_t)addr,
		.len = len,
		.mode = mode,
		.flags = flags,
		.mask = nodemask,
		.maxnode = maxnode,
		.bare_mode = mode & ~SB_MPOL_MODE_FLAGS,
		.range = { start, start + sb_round_up(len) },
	};
}

/* The call on a part of the range, with other flags. */
long sb_bind_part(const struct sb_request *request, unsigned long start, unsigned long end,
		  unsigned flags);

/* The call on the whole range, with other flags. */
long sb_bind_flags(const struct sb_request *request, unsigned flags);

/*
 * Sets the policy of the whole range and moves nothing: one call, but on a kernel that takes device
 * mappings for holes. Returns 0 or a negative errno; -EFAULT and -EINVAL say what they say of
 * mbind.
 */
long sb_bind_policy(const struct sb_request *request);

/*
 * The call on a part of the range, with flags that move. Huge pages of files that the kernel takes
 * out of the page table meanwhile are mapped again, if that is planned and the part is not vast.
 */
long sb_bind_moving(const struct sb_request *request, unsigned long start, unsigned long end,
		    unsigned flags);

#endif
