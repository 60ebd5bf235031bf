/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is at an address, found out without the library under test. */
#ifndef TESTS_OBSERVE_H
#define TESTS_OBSERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nodes.h"

/* Answers for a page that is on no node. */
enum {
	NODE_NONE = -1,	  /* unmapped, never touched, swapped out, or the zero page */
	NODE_DEVICE = -2, /* a device mapping */
};

/* Node of every page of a range of this process. Pages must be readable on some kernels (Q9). */
void nodes_of(const void *at, size_t pages, int *nodes);
int node_of(const void *at);

/*
 * The one node that all pages of a mapping are on, by /proc/self/numa_maps; NODE_NONE when there
 * are more or none. Some pages have their node told nowhere else.
 */
int node_of_mapping(const void *at);

/* nodes_of() for a PROT_NONE mapping: made readable for the look. */
void nodes_of_inaccessible(void *at, size_t pages, int *nodes);

/* What an entry of the page map says; see below for ONCE. */
#define PAGEMAP_PRESENT (1UL << 63)
#define PAGEMAP_SWAPPED (1UL << 62)
#define PAGEMAP_ONCE (1UL << 56)

/* Entries of /proc/PID/pagemap, pid 0 for this process; false when it cannot be read. */
bool pagemap_of(int pid, const void *at, size_t pages, uint64_t *entries);
bool page_present(const void *at);
bool page_swapped(const void *at);
/* Mapped by more than one page table entry; only meaningful for a page that is present. */
bool page_shared(const void *at);

/* Is anything mapped there? */
bool mapped(const void *at);

struct policy {
	int mode;	     /* -1: nothing is mapped */
	unsigned long nodes; /* the first word, which is all that kernels tell of a small machine */
};

/* maxnode that goes with it. */
#define POLICY_MAXNODE 65UL

/* The policy of the mapping at an address, in one spelling on all kernels. */
struct policy policy_of(const void *at);
bool policy_equal(const struct policy *a, const struct policy *b);

/* What policy_of() tells after a successful mbind() with these arguments. */
struct policy policy_after(int mode, const struct nodes *nodes);

/* The nodes that a policy allocates from: the set passed, as the allowed nodes transform it. */
struct nodes effective_nodes(int mode, const struct nodes *nodes);

#endif
