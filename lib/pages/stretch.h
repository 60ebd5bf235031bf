/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A part of an address space. */
#ifndef SB_PAGES_STRETCH_H
#define SB_PAGES_STRETCH_H

#include <stdbool.h>

struct sb_stretch {
	unsigned long start;
	unsigned long end; /* start, when it is empty */
};

static inline bool sb_stretch_meets(const struct sb_stretch *stretch, unsigned long start,
				    unsigned long end)
{
	return start < stretch->end && end > stretch->start;
}

/*
 * The pages of a process that a range touches. Also judges whether the process is there, and may be
 * looked at. Returns 0 or a negative errno.
 */
int sb_stretch_of(int pid, const void *addr, unsigned long len, struct sb_stretch *stretch);

#endif
