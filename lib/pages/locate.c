/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages/locate.h"
#include <limits.h>

#include "core/huge_size.h"
#include "core/page.h"
#include "pages/rss.h"
#include "pages/scan.h"
#include "pages/stretch.h"

/*
 * A walk over the pages costs by what is in the range, numa_maps by what is in the process. Which
 * is the cheaper is not known before: the walk begins, and goes on until it has cost a fraction of
 * what numa_maps is going to cost. So a small range costs a walk, and no range much more than the
 * better of both. Costs are in pages asked for with move_pages.
 *
 * Measured on 6.18: a page takes move_pages 160 ns and numa_maps 35 ns; to go over an empty page
 * table takes PAGEMAP_SCAN 5 us and numa_maps 1 us; the files of a small process take 100 us.
 */
enum {
	FREE = 256,	  /* less than it takes to read the files for an average process */
	NUMA_MAPS = 4,	  /* numa_maps counts so many pages in the meantime, or more */
	SHARE = 8,	  /* the part of the cost of numa_maps that is risked */
	PAGE_TABLE = 96,  /* to find a page that is far from the last: two page tables are read */
	PAGE_MAP_GAP = 16 /* entries of the page map read in the meantime */
};

struct locating {
	int pid;
	const struct sb_census *census;
	unsigned long start;
	unsigned long at; /* pages below have been counted */
	unsigned long end;
	unsigned long risked; /* the cost that numa_maps makes up for */
	unsigned long budget;
	unsigned long last; /* address of the page last counted */
	bool ended;	    /* by us, as the budget is spent */
};

/* Counts the page. False when the budget is spent. */
static bool count_page(struct locating *locating, const struct sb_extent *page)
{
	const struct sb_census *census = locating->census;
	bool far = page->address - locating->last > sb_huge_size();
	unsigned long cost = far ? PAGE_TABLE : 1;

	locating->last = page->address;
	if (page->seen == SB_SEEN_PRESENT)
		census->add(census->context, page->node, page->pages);
	else if (page->seen == SB_SEEN_HIDDEN)
		census->add(census->context, -1, page->pages);
	locating->ended = cost >= locating->budget;
	if (locating->ended)
		locating->at = page->address + page->pages * sb_page_size();
	else
		locating->budget -= cost;
	return !locating->ended;
}

/* Where nothing finds the next page, reading over a hole costs, too. */
static unsigned long page_map_end(const struct locating *locating)
{
	unsigned long pages = (locating->end - locating->at) / sb_page_size();

	if (locating->budget > pages / PAGE_MAP_GAP)
		return locating->end;
	return locating->at + locating->budget * PAGE_MAP_GAP * sb_page_size();
}

/* Goes on as far as the budget allows. Returns 0 or a negative errno. */
static int walk(struct locating *locating, unsigned long budget)
{
	unsigned long end;
	struct sb_extent page;
	struct sb_scan scan;

	locating->budget = budget;
	locating->ended = false;
	locating->last = locating->at;
	end = sb_scan_skips_holes() ? locating->end : page_map_end(locating);
	sb_scan_blocks(&scan, locating->pid, locating->at, end);
	while (sb_scan_next(&scan, &page))
		if (!count_page(locating, &page))
			break;
	if (!locating->ended)
		locating->at = end;
	return sb_scan_close(&scan);
}

static int walk_part(const struct locating *whole, unsigned long start, unsigned long end)
{
	struct locating part = *whole;

	part.at = start;
	part.end = end;
	return start < end ? walk(&part, ULONG_MAX) : 0;
}

/* ---- VMAs that reach beyond the range ---- */

/* What is outside of the range, in the VMAs that were counted. */
struct outside {
	const struct sb_census *census; /* NULL: only the digest is wanted */
	unsigned long digest;		/* tells whether anything has changed */
	unsigned long budget;
	bool unknown;
};

static void note_outside(struct outside *outside, const struct sb_extent *page)
{
	const struct sb_census *census = outside->census;

	outside->unknown |= page->seen == SB_SEEN_HIDDEN ||
			    page->seen == SB_SEEN_HIDDEN_OR_NOBODYS ||
			    page->seen == SB_SEEN_UNTOLD || outside->budget-- == 0;
	if (outside->unknown || page->seen != SB_SEEN_PRESENT)
		return;
	outside->digest =
		outside->digest * 0x9e3779b97f4a7c15 + page->address + (unsigned long)page->node;
	if (census)
		census->add(census->context, page->node, -page->pages);
}

static void walk_outside(const struct locating *locating, struct outside *outside,
			 unsigned long start, unsigned long end)
{
	struct sb_extent page;
	struct sb_scan scan;

	if (start >= end)
		return;
	sb_scan_blocks(&scan, locating->pid, start, end);
	while (!outside->unknown && sb_scan_next(&scan, &page))
		note_outside(outside, &page);
	outside->unknown |= sb_scan_close(&scan) < 0;
}

/* The VMAs to be counted are those in [start, end). */
static struct outside look_outside(const struct locating *locating, unsigned long start,
				   unsigned long end, const struct sb_census *census)
{
	struct outside outside = { .census = census, .budget = locating->risked + FREE };

	walk_outside(locating, &outside, start, locating->start);
	walk_outside(locating, &outside, locating->end, end);
	return outside;
}

/* ---- with numa_maps ---- */

static bool count_vmas(const struct locating *locating, unsigned long start, unsigned long end)
{
	struct outside before = look_outside(locating, start, end, NULL);
	struct outside after;
	struct sb_cut cut;

	if (before.unknown || sb_vmas_count(locating->pid, start, end, locating->census) < 0)
		return false;
	after = look_outside(locating, start, end, locating->census);
	/* What others do outside of the range at the same time must not count. */
	return !after.unknown && after.digest == before.digest &&
	       sb_maps_cut(locating->pid, start, end, &cut) == 0 && cut.outer_start == start &&
	       cut.outer_end == end;
}

/*
 * Whether to count a VMA as a whole and then take away what is outside of the range, which has to
 * be looked at page by page, twice. Measured with 1 GiB of base pages: with an allocator's header
 * outside, 0.36 of a walk over the inside; with a tenth outside as much as the walk.
 */
static bool is_mostly_inside(const struct locating *locating, unsigned long inside,
			     unsigned long outside)
{
	return outside == 0 || (locating->census->subtracts && outside < inside / 16);
}

/* What is left of the range, or all of it once more, where numa_maps is worth its cost. */
static int finish(struct locating *locating, unsigned long worth)
{
	const struct sb_census *census = locating->census;
	unsigned long start = locating->start, end = locating->end;
	struct sb_cut cut;
	int result;

	if (end - locating->at < worth || sb_maps_cut(locating->pid, start, end, &cut) < 0)
		return walk(locating, ULONG_MAX);
	if (is_mostly_inside(locating, sb_min(cut.inner_start, end) - start,
			     start - cut.outer_start))
		cut.inner_start = cut.outer_start;
	if (is_mostly_inside(locating, end - sb_max(cut.inner_end, start), cut.outer_end - end))
		cut.inner_end = cut.outer_end;
	if (sb_min(cut.inner_end, end) <= sb_max(cut.inner_start, locating->at) ||
	    sb_min(cut.inner_end, end) - sb_max(cut.inner_start, locating->at) < worth)
		return walk(locating, ULONG_MAX);
	census->clear(census->context);
	if (!count_vmas(locating, cut.inner_start, cut.inner_end)) {
		census->clear(census->context);
		return walk_part(locating, start, end);
	}
	result = walk_part(locating, start, cut.inner_start);
	return result < 0 ? result : walk_part(locating, cut.inner_end, end);
}

static int locate(struct locating *locating)
{
	unsigned long resident;
	int result = walk(locating, FREE);

	if (result < 0 || locating->at == locating->end)
		return result;
	if (locating->end - locating->at <= 4 * FREE * sb_page_size())
		return walk(locating, ULONG_MAX);
	resident = sb_resident_pages(locating->pid);
	locating->risked = resident / (NUMA_MAPS * SHARE);
	if (locating->risked > FREE)
		result = walk(locating, locating->risked - FREE);
	if (result < 0 || locating->at == locating->end)
		return result;
	return finish(locating, resident / NUMA_MAPS * sb_page_size());
}

int sb_locate(int pid, const void *addr, unsigned long len, const struct sb_census *census)
{
	struct locating locating = { .pid = pid, .census = census };
	struct sb_stretch range;
	/* An empty range still tells whether the process is there to be looked at. */
	int result = sb_stretch_of(pid, addr, len, &range);

	if (result < 0 || range.start == range.end)
		return result;
	locating.start = locating.at = range.start;
	locating.end = range.end;
	return locate(&locating);
}
