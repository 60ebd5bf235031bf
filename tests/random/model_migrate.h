/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the contract says a migrate_pages() does to a process. Rules are those of <strictbind.h>. */
#ifndef RANDOM_MODEL_MIGRATE_H
#define RANDOM_MODEL_MIGRATE_H

#include "call.h"
#include "crowd.h"
#include "look.h"
#include "scene.h"
#include "verdict.h"

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

void migrate_compare(struct verdict *verdict, const struct migrate_model *model,
		     const struct scene *scene, const struct crowd *before,
		     const struct crowd *after, const struct migrate_call *call,
		     const struct outcome *outcome, const struct sight *sight, bool raw);

/* The node where a page of the scene ends up. */
int migrate_due(const struct migrate_model *model, const struct page *page);

/*
 * Pages outside of the scene that the kernel could not move just then: mark them as stuck. Returns
 * how many. More than a few are no accident.
 */
unsigned migrate_excuse_crowd(struct crowd *before, const struct migrate_model *model,
			      const struct crowd *after);

#endif
