/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Building address spaces: by hand, in units of pages from SCENE on, and at random. */
#ifndef FAKE_SCENE_H
#define FAKE_SCENE_H

#include "contract.h"

/* A page table's reach ends 32 pages further on. */
#define SCENE (0x200000000000UL - 32UL * FAKE_PAGE)

static inline unsigned long at(unsigned long page)
{
	return SCENE + page * FAKE_PAGE;
}

/* Removes what was mapped from SCENE on. */
void scene_clear(void);

/* A mapping of count pages, none present. Adjoining mappings stay two. */
struct fake_vma *scene_map(unsigned long first, unsigned long count);

/* Makes pages present. Returns the last. */
struct fake_page *scene_touch(unsigned long first, unsigned long count, int node);

/* scene_map() and scene_touch(). */
struct fake_page *scene_pages(unsigned long first, unsigned long count, int node);

/* One page of a kind in a mapping of its own. */
struct fake_page *scene_page(unsigned long page, int node, enum fake_page_kind kind);

/* A range of the scene, to one node, with MPOL_BIND. */
struct bind scene_bind(unsigned long first, unsigned long count, int node, unsigned flags);

/* ---- at random ---- */

struct rng {
	unsigned long state;
};

unsigned long rng_next(struct rng *rng);

/* 0 to below. */
static inline unsigned rng_below(struct rng *rng, unsigned below)
{
	return (unsigned)(rng_next(rng) % below);
}

static inline bool rng_one_in(struct rng *rng, unsigned odds)
{
	return rng_below(rng, odds) == 0;
}

void scene_random(struct rng *rng, int nodes);
struct bind scene_random_bind(struct rng *rng, int nodes);
struct migration scene_random_migration(struct rng *rng, int nodes);

/* For messages. */
const char *scene_describe(const struct bind *bind, const struct outcome *outcome);

#endif
