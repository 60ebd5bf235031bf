/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a page is not where it should be, as far as the kernel lets it be known. */
#ifndef SB_CHECK_REASONS_H
#define SB_CHECK_REASONS_H

#include <stdbool.h>

#include "core/nodeset.h"
#include "pages/maps.h"
#include "pages/scan.h"
#include "strictbind.h"

/* The memory that a page is of. */
struct sb_memory {
	unsigned long start; /* as far as one policy is in force */
	unsigned long end;
	unsigned long unit; /* base pages in a page of it: more than 1 of hugetlb */
	enum sb_backing backing;
	bool no_sharing;	 /* it is known that no page of it is shared */
	unsigned long misplaced; /* so many of its pages, as far as is known */
};

struct sb_reasons {
	bool tried;	   /* it was tried to move pages */
	bool moves_shared; /* those that are shared, too */

	/* Its own. */
	int flags;	   /* /proc/kpageflags, or negative */
	bool tells_merged; /* it tells pages merged by KSM from others */
	struct sb_nodeset targets;
	struct sb_memory memory;
	bool room_known; /* of these targets, for this memory */
	bool no_room;
	unsigned long room;	 /* bytes on the targets */
	struct sb_nodeset roomy; /* nodes that were found to have room for so many pages */
	unsigned long roomy_pages;
	/* Pages known to be of a huge page that lies across two policies, and of one that does not.
	 */
	unsigned long cut_start;
	unsigned long cut_end;
	unsigned long whole_start;
	unsigned long whole_end;
};

/* Every open needs a close. */
void sb_reasons_open(struct sb_reasons *reasons);
void sb_reasons_close(const struct sb_reasons *reasons);

/* Pages from now on are of this memory, and should be on the targets: those the cpuset allows. */
void sb_reasons_of_memory(struct sb_reasons *reasons, const struct sb_memory *memory,
			  const struct sb_nodeset *targets);

/* Sets node, reason and room for a misplaced page. */
void sb_reasons_find(struct sb_reasons *reasons, const struct sb_extent *page,
		     struct strictbind_range *range);

#endif
