/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What could not be moved for want of room. Nobody knows beforehand how many pages a nearly full
 * node takes, so a page that stayed is judged by what is found afterwards: a base page could move
 * if a node it had to go to has ample room, a huge one if the kernel can move it there now.
 */
#ifndef RANDOM_EXCUSE_H
#define RANDOM_EXCUSE_H

#include "model_mbind.h"
#include "model_migrate.h"

/* Marks pages that had no room (no_room) and returns how many these are. */
unsigned long mbind_excuse(struct scene *scene, const struct mbind_model *model,
			   const struct mbind_call *call, const struct sight *sight);

/*
 * How many pages of those that stayed the kernel alone can still move to where they had to go. The
 * pages move.
 */
unsigned long mbind_could_move(const struct scene *scene, const struct mbind_model *model,
			       const struct mbind_call *call, const struct sight *sight);

/* The same for a migration of process pid. */
unsigned long migrate_could_move(const struct scene *scene, const struct migrate_model *model,
				 int pid, const struct sight *sight);

/*
 * Whether the page is one of hugetlb with no pool to move to where it should. Then the kernel takes
 * a page of any pool, and which one has some depends on what the other side has left.
 */
bool lands_anywhere(const struct scene *scene, const struct mbind_model *model, size_t index);

/* Clean pages of a file on a disk may be dropped: such a page is not there any more. */
void forget_dropped(struct scene *scene, const struct sight *sight);

/* What mbind_excuse() is, for a migration of process pid: the pages are marked as stuck. */
unsigned long migrate_excuse(struct scene *scene, const struct migrate_model *model, int pid,
			     const struct sight *sight);

#endif
