/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RANDOM_COMPARE_MIGRATE_H
#define RANDOM_COMPARE_MIGRATE_H

#include "look.h"
#include "model_migrate.h"
#include "verdict.h"

/* Compare what happened with what had to. raw: the kernel alone was called, which makes no report.
 */
void migrate_compare(struct verdict *verdict, const struct migrate_model *model,
		     const struct scene *scene, const struct crowd *before,
		     const struct crowd *after, const struct migrate_call *call,
		     const struct outcome *outcome, const struct sight *sight, bool raw);

/*
 * Pages outside of the scene that the kernel could not move just then: mark them as stuck. Returns
 * how many. More than a few are no accident.
 */
unsigned migrate_excuse_crowd(struct crowd *before, const struct migrate_model *model,
			      const struct crowd *after);

#endif
