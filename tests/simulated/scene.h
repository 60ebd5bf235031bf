/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Building address spaces: by hand, in units of pages from SCENE on, and at random. */
#ifndef FAKE_SCENE_H
#define FAKE_SCENE_H

#include "contract.h"

/* A page table's reach ends 32 pages further on, and the first huge page can begin there. */
#define SCENE (0x200000000000UL - 32UL * FAKE_PAGE)
enum { SCENE_HUGE = 32, SCENE_SPAN = FAKE_HUGE / FAKE_PAGE };

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

/*
 * A hugetlb mapping of count huge pages, from huge page number first on, all present on the node.
 * Returns the last. The page at which huge page number n begins is SCENE_HUGE + n * SCENE_SPAN.
 */
struct fake_page *scene_hugetlb(unsigned long first, unsigned long count, int node);

/* Mappings of a device, and of memfd_secret, with all pages present. */
void scene_device(unsigned long first, unsigned long count);
void scene_secret(unsigned long first, unsigned long count, int node);

/* Pages that KSM has merged into one, and with one elsewhere. */
void scene_merged(unsigned long first, unsigned long count, int node);

/* The same in two steps: the mapping, and what is present in it. */
struct fake_vma *scene_map_huge(unsigned long first, unsigned long count);
void scene_put_huge(unsigned long number, int node, unsigned mapcount, enum fake_page_kind kind);
void scene_put_device(unsigned long first, unsigned long count);
void scene_put_secret(unsigned long first, unsigned long count, int node);

/* The node of a page, or -1. */
int scene_node(unsigned long page);

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
