/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RANDOM_LAYOUT_H
#define RANDOM_LAYOUT_H

#include "scene.h"

/* Decide on the segments of a scene and the nodes of its pages. Makes nothing yet. */
void scene_plan(struct scene *scene, const struct world *world, struct rng *rng,
		const struct scene_size *size);

#endif
