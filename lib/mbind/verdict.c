/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mbind/verdict.h"
#include "core/page.h"
#include "kernel/quirks.h"
#include "mbind/search.h"
#include "mbind/strict.h"
#include "pages/scan.h"
#include "work/bisect.h"

/* Whether one unmoved page is enough, and was found. */
static bool done(const struct sb_search *search)
{
	return search->first_only && search->found.unmoved.least > 0;
}

static void unknown_if(struct sb_search *search, bool unknown)
{
	if (unknown)
		sb_tally_unknown(&search->found);
}

/*
 * mbind on the smallest part around a page that it takes: the page, or all of a page of hugetlb,
 * which mbind does not cut. Sets *end to where that part ends.
 */
static long bind_smallest(const struct sb_request *request, unsigned long address, unsigned flags,
			  unsigned long *end)
{
	unsigned long size = sb_page_size();
	unsigned long start = address;
	long result;

	for (;;) {
		*end = start + size;
		result = sb_bind_part(request, start, *end, flags);
		if (result != -EINVAL)
			return result;
		size *= 2;
		start = address & -size;
		if (start < request->range.start || start + size > request->range.end)
			return result;
	}
}

/* ---- where nodes tell: STRICT alone does too, and changes nothing any more ---- */

/*
 * Where no node is told, what the kernel says of this page alone. That is right for zero pages and
 * device mappings, too, of which it says nothing.
 */
static bool is_said_misplaced(struct sb_search *search, const struct sb_extent *page)
{
	unsigned long end;
	long result;

	if (!sb_strict_tells(search->request)) {
		/* No node is told of a device mapping either, which is neither a file nor
		 * exclusive. */
		unknown_if(search, page->seen == SB_SEEN_UNTOLD ||
					   (page->seen == SB_SEEN_HIDDEN &&
					    (page->sharing == SB_EXCLUSIVE || page->file)));
		return false;
	}
	result = bind_smallest(search->request, page->address, SB_MF_STRICT, &end);
	unknown_if(search, result < 0 && result != -EIO && result != -EFAULT);
	return result == -EIO;
}

static bool is_misplaced(struct sb_search *search, const struct sb_extent *page)
{
	if (page->seen == SB_SEEN_PRESENT)
		return !sb_nodeset_has(&search->wanted, page->node);
	return is_said_misplaced(search, page);
}

/* A page that was just moved, or left because it is shared. */
static bool is_still_misplaced(struct sb_search *search, const struct sb_extent *page)
{
	struct sb_extent now = *page;

	if (sb_sys_move_pages(0, 1, &page->address, NULL, &now.node, 0) == 0)
		now.seen = now.node >= 0 ? SB_SEEN_PRESENT : SB_SEEN_NOBODYS;
	return is_misplaced(search, &now);
}

/*
 * Without a page map the kernel tells what it takes for shared: moving this page alone leaves a
 * shared page where it is and succeeds.
 */
static bool look_untold(struct sb_search *search, const struct sb_extent *page)
{
	unsigned long end;
	long result;

	if (sb_has_for_sure(SB_MISSES_UNMOVABLE)) {
		sb_tally_unknown(&search->found);
		return true;
	}
	result = bind_smallest(search->request, page->address,
			       search->request->flags | SB_MF_STRICT, &end);
	if (result == -EIO)
		return sb_search_found(search, page->address, 1);
	if (result < 0)
		unknown_if(search, result != -EFAULT);
	else if (is_still_misplaced(search, page))
		sb_tally_shared(&search->found, 1);
	return true;
}

/* False when the search is over. */
static bool look_after(struct sb_search *search, const struct sb_extent *page)
{
	if (!is_misplaced(search, page))
		return true;
	if (search->request->flags & SB_MF_MOVE_ALL)
		return sb_search_found(search, page->address, 1);
	if (page->sharing == SB_SHARING_UNTOLD)
		return look_untold(search, page);
	if (page->sharing == SB_EXCLUSIVE)
		return sb_search_found(search, page->address, 1);
	sb_tally_shared(&search->found, 1);
	return true;
}

/*
 * A page of which STRICT alone tells nothing: what the kernel says of moving it. Returns the end of
 * the huge page that it is of.
 */
static unsigned long search_blind(struct sb_search *search, unsigned long address)
{
	unsigned long end;
	long result = bind_smallest(search->request, address, search->request->flags | SB_MF_STRICT,
				    &end);

	if (result == -EIO)
		sb_search_found(search, address, (end - address) / sb_page_size());
	else if (result < 0)
		unknown_if(search, result != -EFAULT);
	/* Whether it is shared nobody tells. */
	return end;
}

/* Without move_pages: one page after the other, by what mbind says. */
static void search_by_mbind(struct sb_search *search, unsigned long start, unsigned long end)
{
	struct sb_extent page = { .seen = SB_SEEN_UNTOLD, .sharing = SB_SHARING_UNTOLD };

	while (start < end && !done(search)) {
		page.address = start;
		if (sb_stretch_meets(&search->request->blind, start, start + 1)) {
			start = search_blind(search, start);
			continue;
		}
		look_after(search, &page);
		start += sb_page_size();
	}
}

/* Returns 0 or the negative errno of a refused move_pages. */
static int look_at_pages(struct sb_search *search, unsigned long start, unsigned long end,
			 bool (*look)(struct sb_search *search, const struct sb_extent *page))
{
	struct sb_extent page;
	struct sb_scan scan;

	sb_scan_pages(&scan, 0, start, end);
	while (sb_scan_next(&scan, &page))
		if (!look(search, &page))
			break;
	return sb_scan_close(&scan);
}

static void search_pages(struct sb_search *search, unsigned long start, unsigned long end)
{
	if (look_at_pages(search, start, end, look_after) == 0)
		return;
	if (!sb_strict_tells(search->request))
		sb_tally_unknown(&search->found);
	else
		search_by_mbind(search, start, end);
}

static void search_after(struct sb_search *search)
{
	struct sb_misplaced_parts parts =
		sb_misplaced_parts_of(search->request, search->start, search->end);

	if (!sb_strict_tells(search->request)) {
		search_pages(search, search->start, search->end);
		return;
	}
	while (!done(search) && sb_misplaced_parts_next(&parts))
		search_pages(search, parts.start, parts.end);
}

struct sb_tally sb_search_unmoved(const struct sb_request *request, unsigned long start,
				  unsigned long end, bool first_only)
{
	struct sb_search search = sb_search_of(request, start, end, first_only);

	search_after(&search);
	return search.found;
}

/* ---- where only the kernel tells ---- */

static bool look_for_shared(struct sb_search *search, const struct sb_extent *page)
{
	if (!is_misplaced(search, page))
		return true;
	unknown_if(search, page->sharing == SB_SHARING_UNTOLD);
	if (page->sharing == SB_SHARED)
		sb_tally_shared(&search->found, 1);
	return true;
}

static int move_one(unsigned long address, int node, unsigned flags)
{
	int status = -EBUSY;
	long result = sb_sys_move_pages(0, 1, &address, &node, &status, flags);

	return result == 0 && status == node ? node : -1;
}

/*
 * Whether a page can be moved that mbind says it cannot move: some kernels do not find memory for a
 * merged (KSM) page, whose mapping they look for in vain. It is in place where the policy names no
 * node, and it lies on the caller's own; so it is moved away and back.
 */
static bool moves_otherwise(const struct sb_search *search, unsigned long address)
{
	unsigned flags = search->request->flags & SB_MF_ANY_MOVE;
	int here, there;

	if (!search->request->plan.always_again ||
	    sb_sys_move_pages(0, 1, &address, NULL, &here, 0) < 0 || here < 0)
		return false;
	there = sb_nodeset_other_allowed(here);
	return there >= 0 && move_one(address, there, flags) == there &&
	       move_one(address, here, flags) == here;
}

/* A page of hugetlb, of which mbind takes no part. Returns its end. */
static unsigned long search_failing_hugetlb(struct sb_search *search, unsigned long address)
{
	unsigned long end;

	if (bind_smallest(search->request, address, search->request->flags | SB_MF_STRICT, &end) ==
	    -EIO)
		sb_search_found(search, address, (end - address) / sb_page_size());
	return end;
}

static void search_failing(struct sb_search *search)
{
	const struct sb_request *request = search->request;
	struct sb_bisect parts = sb_bisect_of(search->start, search->end, sb_page_size());

	while (parts.at < parts.end && !done(search)) {
		long result = sb_bind_part(request, parts.at, sb_bisect_end(&parts),
					   request->flags | SB_MF_STRICT);

		if (result == 0) {
			sb_bisect_next_grow(&parts);
		} else if (sb_bisect_shrink(&parts)) {
			continue;
		} else if (result == -EINVAL) {
			parts.at = search_failing_hugetlb(search, parts.at);
		} else {
			if (result == -EIO && !moves_otherwise(search, parts.at))
				sb_search_found(search, parts.at, 1);
			sb_bisect_next(&parts);
		}
	}
}

struct sb_tally sb_search_failing(const struct sb_request *request, unsigned long start,
				  unsigned long end, bool first_only)
{
	struct sb_search search = sb_search_of(request, start, end, first_only);

	search_failing(&search);
	return search.found;
}

struct sb_tally sb_search_shared(const struct sb_request *request, unsigned long start,
				 unsigned long end)
{
	struct sb_search search = sb_search_of(request, start, end, false);

	unknown_if(&search, look_at_pages(&search, start, end, look_for_shared) < 0);
	return search.found;
}

/* ---- where page frames tell ---- */

/* A shared page that has not moved: with MOVE_ALL it had to. */
static bool look_at_kept(struct sb_search *search, const struct sb_extent *page)
{
	if (search->request->flags & SB_MF_MOVE_ALL && moves_otherwise(search, page->address))
		return true;
	return look_after(search, page);
}

static bool is_kept(const struct sb_frames *frames, unsigned long i, bool exclusive)
{
	return sb_frames_kept(frames, i) && sb_entry_exclusive(frames->after[i]) == exclusive;
}

/* Whether the kernel takes pages for shared that are not, so that it was not going to move them. */
static bool mistakes_for_shared(const struct sb_request *request)
{
	return request->plan.always_again && !sb_has_for_sure(SB_MISSES_UNMOVABLE);
}

/* Pages that are mapped once, so they count for something, and have not moved. */
static void found_exclusive(struct sb_search *search, unsigned long start, unsigned long end)
{
	struct sb_tally failing;

	if (mistakes_for_shared(search->request)) {
		failing = sb_search_failing(search->request, start, end, false);
		sb_tally_add(&search->found, &failing);
		return;
	}
	sb_tally_unmoved(&search->found, start, (end - start) / sb_page_size());
}

struct sb_tally sb_search_kept(const struct sb_request *request, const struct sb_frames *frames)
{
	unsigned long page = sb_page_size();
	unsigned long end = frames->start + frames->pages * page;
	struct sb_search search = sb_search_of(request, frames->start, end, false);
	unsigned long next;

	for (unsigned long i = 0; i < frames->pages; i = next) {
		bool exclusive = sb_entry_exclusive(frames->after[i]);
		unsigned long start = frames->start + i * page;

		next = i + 1;
		if (!sb_frames_kept(frames, i))
			continue;
		while (next < frames->pages && is_kept(frames, next, exclusive))
			next++;
		end = frames->start + next * page;
		if (exclusive)
			found_exclusive(&search, start, end);
		else
			unknown_if(&search, look_at_pages(&search, start, end, look_at_kept) < 0);
	}
	return search.found;
}
