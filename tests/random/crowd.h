/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All other pages of a process: migrate_pages moves them too. */
#ifndef RANDOM_CROWD_H
#define RANDOM_CROWD_H

#include <stdbool.h>
#include <stddef.h>

#include "world.h"

enum { CROWD_PAGES = 16384 };

struct crowd {
	size_t count;
	struct crowd_page {
		unsigned long address;
		short node;
		bool shared;
		bool stuck;
	} pages[CROWD_PAGES]; /* by address */
};

/* Every present page of the calling process outside of the arena. */
void crowd_look(struct crowd *crowd, const struct world *world);

#endif
