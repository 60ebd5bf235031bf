/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Migration in the simulated kernel: a list of isolated pages, and where they are to go. */
#ifndef FAKE_MIGRATION_H
#define FAKE_MIGRATION_H

#include "space.h"

/* Room for every page, and once more for the parts of large ones. */
enum { FAKE_MAX_QUEUED = 2 * FAKE_MAX_PAGES };

/* Pages that were isolated, by address: numbers change when a large page is split. */
struct fake_queue {
	unsigned count;
	unsigned long addresses[FAKE_MAX_QUEUED];
};

void fake_enqueue(struct fake_queue *queue, unsigned long address);

/* Also when it is there by another address: merged pages of one frame are one. */
bool fake_is_queued(const struct fake_queue *queue, const struct fake_page *page);

/*
 * Both empty the queue and return 0, the number of pages that failed in the unit of the release,
 * or -ENOMEM: no room for a page, and what was queued behind it has not been tried.
 */
long fake_migrate_to(struct fake_queue *queue, int node);
long fake_migrate_by(struct fake_queue *queue, const struct fake_policy *policy);

/* What a page counts for when it fails. */
long fake_unit_of(const struct fake_page *page);

#endif
