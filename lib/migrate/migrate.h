/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migrate_pages by the contract, rules 12 to 14. */
#ifndef SB_MIGRATE_MIGRATE_H
#define SB_MIGRATE_MIGRATE_H

#include "migrate/request.h"
#include "pages/tally.h"

/*
 * Returns the number of pages that were not moved, or a negative errno; then the tally, empty
 * before, is taken only for -ECANCELED and -ENOMEM.
 */
long sb_migrate(struct sb_migration *migration, struct sb_tally *tally);

#endif
