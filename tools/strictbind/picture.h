/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The address space of a process as a picture. */
#ifndef PICTURE_H
#define PICTURE_H

#include <stdbool.h>
#include <stdio.h>

#include "process.h"

struct picture {
	FILE *file;
	int width;  /* of the page */
	int policy; /* width of that column */
	bool colour;
	bool own; /* shared pages are not called misplaced */
};

/* Fitting to where the standard output goes, and to NO_COLOR. */
struct picture picture_of_terminal(FILE *file);

/* All mappings with pages, or those with misplaced ones. */
void picture_draw(struct picture *picture, const struct process *process, bool misplaced_only);

#endif
