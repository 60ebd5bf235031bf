/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One page, or one huge page, of every kind that there is, for tests that go through all of them. */
#ifndef TESTS_SPECIMENS_H
#define TESTS_SPECIMENS_H

#include <stdbool.h>
#include <stddef.h>

enum fate {
	FATE_MOVES,        /* mapped once, can be moved */
	FATE_STUCK,        /* mapped once, cannot */
	FATE_SHARED,       /* mapped more than once, can be moved */
	FATE_SHARED_STUCK, /* mapped more than once, cannot */
	FATE_IGNORED,      /* nothing there that a policy governs */
};

struct specimen {
	const char *name;
	enum fate fate;
	size_t pages;      /* base pages that it takes */
	bool inaccessible; /* PROT_NONE */
	bool absent;       /* no page at all: an observer sees none */
	/* NULL, or why it cannot be had here. The address is aligned to a huge page. */
	const char *(*make)(char *at, int node);
};

#define SPECIMENS(X)                                                                          \
	X(anon) X(readonly) X(inaccessible) X(locked) X(shmem) X(memfd) X(tmpfs_private)      \
	X(tmpfs_dirtied) X(regular_file) X(thp) X(thp_split_mapping) X(thp_tail_given_back)   \
	X(thp_head_given_back) X(thp_inaccessible) X(hugetlb) X(untouched) X(zero) X(swapped) \
	X(device) X(pinned) X(pinned_shmem) X(pinned_inaccessible) X(pinned_thp)              \
	X(pinned_hugetlb) X(ring) X(twice_mapped) X(forked) X(forked_inaccessible) X(other_process) \
	X(ksm) X(forked_thp) X(pinned_twice_mapped) X(twice_mapped_ring)

#define DECLARE_SPECIMEN(name) extern const struct specimen specimen_##name;
SPECIMENS(DECLARE_SPECIMEN)

/* End children, close files, let go of pins. Mappings at the address are the test's to remove. */
void specimens_end(void);

/* Building stones for tests that need more than one page of a kind. */
void map_anon(char *at, size_t pages);
/* Write to every page so that it is on this node. */
void touch_on(char *at, size_t pages, int node);
bool pin_page(char *at);
/* A child that shares what is mapped now, and sleeps. */
bool fork_sharer(void);

#endif
