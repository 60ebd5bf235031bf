/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mbind/misplaced.h"
#include "core/page.h"
#include "mbind/search.h"
#include "pages/numa_maps.h"
#include "pages/scan.h"

/* False when the search is over. */
static bool look_before(struct sb_search *search, const struct sb_extent *page)
{
	if (page->seen == SB_SEEN_HIDDEN) {
		search->hidden++;
		return true;
	}
	search->unknown |= page->seen == SB_SEEN_UNTOLD;
	if (page->seen != SB_SEEN_PRESENT || sb_nodeset_has(&search->wanted, page->node))
		return true;
	return sb_search_found(search, page->address, 1);
}

struct hidden {
	const struct sb_nodeset *nodes;
	unsigned long pages;	/* hidden ones */
	unsigned long first;	/* the lowest of them */
	unsigned long on_nodes; /* pages told to be on the nodes */
	bool untold;		/* some page could not be looked at */
};

static struct hidden look_for_hidden(const struct sb_nodeset *nodes, unsigned long start,
				     unsigned long end)
{
	struct hidden hidden = { .nodes = nodes };
	struct sb_extent page;
	struct sb_scan scan;

	sb_scan_pages(&scan, 0, start, sb_max(start, end));
	while (sb_scan_next(&scan, &page)) {
		hidden.untold |= page.seen == SB_SEEN_UNTOLD;
		if (page.seen == SB_SEEN_HIDDEN && hidden.pages++ == 0)
			hidden.first = page.address;
		hidden.on_nodes += page.seen == SB_SEEN_PRESENT && sb_nodeset_has(nodes, page.node);
	}
	hidden.untold |= sb_scan_close(&scan) < 0;
	return hidden;
}

static void found_hidden(struct sb_search *search, const struct hidden *hidden,
			 unsigned long misplaced)
{
	bool lowest = search->found.unmoved == 0 || hidden->first < search->found.first_unmoved;

	/* Which of them are misplaced is known only when all are. */
	if (lowest)
		search->found.first_unmoved = misplaced == hidden->pages ? hidden->first : 0;
	search->found.unmoved += misplaced;
}

/*
 * numa_maps counts every page of a VMA, move_pages all but the hidden ones: the difference is the
 * number of hidden pages on these nodes. Where the range ends inside the VMA that tells only when
 * it is none of them, or all.
 */
static void count_hidden_in(struct sb_search *search, const struct sb_vmas *vma)
{
	struct hidden inside = look_for_hidden(vma->nodes, sb_max(search->start, vma->start),
					       sb_min(search->end, vma->end));
	struct hidden whole = look_for_hidden(vma->nodes, vma->start, vma->end);
	unsigned long misplaced = vma->pages > whole.on_nodes ? vma->pages - whole.on_nodes : 0;

	if (inside.untold || whole.untold) {
		search->unknown = true;
		return;
	}
	if (misplaced == 0 || inside.pages == 0)
		return;
	if (misplaced > whole.pages)
		search->unknown = true;
	else if (misplaced == whole.pages)
		found_hidden(search, &inside, inside.pages);
	else if (inside.pages == whole.pages)
		found_hidden(search, &inside, misplaced);
	else
		search->unknown = true;
}

static void count_hidden(struct sb_search *search)
{
	struct sb_nodeset misplaced = search->wanted;
	struct sb_vmas vmas;

	sb_nodeset_invert(&misplaced);
	if (sb_vmas_open(&vmas, 0, &misplaced) < 0) {
		search->unknown = true;
		return;
	}
	while (sb_vmas_next(&vmas))
		if (vmas.start < search->end && vmas.end > search->start)
			count_hidden_in(search, &vmas);
	search->unknown |= sb_vmas_error(&vmas) != 0;
	sb_vmas_close(&vmas);
}

static int search_before(struct sb_search *search)
{
	struct sb_extent page;
	struct sb_scan scan;

	sb_scan_pages(&scan, 0, search->start, search->end);
	while (sb_scan_next(&scan, &page))
		if (!look_before(search, &page))
			break;
	return sb_scan_close(&scan);
}

int sb_any_misplaced(const struct sb_request *request, unsigned long start, unsigned long end)
{
	struct sb_search search = sb_search_of(request, start, end, true);
	int result = search_before(&search);

	return result < 0 ? result : search.found.unmoved > 0;
}

void sb_count_misplaced(const struct sb_request *request, struct sb_counts *counts)
{
	struct sb_search search =
		sb_search_of(request, sb_request_start(request), sb_request_end(request), false);

	search.unknown |= search_before(&search) < 0;
	if (search.hidden)
		count_hidden(&search);
	*counts = search.found;
	/* The kernel has said that some page is misplaced, and there is only one. */
	if (search.unknown && search.end - search.start == sb_page_size())
		*counts = (struct sb_counts){ .unmoved = 1, .first_unmoved = search.start };
	else if (search.unknown)
		*counts = (struct sb_counts){ .unmoved = STRICTBIND_UNKNOWN };
}
