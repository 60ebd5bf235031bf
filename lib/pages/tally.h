/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a call left behind, in base pages. */
#ifndef SB_PAGES_TALLY_H
#define SB_PAGES_TALLY_H

#include "strictbind.h"

/* What a call left behind; as struct strictbind_report. */
struct sb_counts {
	unsigned long unmoved;
	unsigned long shared;
	unsigned long first_unmoved; /* 0: none */
	unsigned long vague_from;    /* not 0: what first_unmoved says from here on is a guess */
	unsigned long vdso;	     /* pages left out of all counts, but of some kernels' own */
};

/* Counts that could not be taken. */
extern const struct sb_counts sb_unknown_counts;

/* Another unmoved page, 0 for none: the lowest is kept. */
static inline void sb_counts_take_first(struct sb_counts *counts, unsigned long address)
{
	if (address && (!counts->first_unmoved || address < counts->first_unmoved))
		counts->first_unmoved = address;
}

#endif
