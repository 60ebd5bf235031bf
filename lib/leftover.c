/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "leftover.h"
#include "facts.h"
#include "pages.h"
#include "vmas.h"

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
};

static void set_first(unsigned long *first, unsigned long address)
{
	if (*first == 0)
		*first = address;
}

static bool visit(void *context, const struct sb_page *page)
{
	struct look *look = context;

	if (sb_page_hidden(page)) {
		set_first(&look->first_hidden, page->address);
		look->hidden_exclusive += page->exclusive;
		look->hidden_shared += !page->exclusive;
		return true;
	}
	if (!sb_nodeset_has(look->nodes, page->node))
		return true;
	look->untold |= !page->sharing_told;
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
 * The lowest page of the VMA on the nodes, of those that match. 0 when a hidden page may be lower,
 * unless all hidden pages are known to be on the nodes.
 */
static unsigned long lowest(const struct look *look, unsigned long first, const struct sb_vmas *vma)
{
	unsigned long hidden = look->hidden_exclusive + look->hidden_shared;
	bool all_hidden = look->exclusive + look->shared + hidden == vma->pages;

	if (!look->first_hidden || (first && first < look->first_hidden))
		return first;
	return all_hidden ? look->first_hidden : 0;
}

static void take_first(struct sb_counts *counts, unsigned long first)
{
	if (first && (!counts->first_unmoved || first < counts->first_unmoved))
		counts->first_unmoved = first;
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
		take_first(counts, lowest(&look, look.first_any, vma));
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
	hidden = look.hidden_exclusive + look.hidden_shared;
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
	take_first(counts, lowest(&look, look.first, vma));
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
	sb_vmas_close(&vmas);
	return result;
}
