/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pages of one case: what the generator made, and so what the model knows. */
#ifndef RANDOM_SCENE_H
#define RANDOM_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "kinds.h"
#include "observe.h"
#include "rng.h"
#include "world.h"

enum {
	MAX_SEGMENTS = 40,
	MAX_POLICIES = 6,
	NO_POLICY = -1, /* a hole */
};

struct page {
	unsigned char kind;
	unsigned char segment;
	bool present; /* a page that a policy governs is there */
	bool shared;
	bool stuck;
	bool no_room; /* found after the call: no node that it had to go to had room for it */
	bool inaccessible;
	short node;	    /* NODE_NONE unless present */
	signed char policy; /* index into policies, or NO_POLICY */
};

struct segment {
	enum kind kind;
	size_t first, count;
	size_t unit;	   /* pages that are on one node and move together */
	size_t pool_first; /* kinds from the pool: page of the pool that is mapped first */
};

struct scene {
	char *base;
	size_t count, capacity;
	size_t segment_count;
	struct segment segments[MAX_SEGMENTS];
	struct page *pages;
	int *scratch; /* as many */
	struct policy policies[MAX_POLICIES];
	int policy_count;
	bool forked;
	bool twins_used, pool_used, hugetlb_used;
	struct nodes hugetlb_free; /* with free hugetlb pages, when all was made */
	size_t pool_next;	   /* pages of the pool from here on are not mapped yet */
	pid_t child;		   /* shares the forked pages while it lives */
	uint64_t stamp;		   /* differs from case to case */
	bool broken;		   /* could not be made as planned; the case is left out */
};

struct scene_size {
	size_t most_segments;
	unsigned huge_percent; /* scenes with huge pages */
	unsigned fork_percent; /* scenes with a forked child, which is slow */
	unsigned bulk_percent; /* scenes with some thousand pages of a kind */
};

void scene_build(struct scene *scene, struct world *world, struct rng *rng,
		 const struct scene_size *size);
/* A segment of this kind alone, without older policies. */
void scene_build_one(struct scene *scene, struct world *world, enum kind kind);
void scene_destroy(struct scene *scene, struct world *world);

char *scene_page(const struct scene *scene, size_t index);
/* The second mapping of a page that is mapped twice. */
char *scene_twin(const struct scene *scene, const struct world *world, size_t index);
const struct segment *segment_of(const struct scene *scene, size_t index);
size_t segment_bytes(const struct segment *segment);

/* Is there a boundary of two pages of the kernel here, so that a mapping can end? */
bool scene_may_cut(const struct scene *scene, size_t index);

/* Pages of kinds that may drop out of their mapping when it is split are there again. */
void scene_refault(const struct scene *scene);

/* First touches of this process go to that node, until stop_numa_balancing(). */
void prefer_node(int node);

/* One line that says what is where. */
void scene_print(const struct scene *scene, char *buf, size_t size);

#endif
