/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the memory of a scene, and looks at it without the library. */
#ifndef STAGE_H
#define STAGE_H

#include "scene.h"

enum { MAX_CHARS = 64 };

struct stage {
	char *at;
	size_t chars;
	size_t pages_per_char;
	int pipe[2];
};

/* What is where, one character for each of the scene's. */
struct picture {
	char nodes[MAX_CHARS + 1];
	char policy[MAX_CHARS + 1];
};

/* NULL, or why this machine cannot show the scene. To be cleared in either case. */
const char *stage_build(struct stage *stage, const struct scene *scene);
void stage_clear(struct stage *stage);

size_t stage_length(const struct stage *stage);
size_t page_size(void);

/* Some kernels do not tell the node of a page that cannot be read: makes them all readable. */
struct picture stage_look(const struct stage *stage, const struct scene *scene);
/* Takes that back. */
void stage_hide(const struct stage *stage, const struct scene *scene);

/* Present pages on another node than this one, as move_pages tells. */
long stage_count_misplaced(const struct stage *stage, int node);

#endif
