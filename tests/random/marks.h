/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What makes a kind of memory out of pages that have been touched. */
#ifndef RANDOM_MARKS_H
#define RANDOM_MARKS_H

#include "kinds.h"

kind_step mark_readonly, mark_inaccessible, mark_locked, mark_twin, mark_pinned, mark_split;
kind_step mark_holed, mark_headless, mark_ring;
kind_step mark_ksm, mark_guard, mark_uffd, mark_uffd_protected, mark_swapped, mark_uring;

/* After the last segment: what is done for all of them at once. */
bool marks_finish(struct scene *scene, struct world *world);

/* Rings and pins of a scene go back to the world. */
void marks_undo(struct world *world);

#endif
