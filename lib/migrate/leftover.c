/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "kernel/quirks.h"
#include "migrate/leftover.h"
#include "pages/numa_maps.h"
#include "pages/scan.h"

/* What page by page can be seen in one VMA. */
struct look {
	const struct sb_nodeset *nodes;
	bool first_only;
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

static bool visit(void *context, const struct sb_page *page)
{
	struct look *look = context;

	look->untold |= sb_page_untold(page);
	if (sb_page_hidden(page)) {
		set_first(&look->first_hidden, page->address);
		if (page->exclusive)
			set_first(&look->first_hidden_exclusive, page->address);
		look->hidden_exclusive += page->exclusive;
		look->hidden_shared += !page->exclusive;
		return true;
	}
	if (!sb_nodeset_has(look->nodes, page->node))
		return true;
	look->untold |= !page->told;
	look->exclusive += page->exclusive;
	look->shared += !page->exclusive;
	set_first(&look->first_any, page->address);
	if (page->exclusive)
		set_first(&look->first, page->address);
	return !look->first_only;
}

static int look_at(struct look *look, int pid, const struct sb_vmas *vma, bool first_only)
{
	struct sb_walk walk = { .pid = pid, .visit = visit, .context = look };

	*look = (struct look){ .nodes = vma->nodes, .first_only = first_only };
	return sb_walk_pages(&walk, vma->start, vma->end);
}

/*
 * Takes first, the lowest unmoved page of a VMA that is told, unless a hidden page may be lower.
 * hidden is the lowest of those, and all_hidden whether all of them are unmoved.
 */
static void take_first(struct sb_counts *counts, unsigned long first, unsigned long hidden,
		       bool all_hidden)
{
	if (hidden && (!first || hidden < first)) {
		first = hidden;
		if (!all_hidden && (!counts->vague_from || hidden < counts->vague_from))
			counts->vague_from = hidden;
	}
	sb_counts_take_first(counts, first);
}

/* Every page of the VMA on the nodes is unmoved. Looks at pages only for the address of the first.
 */
static int count_all(int pid, const struct sb_vmas *vma, struct sb_counts *counts)
{
	struct look look;
	int result;

	counts->unmoved += vma->pages;
	if (counts->first_unmoved && counts->first_unmoved < vma->start)
		return 0;
	result = look_at(&look, pid, vma, !sb_has(SB_QUERY_MISSES_PROT_NONE));
	if (result == 0)
		take_first(counts, look.first_any, look.first_hidden,
			   look.exclusive + look.shared + hidden_pages(&look) <= vma->pages);
	return result;
}

/*
 * Some are shared. numa_maps has counted pages that move_pages does not tell: their number is
 * known, but which of them are on the nodes only when all are, or all are of one sort.
 */
static int count_unshared(int pid, const struct sb_vmas *vma, struct sb_counts *counts)
{
	struct look look;
	unsigned long hidden;
	int result = look_at(&look, pid, vma, false);

	if (result < 0)
		return result;
	if (look.untold)
		return -EOPNOTSUPP;
	hidden = hidden_pages(&look);
	if (vma->pages < look.exclusive + look.shared + hidden)
		hidden = vma->pages > look.exclusive + look.shared
				 ? vma->pages - look.exclusive - look.shared
				 : 0;
	counts->unmoved += look.exclusive;
	counts->shared += look.shared;
	if (hidden == look.hidden_exclusive + look.hidden_shared) {
		counts->unmoved += look.hidden_exclusive;
		counts->shared += look.hidden_shared;
	} else if (look.hidden_shared == 0) {
		counts->unmoved += hidden;
	} else if (look.hidden_exclusive == 0) {
		counts->shared += hidden;
	} else {
		return -EOPNOTSUPP;
	}
	if (hidden)
		take_first(counts, look.first, look.first_hidden_exclusive,
			   hidden == hidden_pages(&look));
	else
		take_first(counts, look.first, 0, true);
	return 0;
}

int sb_count_leftover(int pid, const struct sb_nodeset *nodes, bool moves_shared,
		      struct sb_counts *counts)
{
	struct sb_vmas vmas;
	int result = sb_vmas_open(&vmas, pid, nodes);

	if (result < 0)
		return result;
	while (result == 0 && sb_vmas_next(&vmas)) {
		if (moves_shared || !vmas.shared)
			result = count_all(pid, &vmas, counts);
		else
			result = count_unshared(pid, &vmas, counts);
	}
	if (result == 0)
		result = sb_vmas_error(&vmas);
	if (result == 0)
		counts->vdso += vmas.vdso;
	sb_vmas_close(&vmas);
	return result;
}
