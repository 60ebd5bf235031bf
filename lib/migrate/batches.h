/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moving the pages of a process off a node in batches, before migrate_pages is called. What cannot
 * be moved this way is left to migrate_pages itself.
 */
#ifndef SB_MIGRATE_BATCHES_H
#define SB_MIGRATE_BATCHES_H

#include "migrate/request.h"
#include "pages/batches.h"

/* Pages in pairs of nodes add up to total, if progress is wanted. */
struct sb_batches sb_migrate_batches_of(const struct sb_migration *migration, bool moves_shared,
					unsigned long total);

/* False when the caller wants no more. */
bool sb_move_batches(struct sb_batches *batches, int source, int target);

#endif
