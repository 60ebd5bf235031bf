/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two sides of a case left, page by page: the kernel alone, and the library. */
#ifndef RANDOM_SIDES_H
#define RANDOM_SIDES_H

#include "call.h"
#include "scene.h"
#include "tally.h"

enum side { SIDE_RAW, SIDE_LIBRARY, SIDES };

struct trace {
	bool played;
	struct verdict verdict;
	char outcome[32];
	size_t count, left_count;
	size_t could_move; /* of those left: had room even afterwards */
	short *before;
	bool *left; /* had to move, and is not where it belongs */
};

struct trace *trace_new(void);
/* Forgets all, and notes where the pages of the scene are. */
void trace_start(struct trace *trace, const struct scene *scene);
void trace_left(struct trace *trace, size_t index);
/*
 * Adds a case to the tally, when every side that was to be played could be: the verdicts and what
 * is worse are filled in. tight: some node has hardly any room, which the two sides do not find
 * alike: pages are worse if they still had room afterwards. True when the case is to be tried
 * once more, as tally_add() says.
 */
bool tally_sides(struct tally *tally, const struct result *result, struct trace *const *sides,
		 bool tight, bool repeated);

#endif
