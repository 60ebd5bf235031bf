/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kinds of memory that every rule is tried on. */
#ifndef TESTS_KINDS_H
#define TESTS_KINDS_H

#include <stdbool.h>
#include <stddef.h>

#include "stage.h"

/* Pages of most kinds, and of what is to be many. A huge page has as many as the machine says. */
enum { FEW = 2, MANY = 16, HUGE = 1 << 30 };

/*
 * It takes long: mbind_rules does not try it at all, kinds with a report, and STRICT|MOVE without
 * one, and not in chunks.
 */
enum { IN_RULES = 1, IN_KINDS = 2 };

#define MOST_OF_HUGE (HUGE_PAGES - HUGE_PAGES / 16)

struct kind {
	const char *name;
	size_t pages;	   /* HUGE, or 0 for the vdso: ask kind_pages() */
	size_t outside;	   /* before the range: ask kind_outside() */
	bool alone;	   /* where it is, nothing can be put beside it */
	unsigned long_for; /* where it takes too long for all cases */
	/* Puts it on the stage at home; NULL, or why that cannot be done here. */
	const char *(*put)(size_t first);
};

extern const struct kind kinds[];
extern const size_t kind_count;

size_t kind_pages(const struct kind *kind);
size_t kind_outside(const struct kind *kind);

/* For those that put it: these cells are mapped, and pages or not; they are at this address. */
void note_mapped(size_t first, size_t count, bool present);
bool map_at(size_t first, size_t count, int flags, int fd);
void note_shared(size_t first, size_t count);
void note_stuck(size_t first, size_t count);
void note_huge(size_t first, size_t count);
void nap(long milliseconds);

/* kinds_base.c */
const char *put_plain(size_t first);
const char *put_locked(size_t first);
const char *put_inaccessible(size_t first);
const char *put_userfault(size_t first);
const char *put_untouched(size_t first);
const char *put_zero(size_t first);
const char *put_guard(size_t first);
const char *put_swapped(size_t first);
const char *put_device(size_t first);
const char *put_vdso(size_t first);

/* kinds_huge.c */
const char *put_thp(size_t first);
const char *put_thp_headless(size_t first);
const char *put_thp_split(size_t first);
const char *put_thp_inaccessible(size_t first);
const char *put_thp_pinned(size_t first);
const char *put_thp_forked(size_t first);
const char *put_folio_of_4(size_t first);
const char *put_folio_of_8(size_t first);
const char *put_folio_of_16(size_t first);
const char *put_folio_of_32(size_t first);
const char *put_folio_of_64(size_t first);
const char *put_folio_of_128(size_t first);
const char *put_folio_of_256(size_t first);
const char *put_folio_headless(size_t first);
const char *put_shmem_thp(size_t first);
const char *put_shmem_thp_forked(size_t first);
const char *put_shmem_thp_pinned(size_t first);
const char *put_shmem_thp_and_hugetlb(size_t first);
const char *put_hugetlb(size_t first);
const char *put_hugetlb_memfd(size_t first);
const char *put_hugetlb_inaccessible(size_t first);
const char *put_hugetlb_forked(size_t first);
const char *put_hugetlb_pinned(size_t first);

/* kinds_shared.c */
const char *put_shmem(size_t first);
const char *put_memfd(size_t first);
const char *put_sysv(size_t first);
const char *put_tmpfs_clean(size_t first);
const char *put_tmpfs_dirty(size_t first);
const char *put_tmpfs_shared(size_t first);
const char *put_disk_clean(size_t first);
const char *put_disk_dirty(size_t first);
const char *put_disk_shared(size_t first);
const char *put_twice(size_t first);
const char *put_forked(size_t first);
const char *put_ksm(size_t first);

/* kinds_stuck.c */
const char *put_pins(size_t first);
const char *put_many_pins(size_t first);
const char *put_ring_page(size_t first);
const char *put_uring(size_t first);
const char *put_secret(size_t first);

#endif
