/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RANDOM_TRIAL_H
#define RANDOM_TRIAL_H

#include "scene.h"

/* Find out which kinds of memory can be had here, by making one segment of each. */
void world_try_kinds(struct world *world, struct scene *scene);

/* Names of those that cannot be had; empty when there are none. */
void world_print_missing(const struct world *world, char *buf, size_t size);

#endif
