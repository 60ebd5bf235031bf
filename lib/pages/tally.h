/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a call left behind, in base pages. It adds up; the report is written from it. */
#ifndef SB_PAGES_TALLY_H
#define SB_PAGES_TALLY_H

#include <stdbool.h>

/* How many pages: equal where it is exact; at most ULONG_MAX where nobody tells. */
struct sb_bounds {
	unsigned long least;
	unsigned long most;
};

struct sb_tally {
	bool failed; /* some page that had to move could not, whether it was counted or not */
	struct sb_bounds unmoved;
	struct sb_bounds shared;
	unsigned long first;	   /* the lowest page that is unmoved; 0: none, or none is known */
	unsigned long first_maybe; /* the lowest of those that may be; 0: none */
	unsigned long vdso;	   /* pages left out of all counts, but of some kernels' own */
};

static inline bool sb_bounds_exact(const struct sb_bounds *bounds)
{
	return bounds->least == bounds->most;
}

/* Unmoved pages, the lowest of them at address. */
void sb_tally_unmoved(struct sb_tally *tally, unsigned long address, unsigned long pages);

/* Pages left because they are shared. */
void sb_tally_shared(struct sb_tally *tally, unsigned long pages);

/* Of all pages, the lowest at address, these are unmoved; which of them is not told. */
void sb_tally_unmoved_of(struct sb_tally *tally, unsigned long address, unsigned long all,
			 struct sb_bounds unmoved);

/* Any number of pages more may be unmoved, or shared. */
void sb_tally_unknown(struct sb_tally *tally);

/* Adds other pages. */
void sb_tally_add(struct sb_tally *tally, const struct sb_tally *more);
void sb_bounds_add(struct sb_bounds *bounds, struct sb_bounds more);

/*
 * some of all pages are on certain nodes, and it is not told which; mine of all pages are asked
 * about: how many of those are on the nodes.
 */
struct sb_bounds sb_bounds_of_some(unsigned long some, unsigned long all, unsigned long mine);

/* The lowest unmoved page, or 0 when there is none or it is not known. */
unsigned long sb_tally_first(const struct sb_tally *tally);

#endif
