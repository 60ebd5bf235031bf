/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memory.h"

#include <stdint.h>
#include <sys/mman.h>

#include "hardships.h"
#include "machine.h"
#include "space.h"
#include "wrong.h"

#define PAGE (machine()->page)

enum { MOST_TOUCHED = 24 };

struct page {
	uint32_t generation; /* 0: never written to, holds zeros */
	bool mapped;
	signed char access; /* PROT_ */
};

struct slot {
	char *at;
	size_t pages;
	bool bulk;
	struct page page[BULK_PAGES];
};

static struct slot slots[SLOTS];
static char *small, *bulk;

static char *address_of(const struct slot *slot, size_t i)
{
	return slot->at + i * PAGE;
}

/* ---- contents ---- */

static uint64_t content(const char *at, uint32_t generation)
{
	return generation ? (uintptr_t)at ^ (uint64_t)generation << 40 : 0;
}

static uint64_t *first_word(char *at)
{
	return (uint64_t *)(void *)at;
}

static uint64_t *last_word(char *at)
{
	return (uint64_t *)(void *)(at + PAGE) - 1;
}

static void write_page(struct slot *slot, size_t i)
{
	char *at = address_of(slot, i);

	slot->page[i].generation = slot->page[i].generation % 0xffffff + 1;
	*first_word(at) = *last_word(at) = content(at, slot->page[i].generation);
}

static void verify_page(struct slot *slot, size_t i, const char *who)
{
	const struct page *page = &slot->page[i];
	char *at = address_of(slot, i);
	uint64_t want = content(at, page->generation);

	if (!page->mapped || !(page->access & PROT_READ))
		return;
	if (*(volatile uint64_t *)first_word(at) != want ||
	    *(volatile uint64_t *)last_word(at) != want)
		wrong("%s: page %zu of slot %zu holds %#lx and %#lx, must hold %#lx", who, i,
		      (size_t)(slot - slots), *first_word(at), *last_word(at), want);
}

void memory_verify(size_t slot, const char *who)
{
	for (size_t i = 0; i < slots[slot].pages; i++)
		verify_page(&slots[slot], i, who);
}

/* ---- operations ---- */

bool memory_may_be_refused(void)
{
	return hardship_is(OVERCOMMIT) || hardship_is(ADDRESS_SPACE);
}

static void leave_hole(struct slot *slot, size_t first, size_t count)
{
	unmap(address_of(slot, first), count);
	for (size_t i = first; i < first + count; i++)
		slot->page[i].mapped = false;
}

/* What was mapped there may be gone when it fails. */
static bool map_anew(struct slot *slot, size_t first, size_t count)
{
	char *at = address_of(slot, first);

	if (mmap(at, count * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		 -1, 0) == at)
		return true;
	if (!memory_may_be_refused())
		wrong("mmap failed");
	hardship_met(hardship_is(OVERCOMMIT) ? OVERCOMMIT : ADDRESS_SPACE);
	leave_hole(slot, first, count);
	return false;
}

static void map(struct slot *slot, size_t first, size_t count)
{
	char *at = address_of(slot, first);

	/* Of huge pages there is never to be a hole. */
	if (slot->bulk && slot->page[first].mapped && memory_may_be_refused()) {
		madvise(at, count * PAGE, MADV_DONTNEED);
		mprotect(at, count * PAGE, PROT_READ | PROT_WRITE);
	} else if (!map_anew(slot, first, count)) {
		return;
	}
	if (slot->bulk)
		madvise(at, count * PAGE, MADV_HUGEPAGE);
	for (size_t i = first; i < first + count; i++) {
		slot->page[i] = (struct page){ 0, true, PROT_READ | PROT_WRITE };
		write_page(slot, i);
	}
}

static void unmap_some(struct slot *slot, size_t first, size_t count)
{
	if (!slot->bulk)
		leave_hole(slot, first, count);
}

static void map_missing(struct slot *slot)
{
	for (size_t i = 0; i < slot->pages; i++)
		if (!slot->page[i].mapped)
			map(slot, i, 1);
}

static void touch(struct slot *slot, size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++)
		if (slot->page[i].mapped && slot->page[i].access & PROT_WRITE)
			write_page(slot, i);
}

/* Holes end an madvise() or mprotect(): page by page, then. */
static void drop(struct slot *slot, size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++)
		if (slot->page[i].mapped && !madvise(address_of(slot, i), PAGE, MADV_DONTNEED))
			slot->page[i].generation = 0;
}

static void protect(struct slot *slot, size_t first, size_t count, int access)
{
	for (size_t i = first; i < first + count; i++)
		if (slot->page[i].mapped && !mprotect(address_of(slot, i), PAGE, access))
			slot->page[i].access = (signed char)access;
}

static void protect_all(struct slot *slot, int access)
{
	if (slot->bulk && !mprotect(slot->at, slot->pages * PAGE, access))
		for (size_t i = 0; i < slot->pages; i++)
			slot->page[i].access = (signed char)access;
	else
		protect(slot, 0, slot->pages, access);
}

void memory_change(struct rng *rng, size_t number)
{
	/* map all, map missing, unmap, touch, drop, PROT_NONE, PROT_READ, readable and writable */
	static const unsigned weights[] = { 4, 10, 10, 40, 10, 5, 5, 16, 0 };
	struct slot *slot = &slots[number];
	size_t first = rng_below(rng, slot->pages);
	size_t most = slot->pages - first < MOST_TOUCHED ? slot->pages - first : MOST_TOUCHED;
	size_t count = rng_between(rng, 1, most);

	switch (rng_weighted(rng, weights)) {
	case 0:
		map(slot, 0, slot->pages);
		break;
	case 1:
		map_missing(slot);
		break;
	case 2:
		unmap_some(slot, first, count);
		break;
	case 3:
		touch(slot, first, count);
		break;
	case 4:
		drop(slot, first, count);
		break;
	case 5:
		protect(slot, first, count, PROT_NONE);
		break;
	case 6:
		protect(slot, first, count, PROT_READ);
		break;
	default:
		protect_all(slot, PROT_READ | PROT_WRITE);
	}
}

/* ---- all of it ---- */

size_t memory_holes(void)
{
	size_t holes = 0;

	for (size_t i = 0; i < SLOTS; i++)
		for (size_t page = 0; page < slots[i].pages; page++)
			holes += !slots[i].page[page].mapped;
	return holes;
}

static struct slot slot_of(char *at, size_t pages, bool in_bulk)
{
	return (struct slot){ .at = at, .pages = pages, .bulk = in_bulk };
}

void memory_open(void)
{
	small = space(SMALL_SLOTS * SMALL_PAGES);
	bulk = space(BULK_SLOTS * BULK_PAGES);
	for (size_t i = 0; i < SMALL_SLOTS; i++)
		slots[i] = slot_of(small + i * SMALL_PAGES * PAGE, SMALL_PAGES, false);
	for (size_t i = 0; i < BULK_SLOTS; i++)
		slots[SMALL_SLOTS + i] = slot_of(bulk + i * BULK_PAGES * PAGE, BULK_PAGES, true);
	for (size_t i = 0; i < SLOTS; i++)
		map(&slots[i], 0, slots[i].pages);
}

bool memory_range(struct rng *rng, char **start, size_t *pages)
{
	bool in_bulk = rng_percent(rng, 15);
	size_t all = in_bulk ? BULK_SLOTS * BULK_PAGES : SMALL_SLOTS * SMALL_PAGES;
	size_t most = rng_percent(rng, 80) ? 2 * SMALL_PAGES : all;
	size_t first = in_bulk && most == all ? 0 : rng_below(rng, all);

	if (most > all - first)
		most = all - first;
	*pages = in_bulk && most == all ? all : rng_between(rng, 1, most);
	*start = (in_bulk ? bulk : small) + first * PAGE;
	return in_bulk;
}

static bool within(unsigned long address, const char *at, size_t pages)
{
	return address >= (unsigned long)at && address < (unsigned long)at + pages * PAGE;
}

bool memory_is_ours(unsigned long address)
{
	return within(address, small, SMALL_SLOTS * SMALL_PAGES) ||
	       within(address, bulk, BULK_SLOTS * BULK_PAGES);
}
