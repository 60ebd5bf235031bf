/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check/reasons.h"

#include <stdint.h>

#include "core/page.h"
#include "core/proc_file.h"
#include "core/syscall.h"
#include "pages/room.h"

/* Flags of /proc/kpageflags (linux/kernel-page-flags.h). */
#define BIT(n) (UINT64_C(1) << (n))
#define HEAD BIT(15)
#define TAIL BIT(16)
#define MERGED BIT(21)
/* Up to date, on an LRU list, anonymous, swap backed, compound, hugetlb, a huge page. */
#define NOT_KERNEL (BIT(3) | BIT(5) | BIT(12) | BIT(14) | HEAD | TAIL | BIT(17) | BIT(22))

/* Flags that are not told: no kernel has this one. */
#define NOT_TOLD BIT(63)

/* No huge page or large folio has more base pages. */
#define MOST_PAGES 8192

/* ---- flags of page frames ---- */

static uint64_t flags_of(const struct sb_reasons *reasons, uint64_t frame)
{
	uint64_t flags;

	if (reasons->flags < 0 || frame == 0 ||
	    sb_sys_pread(reasons->flags, &flags, sizeof(flags), frame * sizeof(flags)) !=
		    sizeof(flags))
		return NOT_TOLD;
	return flags;
}

/* Some kernels (6.12) call every anonymous page merged. One of our stack is not. */
static bool tells_merged(const struct sb_reasons *reasons)
{
	struct sb_pagemap pagemap;
	volatile uint64_t here = 1;
	uint64_t entry = 0;

	if (reasons->flags < 0 || sb_pagemap_open(&pagemap, 0) < 0)
		return false;
	if (sb_pagemap_read(&pagemap, (uintptr_t)&here, 1, &entry) < 0)
		entry = 0;
	sb_pagemap_close(&pagemap);
	return here && sb_entry_frame(entry) &&
	       !(flags_of(reasons, sb_entry_frame(entry)) & MERGED);
}

void sb_reasons_open(struct sb_reasons *reasons)
{
	reasons->flags = (int)sb_sys_open_read("/proc/kpageflags");
	reasons->tells_merged = tells_merged(reasons);
}

void sb_reasons_close(const struct sb_reasons *reasons)
{
	if (reasons->flags >= 0)
		sb_sys_close(reasons->flags);
}

void sb_reasons_of_memory(struct sb_reasons *reasons, const struct sb_memory *memory,
			  const struct sb_nodeset *targets)
{
	reasons->room_known = false;
	reasons->targets = *targets;
	reasons->memory = *memory;
	reasons->cut_end = reasons->whole_end = 0;
}

/* ---- huge pages across two policies ---- */

/* How many tails are side by side from a frame on, in one direction. */
static unsigned long tails(const struct sb_reasons *reasons, uint64_t frame, int step)
{
	unsigned long count = 0;

	while (count < MOST_PAGES && flags_of(reasons, frame) & TAIL) {
		frame += (uint64_t)(int64_t)step;
		count++;
	}
	return count;
}

/* Whether the page is of a huge page or large folio that reaches beyond the memory. */
static bool is_cut(struct sb_reasons *reasons, const struct sb_extent *page)
{
	unsigned long size = sb_page_size();
	unsigned long start, end;

	if (page->address >= reasons->cut_start && page->address < reasons->cut_end)
		return true;
	if (page->address >= reasons->whole_start && page->address < reasons->whole_end)
		return false;
	if (!(flags_of(reasons, page->frame) & (HEAD | TAIL)))
		return false;
	start = page->address - tails(reasons, page->frame, -1) * size;
	end = page->address + size + tails(reasons, page->frame + 1, 1) * size;
	if (start < reasons->memory.start || end > reasons->memory.end) {
		reasons->cut_start = start;
		reasons->cut_end = end;
		return true;
	}
	reasons->whole_start = start;
	reasons->whole_end = end;
	return false;
}

/* ---- room ---- */

/* Bytes of a node that nobody uses. */
static unsigned long free_bytes(int node)
{
	struct sb_words words = { .fd = sb_node_open((unsigned)node, "meminfo"), .end = '\n' };
	const char *at = words.word;
	unsigned long kib = 0;

	if (words.fd < 0)
		return 0;
	while (sb_words_next(&words)) {
		/* Node 0 MemFree:        1234 kB */
		if (words.word[0] != 'M' || words.word[3] != 'F' || words.word[7] != ':')
			continue;
		while (sb_words_next(&words) && !words.word[0])
			;
		kib = sb_number(&at, 10);
		break;
	}
	sb_words_close(&words);
	return kib << 10;
}

/* Whether a node has room for so many pages. Mappings are many, nodes are few: it is kept. */
static bool has_room(struct sb_reasons *reasons, int node, unsigned long pages)
{
	if (pages > reasons->roomy_pages) {
		reasons->roomy = (struct sb_nodeset){ .bits = { 0 } };
		reasons->roomy_pages = pages;
	}
	if (sb_nodeset_has(&reasons->roomy, node))
		return true;
	if (!sb_has_room(node, pages))
		return false;
	if (pages == reasons->roomy_pages)
		sb_nodeset_add(&reasons->roomy, node);
	return true;
}

/* Whether the misplaced pages find room on a node; adds what there is. */
static bool find_room(struct sb_reasons *reasons, int node)
{
	const struct sb_memory *memory = &reasons->memory;
	unsigned long size = memory->unit * sb_page_size();
	unsigned long pages;

	if (memory->unit <= 1) {
		reasons->room += free_bytes(node);
		return has_room(reasons, node, sb_max(1, sb_min(memory->misplaced, SB_ROOM_PAGES)));
	}
	pages = sb_number_in(
		sb_node_open_pool((unsigned)node, (unsigned)(size >> 10), "free_hugepages"));
	reasons->room += pages * size;
	return pages > 0;
}

static bool has_no_room(struct sb_reasons *reasons)
{
	if (reasons->room_known)
		return reasons->no_room;
	reasons->room_known = true;
	reasons->no_room = true;
	reasons->room = 0;
	for (int node = 0; node < SB_MAX_NODES && reasons->no_room; node++)
		if (sb_nodeset_has(&reasons->targets, node) && find_room(reasons, node))
			reasons->no_room = false;
	return reasons->no_room;
}

/* ---- reasons ---- */

/* What the page itself tells; STRICTBIND_REASON_NOT_MOVED: nothing. */
static enum strictbind_reason reason_of_page(const struct sb_reasons *reasons,
					     const struct sb_extent *page)
{
	const struct sb_memory *memory = &reasons->memory;
	uint64_t flags = flags_of(reasons, page->frame);
	bool exclusive = page->sharing == SB_EXCLUSIVE || memory->no_sharing;
	/* Of files on disks none is, and of their page cache that it is this is what matters. */
	bool moved_if_shared =
		reasons->moves_shared && (memory->backing != SB_BACKING_DISK || page->file);

	if (memory->backing == SB_BACKING_SECRET)
		return STRICTBIND_REASON_SECRET;
	if (page->seen != SB_SEEN_PRESENT)
		return STRICTBIND_REASON_UNTOLD;
	if (flags & MERGED && reasons->tells_merged)
		return STRICTBIND_REASON_MERGED;
	if (memory->backing == SB_BACKING_KERNEL || !(flags & (NOT_KERNEL | NOT_TOLD)))
		return STRICTBIND_REASON_KERNEL_MEMORY;
	if (!exclusive && !moved_if_shared)
		return page->sharing == SB_SHARED ? STRICTBIND_REASON_SHARED
						  : STRICTBIND_REASON_UNTOLD;
	if (memory->backing == SB_BACKING_DISK && page->file)
		return STRICTBIND_REASON_FILE_CACHE;
	return STRICTBIND_REASON_NOT_MOVED;
}

void sb_reasons_find(struct sb_reasons *reasons, const struct sb_extent *page,
		     struct strictbind_range *range)
{
	enum strictbind_reason reason = reason_of_page(reasons, page);

	range->node = page->seen == SB_SEEN_PRESENT ? page->node : -1;
	range->room = 0;
	if (reason == STRICTBIND_REASON_NOT_MOVED) {
		if (sb_nodeset_is_empty(&reasons->targets))
			reason = STRICTBIND_REASON_CPUSET;
		else if (is_cut(reasons, page))
			reason = STRICTBIND_REASON_CUT;
		else if (has_no_room(reasons))
			reason = STRICTBIND_REASON_NO_ROOM;
		else if (reasons->tried)
			reason = STRICTBIND_REASON_HELD;
	}
	if (reason == STRICTBIND_REASON_NO_ROOM)
		range->room = reasons->room;
	range->reason = (int)reason;
}
