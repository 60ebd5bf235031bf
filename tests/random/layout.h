/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RANDOM_LAYOUT_H
#define RANDOM_LAYOUT_H

#include "scene.h"

/* Decide on the segments of a scene and the nodes of its pages. Makes nothing yet. */
void scene_plan(struct scene *scene, const struct world *world, struct rng *rng,
		const struct scene_size *size);

/* The same for one unit of this kind, on the first node. */
void scene_plan_one(struct scene *scene, const struct world *world, enum kind kind);

/* Pages that a scene may have, and what the address of the arena is a multiple of. */
size_t scene_capacity(void);
size_t scene_alignment(void);

#endif
