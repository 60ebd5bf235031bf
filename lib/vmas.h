/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The VMAs of a process with the number of their pages on given nodes, from numa_maps and maps. */
#ifndef SB_VMAS_H
#define SB_VMAS_H

#include <stdbool.h>

#include "nodeset.h"
#include "proc.h"

/* A line of /proc/PID/maps. */
struct sb_maps_line {
	unsigned long start;
	unsigned long end;
	bool vdso;
};

struct sb_vmas {
	const struct sb_nodeset *nodes;
	unsigned long start;
	unsigned long end;
	unsigned long pages; /* base pages on the nodes asked for */
	bool shared;	     /* some page of the VMA is mapped more than once */
	struct sb_words numa_maps;
	struct sb_words maps;
	struct sb_maps_line line; /* the last one read */
};

/* Returns 0 or a negative errno. Every successful open needs a close. */
int sb_vmas_open(struct sb_vmas *vmas, int pid, const struct sb_nodeset *nodes);
void sb_vmas_close(struct sb_vmas *vmas);

/* Goes on to the next VMA that has pages on these nodes. False after the last, or on an error. */
bool sb_vmas_next(struct sb_vmas *vmas);

/* Whether reading ended early: 0 or a negative errno. */
int sb_vmas_error(const struct sb_vmas *vmas);

/* Takes the next line; false at the end. */
bool sb_maps_next(struct sb_words *words, struct sb_maps_line *line);

/*
 * The first mapped address of the caller in [start, end); end when there is none, start when that
 * cannot be told.
 */
unsigned long sb_first_mapped(unsigned long start, unsigned long end);

#endif
