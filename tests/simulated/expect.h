/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that must keep the contract, and of which is known what they have to say. */
#ifndef FAKE_EXPECT_H
#define FAKE_EXPECT_H

#include "scene.h"

/* What old page maps cannot tell. */
unsigned expect_untold(void);

/*
 * The call without and with a report, each on the process as it is now. It keeps the contract and
 * ends with this errno, or with 0. The process is left as the second call leaves it.
 */
void expect_bind(struct bind bind, int error);

/* The same, and what the report says: pages, and the first unmoved page of the scene or -1. */
struct counts {
	unsigned long unmoved;
	unsigned long shared;
	long first;
};

void expect_counts(struct bind bind, int error, struct counts counts);

/* All pages of the scene from first on that are somebody's are on this node. */
void expect_on(unsigned long first, unsigned long count, int node);

#endif
