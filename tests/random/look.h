/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is found in a scene after a call. */
#ifndef RANDOM_LOOK_H
#define RANDOM_LOOK_H

#include "scene.h"

struct sight {
	short *node;
	struct policy *policy;
	size_t spoiled; /* pages whose contents changed */
};

/* What the test writes into a page. */
uint64_t scene_stamp(const struct scene *scene, size_t index);

void scene_look(const struct scene *scene, struct sight *sight);

/* The kernel tells no node of a page in a PROT_NONE mapping (Q9). */
bool hides_inaccessible(void);

/* Pages from..to of the PROT_NONE mapping that this page is in; false when it is in none. */
bool inaccessible_mapping(const struct scene *scene, size_t index, size_t *from, size_t *to);

#endif
