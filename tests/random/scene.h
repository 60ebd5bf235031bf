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
	MAX_PAGES = 704,
	MAX_SEGMENTS = 24,
	MAX_POLICIES = 6,
	NO_POLICY = -1, /* a hole */
};

struct page {
	unsigned char kind;
	unsigned char segment;
	bool present;       /* a page that a policy governs is there */
	bool shared;
	bool stuck;
	bool inaccessible;
	signed char node;   /* NODE_NONE unless present */
	signed char policy; /* index into policies, or NO_POLICY */
};

struct segment {
	enum kind kind;
	size_t first, count;
	size_t pool_first;  /* kinds from the pool: page of the pool that is mapped first */
};

struct scene {
	char *base;
	size_t count;
	size_t segment_count;
	struct segment segments[MAX_SEGMENTS];
	struct page pages[MAX_PAGES];
	struct policy policies[MAX_POLICIES];
	int policy_count;
	bool forked;
	size_t pool_next;  /* pages of the pool from here on are not mapped yet */
	pid_t child;       /* shares the forked pages while it lives */
	int child_pipe;
	uint64_t stamp;    /* differs from case to case */
	bool broken;       /* could not be made as planned; the case is left out */
};

struct scene_size {
	size_t most_segments;
	unsigned huge_percent; /* scenes with a huge page */
	unsigned fork_percent; /* scenes with a forked child, which is slow */
};

void scene_build(struct scene *scene, struct world *world, struct rng *rng,
		 const struct scene_size *size);
void scene_destroy(struct scene *scene, struct world *world);

char *scene_page(const struct scene *scene, size_t index);

/* The kernel tells no node of a page in a PROT_NONE mapping (Q9). */
bool hides_inaccessible(void);

/* Pages from..to of the PROT_NONE mapping that this page is in; false when it is in none. */
bool inaccessible_mapping(const struct scene *scene, size_t index, size_t *from, size_t *to);

/* What is found after a call. */
struct sight {
	signed char node[MAX_PAGES];
	struct policy policy[MAX_PAGES];
	size_t spoiled; /* pages whose contents changed */
};

void scene_look(const struct scene *scene, struct sight *sight);

/* One line that says what is where. */
void scene_print(const struct scene *scene, char *buf, size_t size);

#endif
