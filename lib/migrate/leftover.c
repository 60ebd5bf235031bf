/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "migrate/leftover.h"
#include "core/page.h"
#include "kernel/quirks.h"
#include "pages/numa_maps.h"
#include "pages/scan.h"

/* What page by page can be seen in one VMA. */
struct look {
	const struct sb_nodeset *nodes;
	bool untold;		 /* the page map does not tell shared pages from others */
	unsigned long exclusive; /* pages on the nodes */
	unsigned long shared;
	unsigned long hidden_exclusive; /* pages on some node */
	unsigned long hidden_shared;
	unsigned long first;	 /* the lowest on the nodes that is not shared */
	unsigned long first_any; /* the lowest on the nodes */
	unsigned long first_hidden;
	unsigned long first_hidden_exclusive;
};

static unsigned long hidden_pages(const struct look *look)
{
	return look->hidden_exclusive + look->hidden_shared;
}

static void set_first(unsigned long *first, unsigned long address)
{
	if (*first == 0)
		*first = address;
}

static void note_hidden(struct look *look, const struct sb_extent *page)
{
	bool exclusive = page->sharing == SB_EXCLUSIVE;

	set_first(&look->first_hidden, page->address);
	if (exclusive)
		set_first(&look->first_hidden_exclusive, page->address);
	look->hidden_exclusive += exclusive;
	look->hidden_shared += !exclusive;
}

/* A page on the nodes. */
static void note_page(struct look *look, const struct sb_extent *page)
{
	bool exclusive = page->sharing == SB_EXCLUSIVE;

	look->untold |= page->sharing == SB_SHARING_UNTOLD;
	look->exclusive += exclusive;
	look->shared += !exclusive;
	set_first(&look->first_any, page->address);
	if (exclusive)
		set_first(&look->first, page->address);
}

static int look_at(struct look *look, int pid, const struct sb_vmas *vma, bool first_only)
{
	struct sb_extent page;
	struct sb_scan scan;

	*look = (struct look){ .nodes = vma->nodes };
	sb_scan_pages(&scan, pid, vma->start, vma->end);
	while (!(first_only && look->first_any) && sb_scan_next(&scan, &page)) {
		look->untold |= page.seen == SB_SEEN_UNTOLD;
		if (page.seen == SB_SEEN_HIDDEN)
			note_hidden(look, &page);
		else if (page.seen == SB_SEEN_PRESENT && sb_nodeset_has(look->nodes, page.node))
			note_page(look, &page);
	}
	return sb_scan_close(&scan);
}

/* Every page of the VMA on the nodes is unmoved. Looks at pages only for the address of the first.
 */
static int count_all(int pid, const struct sb_vmas *vma, struct sb_tally *tally)
{
	struct sb_bounds pages = { vma->pages, vma->pages };
	struct look look;
	unsigned long all;
	int result;

	if (tally->first && tally->first < vma->start) {
		sb_tally_unmoved(tally, 0, vma->pages);
		return 0;
	}
	result = look_at(&look, pid, vma, !sb_has(SB_QUERY_MISSES_PROT_NONE));
	all = look.exclusive + look.shared + hidden_pages(&look);
	if (look.first_hidden && (!look.first_any || look.first_hidden < look.first_any))
		sb_tally_unmoved_of(tally, look.first_hidden, sb_max(all, vma->pages), pages);
	else
		sb_tally_unmoved(tally, look.first_any, vma->pages);
	return result;
}

/*
 * Some are shared. numa_maps has counted pages that move_pages does not tell: their number is
 * known, but which of them are on the nodes only when all are, or all are of one sort.
 */
static int count_unshared(int pid, const struct sb_vmas *vma, struct sb_tally *tally)
{
	struct look look;
	unsigned long told, hidden, all;
	int result = look_at(&look, pid, vma, false);

	if (result < 0)
		return result;
	if (look.untold) {
		sb_tally_unknown(tally);
		return 0;
	}
	told = look.exclusive + look.shared;
	all = hidden_pages(&look);
	hidden = vma->pages > told ? sb_min(vma->pages - told, all) : 0;
	sb_tally_unmoved(tally, look.first, look.exclusive);
	sb_tally_unmoved_of(tally, look.first_hidden_exclusive, look.hidden_exclusive,
			    sb_bounds_of_some(hidden, all, look.hidden_exclusive));
	sb_tally_shared(tally, look.shared);
	sb_bounds_add(&tally->shared, sb_bounds_of_some(hidden, all, look.hidden_shared));
	return 0;
}

int sb_count_leftover(int pid, const struct sb_nodeset *nodes, bool moves_shared,
		      struct sb_tally *tally)
{
	struct sb_vmas vmas;
	int result = sb_vmas_open(&vmas, pid, nodes);

	if (result < 0)
		return result;
	while (result == 0 && sb_vmas_next(&vmas)) {
		if (moves_shared || !vmas.shared)
			result = count_all(pid, &vmas, tally);
		else
			result = count_unshared(pid, &vmas, tally);
	}
	if (result == 0)
		result = sb_vmas_error(&vmas);
	if (result == 0)
		tally->vdso += vmas.vdso;
	sb_vmas_close(&vmas);
	return result;
}
