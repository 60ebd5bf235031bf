/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints scenes and what came of them. */
#ifndef SHOW_H
#define SHOW_H

#include "calls.h"
#include "verdict.h"

void show_legend(int nodes);
void show_scene(size_t number, const struct scene *scene);
void show_skipped(const char *why);

void show_before(const struct scene *scene);
void show_contract(const struct outcome *due);
void show_outcome(const char *who, const struct scene *scene, const struct outcome *outcome);
void show_verdicts(const struct verdict *raw, const struct verdict *strictbind);

#endif
