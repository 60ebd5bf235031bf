/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The VMAs of a process with the number of their pages on given nodes, from numa_maps and maps. */
#ifndef SB_PAGES_NUMA_MAPS_H
#define SB_PAGES_NUMA_MAPS_H

#include <stdbool.h>

#include "core/nodeset.h"
#include "pages/maps.h"
#include "pages/policy.h"
#include "pages/thread_policies.h"

/* Where the pages of a VMA should be. */
struct sb_placement {
	struct sb_nodeset allowed; /* where a policy names no nodes */
	struct sb_thread_policies
		*threads;	     /* whose policies count, found before; NULL: the first one's */
	struct sb_policy policy;     /* in force: the VMA's own, or that of the threads */
	struct sb_nodeset misplaced; /* the nodes where they should not be */
};

struct sb_vmas {
	const struct sb_nodeset *nodes; /* pages on these are asked for */
	bool interleaved;		/* and all of VMAs whose nodes get pages in turn */
	unsigned long start;
	unsigned long end;
	unsigned long pages; /* base pages on the nodes asked for */
	unsigned long unit;  /* base pages in a page of it: more than 1 of hugetlb */
	bool shared;	     /* some page of the VMA is mapped more than once */
	unsigned long vdso;  /* pages on the nodes that were passed over: the vdso's */
	struct sb_words numa_maps;
	struct sb_words maps;
	struct sb_maps_line line;	/* the last one read */
	struct sb_placement *placement; /* by policy; else NULL */
};

/* Returns 0 or a negative errno. Every successful open needs a close. */
int sb_vmas_open(struct sb_vmas *vmas, int pid, const struct sb_nodeset *nodes);

/*
 * The same for misplaced pages: those on other nodes than where they are placed, or if that is
 * NULL, than the policy in force of their VMA names, and where it names none, on others than those
 * allowed, which are set. Sets the rest of the placement, to that of each VMA.
 */
int sb_vmas_open_misplaced(struct sb_vmas *vmas, int pid, const struct sb_nodeset *placed,
			   struct sb_placement *placement);
void sb_vmas_close(struct sb_vmas *vmas);

/* Goes on to the next VMA that has pages on these nodes. False after the last, or on an error. */
bool sb_vmas_next(struct sb_vmas *vmas);

/* Whether reading ended early: 0 or a negative errno. */
int sb_vmas_error(const struct sb_vmas *vmas);

/* Whom pages are told to that have been found. */
struct sb_census {
	void (*clear)(void *context); /* what was added does not count */
	void (*add)(void *context, int node, unsigned long pages); /* node < 0: not known */
	void *context;
	bool subtracts; /* pages may be negative, as unsigned numbers are */
};

/*
 * Adds the pages of the VMAs that begin in the range, that of the vdso left out. numa_maps counts a
 * page several times as fast as move_pages tells its node, but counts all of the process below end.
 * Returns 0 or a negative errno.
 */
int sb_vmas_count(int pid, unsigned long start, unsigned long end, const struct sb_census *census);

#endif
