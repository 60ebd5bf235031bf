/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cases: a layout is made, a call is made on it, and what comes of it is compared with the model.
 * By default twice, on equal fresh layouts: by the system call and by the library.
 */
#ifndef RANDOM_CASES_H
#define RANDOM_CASES_H

#include "room.h"
#include "sides.h"
#include "stage.h"
#include "tally.h"

struct run {
	struct tally *tally;
	enum way way;		    /* how the library is called */
	struct trace *sides[SIDES]; /* NULL: that side is not tried */
	bool no_room;		    /* never fill nodes or use pools up */
	struct world *world;
	struct actor self, other;
	struct room room;
};

/* Plays a case on one side, and leaves in words what it was. */
typedef void play_fn(struct run *run, uint64_t number, enum way way, struct trace *trace);

/*
 * Plays a case on each side that is tried, of which none is always the first, and adds it to the
 * tally. One that is off is played once more. about: what play leaves in words.
 */
void run_case(struct run *run, const struct result *about, play_fn *play, uint64_t turn);

void run_range(struct run *run, uint64_t number);

/* Every second one is on the calling process, the others are on a child. */
void run_migration(struct run *run, uint64_t number);

/*
 * Code and data that a first call touches for the first time would change what else is in a process
 * between two looks at it: one migration that nobody judges.
 */
void warm_up(const struct run *run, const struct actor *actor);

#endif
