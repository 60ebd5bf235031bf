/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counting the pages that a migrate_pages call left on the nodes it was to empty. */
#ifndef SB_MIGRATE_LEFTOVER_H
#define SB_MIGRATE_LEFTOVER_H

#include "core/nodeset.h"
#include "pages/tally.h"

/*
 * Adds to the tally the pages of a process on these nodes. moves_shared: the caller may move shared
 * pages, so that a shared page is an unmoved one. Returns 0, or a negative errno when they cannot
 * be counted; the tally is then undefined.
 */
int sb_count_leftover(int pid, const struct sb_nodeset *nodes, bool moves_shared,
		      struct sb_tally *tally);

#endif
