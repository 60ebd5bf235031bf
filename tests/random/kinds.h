/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kinds of pages that the generator puts into a range. */
#ifndef RANDOM_KINDS_H
#define RANDOM_KINDS_H

#include <stdbool.h>

enum kind {
	KIND_HOLE,
	KIND_ANON,
	KIND_READONLY,
	KIND_INACCESSIBLE,  /* PROT_NONE, populated */
	KIND_LOCKED,        /* mlock() */
	KIND_UNTOUCHED,
	KIND_ZERO,          /* read but never written: the shared zero page */
	KIND_SHMEM,
	KIND_TWIN,          /* shared memory mapped a second time elsewhere in the process */
	KIND_PAIR,          /* shared memory mapped twice, one mapping behind the other */
	KIND_POOL,          /* memfd mapped by another process too */
	KIND_FILE,          /* memfd, private mapping, only read */
	KIND_FILE_DIRTY,    /* memfd, private mapping, written: anonymous copies */
	KIND_FORKED,        /* anonymous, shared with a forked child */
	KIND_PINNED,
	KIND_PINNED_SHMEM,
	KIND_PINNED_POOL,
	KIND_PINNED_INACCESSIBLE,
	KIND_PERF,          /* perf ring */
	KIND_PACKET,        /* AF_PACKET ring */
	KIND_PACKET_TWIN,   /* the same, mapped twice */
	KIND_THP,
	KIND_THP_SPLIT,     /* mapped by base page entries */
	KIND_THP_HOLED,     /* its last pages given back */
	KIND_THP_HEADLESS,  /* its first pages given back */
	KIND_THP_INACCESSIBLE,
	KIND_THP_PINNED,
	KIND_THP_FORKED,
	KIND_HUGETLB,
	KIND_COUNT,
};

struct kind_facts {
	const char *name;
	unsigned weight;    /* how often, among those of its size */
	bool huge;          /* takes a whole huge page of addresses */
	bool absent;        /* no page that a policy governs */
	bool shared;
	bool stuck;         /* cannot be moved */
	bool inaccessible;  /* PROT_NONE */
	bool file;          /* not private anonymous memory */
	bool stamped;       /* the test may write into its pages */
};

extern const struct kind_facts kind_facts[KIND_COUNT];

#endif
