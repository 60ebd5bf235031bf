/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts.h"
#include "memory.h"
#include "misplaced.h"
#include "nodeset.h"
#include "pages.h"
#include "pieces.h"
#include "vmas.h"

struct search {
	const struct sb_bind *bind;
	struct sb_nodeset wanted; /* N */
	bool first_only;
	bool unknown;             /* some page could not be judged */
	unsigned long hidden;     /* pages whose node is not told */
	struct sb_counts found;
};

static void search_init(struct search *search, const struct sb_bind *bind, bool first_only)
{
	*search = (struct search){ .bind = bind, .first_only = first_only };
	sb_nodeset_read(&search->wanted, bind->mask, bind->maxnode);
}

static unsigned long end_of(const struct sb_bind *bind)
{
	unsigned long page = sb_page_size();

	return sb_untag(bind->start) + ((bind->len + page - 1) & -page);
}

static bool found_unmoved(struct search *search, unsigned long address)
{
	if (search->found.unmoved++ == 0)
		search->found.first_unmoved = address;
	return !search->first_only;
}

static void report_found(const struct search *search, struct sb_counts *counts)
{
	*counts = search->found;
	if (search->unknown) {
		counts->unmoved = STRICTBIND_UNKNOWN;
		counts->shared = STRICTBIND_UNKNOWN;
	}
}

/* ---- before the policy is set: the nodes of the pages tell ---- */

static bool visit_before(void *context, const struct sb_page *page)
{
	struct search *search = context;

	if (sb_page_hidden(page)) {
		search->hidden++;
		return true;
	}
	/* Not present, or hidden: only the page map could tell. */
	if (!page->told && page->node == -ENOENT && sb_has(SB_QUERY_MISSES_PROT_NONE))
		search->unknown = true;
	if (page->node < 0 || sb_nodeset_has(&search->wanted, page->node))
		return true;
	return found_unmoved(search, page->address);
}

struct hidden {
	const struct sb_nodeset *nodes;
	unsigned long pages;    /* hidden ones */
	unsigned long first;    /* the lowest of them */
	unsigned long on_nodes; /* pages told to be on the nodes */
};

static bool visit_hidden(void *context, const struct sb_page *page)
{
	struct hidden *hidden = context;

	if (sb_page_hidden(page) && hidden->pages++ == 0)
		hidden->first = page->address;
	hidden->on_nodes += sb_nodeset_has(hidden->nodes, page->node);
	return true;
}

static struct hidden look_for_hidden(const struct sb_nodeset *nodes, unsigned long start,
				     unsigned long end)
{
	struct hidden hidden = { .nodes = nodes };
	struct sb_walk walk = { .visit = visit_hidden, .context = &hidden };

	if (start < end)
		sb_walk_pages(&walk, start, end);
	return hidden;
}

static void found_hidden(struct search *search, const struct hidden *hidden, unsigned long misplaced)
{
	bool lowest = search->found.unmoved == 0 || hidden->first < search->found.first_unmoved;

	/* Which of them are misplaced is known only when all are. */
	if (lowest)
		search->found.first_unmoved = misplaced == hidden->pages ? hidden->first : 0;
	search->found.unmoved += misplaced;
}

/*
 * numa_maps counts every page of a VMA, move_pages all but the hidden ones: the difference is the
 * number of hidden pages on these nodes. Where the range ends inside the VMA that tells only when it
 * is none of them, or all.
 */
static void count_hidden_in(struct search *search, const struct sb_vmas *vma, unsigned long start,
			    unsigned long end)
{
	struct hidden inside = look_for_hidden(vma->nodes, start > vma->start ? start : vma->start,
					       sb_min(end, vma->end));
	struct hidden whole = look_for_hidden(vma->nodes, vma->start, vma->end);
	unsigned long misplaced = vma->pages > whole.on_nodes ? vma->pages - whole.on_nodes : 0;

	if (misplaced == 0 || inside.pages == 0)
		return;
	if (misplaced >= whole.pages)
		found_hidden(search, &inside, inside.pages);
	else if (inside.pages == whole.pages)
		found_hidden(search, &inside, misplaced);
	else
		search->unknown = true;
}

static void count_hidden(struct search *search, unsigned long start, unsigned long end)
{
	struct sb_nodeset misplaced = search->wanted;
	struct sb_vmas vmas;

	for (int i = 0; i < SB_NODESET_LONGS; i++)
		misplaced.bits[i] = ~misplaced.bits[i];
	if (sb_vmas_open(&vmas, 0, &misplaced) < 0) {
		search->unknown = true;
		return;
	}
	while (sb_vmas_next(&vmas))
		if (vmas.start < end && vmas.end > start)
			count_hidden_in(search, &vmas, start, end);
	search->unknown |= sb_vmas_error(&vmas) != 0;
	sb_vmas_close(&vmas);
}

static int search_before(struct search *search)
{
	struct sb_walk walk = { .visit = visit_before, .context = search };

	return sb_walk_pages(&walk, sb_untag(search->bind->start), end_of(search->bind));
}

int sb_any_misplaced(const struct sb_bind *bind)
{
	struct search search;
	int result;

	search_init(&search, bind, true);
	result = search_before(&search);
	return result < 0 ? result : search.found.unmoved > 0;
}

void sb_count_misplaced(const struct sb_bind *bind, struct sb_counts *counts)
{
	struct search search;

	search_init(&search, bind, false);
	search.unknown = search_before(&search) < 0;
	if (search.hidden)
		count_hidden(&search, sb_untag(bind->start), end_of(bind));
	report_found(&search, counts);
	counts->shared = 0;
}

/* ---- after a move: the kernel tells with STRICT alone, which changes nothing any more ---- */

/* Not under SB_STRICT_IGNORES_MISPLACED. A piece that another thread has unmapped is not clean. */
static bool is_clean(const struct sb_bind *bind, unsigned long start, unsigned long end)
{
	return sb_bind_part(bind, start, end, SB_MF_STRICT) == 0;
}

static bool is_misplaced(const struct search *search, const struct sb_page *page)
{
	unsigned long address = page->address;

	if (page->node >= 0)
		return !sb_nodeset_has(&search->wanted, page->node);
	if (page->told && !sb_page_hidden(page))
		return false;
	return !sb_has(SB_STRICT_IGNORES_MISPLACED) &&
	       sb_bind_part(search->bind, address, address + sb_page_size(), SB_MF_STRICT) == -EIO;
}

/*
 * Without a page map the kernel tells what it takes for shared: moving this page alone leaves a shared
 * page where it is and succeeds.
 */
static bool visit_untold(struct search *search, const struct sb_page *page)
{
	unsigned long end = page->address + sb_page_size();
	long result;

	if (sb_has(SB_MISSES_UNMOVABLE)) {
		search->unknown = true;
		return true;
	}
	result = sb_bind_part(search->bind, page->address, end, search->bind->flags | SB_MF_STRICT);
	if (result == -EIO)
		return found_unmoved(search, page->address);
	search->found.shared += !is_clean(search->bind, page->address, end);
	return true;
}

static bool visit_after(void *context, const struct sb_page *page)
{
	struct search *search = context;

	if (!is_misplaced(search, page))
		return true;
	if (search->bind->flags & SB_MF_MOVE_ALL)
		return found_unmoved(search, page->address);
	if (!page->told)
		return visit_untold(search, page);
	if (page->exclusive)
		return found_unmoved(search, page->address);
	search->found.shared++;
	return true;
}

/* Without move_pages: one page after the other, by what mbind says. */
static void search_by_mbind(struct search *search, unsigned long start, unsigned long end)
{
	struct sb_page page = { .node = -ENOSYS };

	for (; start < end; start += sb_page_size()) {
		page.address = start;
		if (!visit_after(search, &page))
			return;
	}
}

static void search_pages(struct search *search, unsigned long start, unsigned long end)
{
	struct sb_walk walk = { .visit = visit_after, .context = search };

	if (sb_walk_pages(&walk, start, end) == 0)
		return;
	if (sb_has(SB_STRICT_IGNORES_MISPLACED))
		search->unknown = true;
	else
		search_by_mbind(search, start, end);
}

/* A piece of this many pages is looked at page by page. */
#define SMALL_PIECE 128

static bool done(const struct search *search)
{
	return search->first_only && search->found.unmoved > 0;
}

static void search_after(struct search *search)
{
	unsigned long start = sb_untag(search->bind->start);
	struct sb_pieces pieces =
		sb_pieces_of(start, end_of(search->bind), SMALL_PIECE * sb_page_size());

	if (sb_has(SB_STRICT_IGNORES_MISPLACED)) {
		search_pages(search, start, pieces.end);
		return;
	}
	while (pieces.at < pieces.end && !done(search)) {
		if (is_clean(search->bind, pieces.at, sb_piece_end(&pieces))) {
			sb_piece_next_grow(&pieces);
		} else if (!sb_piece_shrink(&pieces)) {
			search_pages(search, pieces.at, sb_piece_end(&pieces));
			sb_piece_next(&pieces);
		}
	}
}

int sb_any_unmoved(const struct sb_bind *bind)
{
	struct search search;

	search_init(&search, bind, true);
	search_after(&search);
	if (search.found.unmoved > 0)
		return 1;
	return search.unknown ? -EOPNOTSUPP : 0;
}

void sb_count_unmoved(const struct sb_bind *bind, struct sb_counts *counts)
{
	struct search search;

	search_init(&search, bind, false);
	search_after(&search);
	report_found(&search, counts);
}

/* ---- after a move with an empty N ---- */

static bool visit_shared(void *context, const struct sb_page *page)
{
	struct search *search = context;

	if (page->node < 0 && !sb_page_hidden(page))
		return true;
	if (!page->told)
		search->unknown = true;
	else if (!page->exclusive)
		search->found.shared++;
	return true;
}

static void search_failing(struct search *search)
{
	const struct sb_bind *bind = search->bind;
	struct sb_pieces pieces =
		sb_pieces_of(sb_untag(bind->start), end_of(bind), sb_page_size());

	while (pieces.at < pieces.end) {
		long result = sb_bind_part(bind, pieces.at, sb_piece_end(&pieces),
					   bind->flags | SB_MF_STRICT);

		if (result == 0) {
			sb_piece_next_grow(&pieces);
		} else if (!sb_piece_shrink(&pieces)) {
			if (result == -EIO)
				found_unmoved(search, pieces.at);
			sb_piece_next(&pieces);
		}
	}
}

void sb_count_unmoved_anywhere(const struct sb_bind *bind, bool failed, struct sb_counts *counts)
{
	struct search search;
	struct sb_walk walk = { .visit = visit_shared, .context = &search };

	search_init(&search, bind, false);
	if (failed)
		search_failing(&search);
	report_found(&search, counts);
	if (bind->flags & SB_MF_MOVE_ALL)
		return;
	if (sb_walk_pages(&walk, sb_untag(bind->start), end_of(bind)) < 0 || search.unknown)
		counts->shared = STRICTBIND_UNKNOWN;
	else
		counts->shared = search.found.shared;
}
