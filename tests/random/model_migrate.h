/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the contract says a migrate_pages() does to a process. Rules are those of <strictbind.h>. */
#ifndef RANDOM_MODEL_MIGRATE_H
#define RANDOM_MODEL_MIGRATE_H

#include "call.h"
#include "crowd.h"
#include "scene.h"

enum { MAX_PAIRS = 64 };

struct migrate_model {
	long result;
	int error;
	int pairs;
	struct {
		int source, dest;
	} pair[MAX_PAIRS]; /* in the kernel's order */
	unsigned long unmoved, shared;
	const char *first_unmoved;
	bool first_hidden; /* it is a page whose node the kernel does not tell */
};

void migrate_expect(struct migrate_model *model, const struct scene *scene,
		    const struct crowd *before, const struct migrate_call *call);

/* The node where a page of the scene ends up. */
int migrate_due(const struct migrate_model *model, const struct page *page);

/* Some node that pages had to go to has no ample room. */
bool migrate_may_fail_for_room(const struct migrate_model *model);

/* What becomes of one page. */
struct fate {
	int node;	 /* where it ends up */
	bool unmoved;	 /* had to move and could not (rule 12) */
	bool left_alone; /* because it is shared (rule 13) */
};

struct fate fate_in_scene(const struct migrate_model *model, const struct page *page);
struct fate fate_in_crowd(const struct migrate_model *model, const struct crowd_page *page);

#endif
