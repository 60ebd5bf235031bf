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
	if (page->seen == SB_SEEN_UNTOLD)
		sb_tally_unknown(&search->found);
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

/*
 * numa_maps counts every page of a VMA, move_pages all but the hidden ones: the difference is the
 * number of hidden pages on these nodes. Where the range ends inside the VMA that leaves bounds.
 */
static void count_hidden_in(struct sb_search *search, const struct sb_vmas *vma)
{
	struct hidden inside = look_for_hidden(vma->nodes, sb_max(search->start, vma->start),
					       sb_min(search->end, vma->end));
	struct hidden whole = look_for_hidden(vma->nodes, vma->start, vma->end);
	unsigned long misplaced = vma->pages > whole.on_nodes ? vma->pages - whole.on_nodes : 0;

	/* More than there are: another thread has changed something meanwhile. */
	if (inside.untold || whole.untold || misplaced > whole.pages)
		sb_tally_unknown(&search->found);
	else
		sb_tally_unmoved_of(&search->found, inside.first, inside.pages,
				    sb_bounds_of_some(misplaced, whole.pages, inside.pages));
}

static void count_hidden(struct sb_search *search)
{
	struct sb_nodeset misplaced = search->wanted;
	struct sb_vmas vmas;

	sb_nodeset_invert(&misplaced);
	if (sb_vmas_open(&vmas, 0, &misplaced) < 0) {
		sb_tally_unknown(&search->found);
		return;
	}
	while (sb_vmas_next(&vmas))
		if (vmas.start < search->end && vmas.end > search->start)
			count_hidden_in(search, &vmas);
	if (sb_vmas_error(&vmas) != 0)
		sb_tally_unknown(&search->found);
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

	return result < 0 ? result : search.found.unmoved.least > 0;
}

void sb_count_misplaced(const struct sb_request *request, struct sb_tally *tally)
{
	struct sb_search search =
		sb_search_of(request, request->range.start, request->range.end, false);

	if (search_before(&search) < 0)
		sb_tally_unknown(&search.found);
	if (search.hidden)
		count_hidden(&search);
	/* The kernel has said that some page is misplaced, and there is only one. */
	if (search.end - search.start == sb_page_size())
		sb_tally_unmoved(tally, search.start, 1);
	else
		*tally = search.found;
}
