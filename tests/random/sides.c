/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sides.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"

/* How many pages more or less find room on a nearly full node from one time to the next. */
enum { GIVE_AND_TAKE = 256 };

static void *memory(size_t size)
{
	void *at = malloc(size);

	if (!at) {
		perror("random");
		exit(2);
	}
	/* Touched, so that nothing new appears in the process while it is looked at. */
	return memset(at, 1, size);
}

struct trace *trace_new(void)
{
	struct trace *trace = memory(sizeof(*trace));

	memset(trace, 0, sizeof(*trace));
	trace->before = memory(scene_capacity() * sizeof(*trace->before));
	trace->left = memory(scene_capacity() * sizeof(*trace->left));
	return trace;
}

void trace_start(struct trace *trace, const struct scene *scene)
{
	trace->played = false;
	trace->verdict.sort = SORT_NONE;
	trace->outcome[0] = 0;
	trace->count = scene->count;
	trace->left_count = 0;
	trace->could_move = 0;
	for (size_t i = 0; i < scene->count; i++) {
		trace->before[i] = scene->pages[i].node;
		trace->left[i] = false;
	}
}

void trace_left(struct trace *trace, size_t index)
{
	trace->left[index] = true;
	trace->left_count++;
}

static unsigned long worse_pages(const struct trace *raw, const struct trace *library, bool tight)
{
	unsigned long worse = 0;

	if (!raw->played || !library->played || raw->count != library->count ||
	    memcmp(raw->before, library->before, raw->count * sizeof(*raw->before)))
		return 0;
	if (tight)
		return library->left_count > raw->left_count + GIVE_AND_TAKE &&
				       library->could_move > GIVE_AND_TAKE
			       ? library->could_move
			       : 0;
	for (size_t i = 0; i < raw->count; i++)
		worse += library->left[i] && !raw->left[i];
	return worse;
}

static bool could_be_played(struct trace *const *sides)
{
	for (int side = 0; side < SIDES; side++)
		if (sides[side] && !sides[side]->played)
			return false;
	return true;
}

bool tally_sides(struct tally *tally, const struct result *result, struct trace *const *sides,
		 bool tight, bool repeated)
{
	const struct trace *raw = sides[SIDE_RAW], *library = sides[SIDE_LIBRARY];
	struct result judged = *result;

	if (!could_be_played(sides)) {
		tally->left_out++;
		return false;
	}
	judged.raw = raw ? &raw->verdict : NULL;
	judged.library = library ? &library->verdict : NULL;
	judged.raw_outcome = raw ? raw->outcome : "";
	judged.outcome = library ? library->outcome : raw->outcome;
	judged.worse_pages = raw && library ? worse_pages(raw, library, tight) : 0;
	return tally_add(tally, &judged, repeated);
}
