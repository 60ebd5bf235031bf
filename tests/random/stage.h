/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process in which scenes are made and looked at: the calling one, or a child that a call reaches
 * by its pid. What is found is in memory that both share.
 */
#ifndef RANDOM_STAGE_H
#define RANDOM_STAGE_H

#include <stdint.h>
#include <sys/types.h>

#include "crowd.h"
#include "look.h"
#include "scene.h"

struct stage {
	struct scene scene;
	struct sight sight;
	struct crowd before, after;
	uint64_t seed, number; /* of the scene to build */
	bool idle;	       /* the process only waits while a call is made */
};

/* Numbers of random streams: what is made, and what is called on it. */
enum { STREAM_RANGE = 1, STREAM_RANGE_CALL, STREAM_MIGRATION, STREAM_MIGRATION_CALL };

struct actor {
	struct stage *stage;
	struct world *world; /* of the calling process; NULL for a child */
	pid_t pid;	     /* 0 for the calling process */
	int commands, answers;
};

struct stage *stage_new(void);
void stage_free(struct stage *stage);

/* A child that builds scenes of its own. */
struct actor actor_fork(int local);
void actor_end(struct actor *actor);

/* Scene for a migration, with what else is in the process before. */
void actor_build(const struct actor *actor, uint64_t seed, uint64_t number);
void actor_look(const struct actor *actor);
void actor_destroy(const struct actor *actor);

#endif
