/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "core/page.h"
#include "pages/numa_maps.h"
#include "pages/vdso.h"

int sb_vmas_open(struct sb_vmas *vmas, int pid, const struct sb_nodeset *nodes)
{
	int result = sb_words_open(&vmas->numa_maps, pid, "numa_maps");

	if (result < 0)
		return result;
	result = sb_words_open(&vmas->maps, pid, "maps");
	if (result < 0)
		sb_words_close(&vmas->numa_maps);
	vmas->nodes = nodes;
	vmas->interleaved = false;
	vmas->vdso = 0;
	vmas->line = (struct sb_maps_line){ .end = 0 };
	vmas->placement = NULL;
	return result;
}

int sb_vmas_open_misplaced(struct sb_vmas *vmas, int pid, const struct sb_nodeset *placed,
			   struct sb_placement *placement)
{
	int result = sb_vmas_open(vmas, pid, &placement->misplaced);

	if (placed) {
		placement->misplaced = *placed;
		sb_nodeset_invert(&placement->misplaced);
	} else {
		vmas->placement = placement;
	}
	if (result == 0 && vmas->placement && placement->threads)
		sb_thread_policies_begin(placement->threads);
	return result;
}

void sb_vmas_close(struct sb_vmas *vmas)
{
	if (vmas->placement && vmas->placement->threads)
		sb_thread_policies_end(vmas->placement->threads);
	sb_words_close(&vmas->numa_maps);
	sb_words_close(&vmas->maps);
}

int sb_vmas_error(const struct sb_vmas *vmas)
{
	return (int)(vmas->numa_maps.error ? vmas->numa_maps.error : vmas->maps.error);
}

/* The value of a word that begins with key, or NULL. */
static const char *value_of(const char *word, const char *key)
{
	size_t length = strlen(key);

	return strncmp(word, key, length) == 0 ? word + length : NULL;
}

/* ---- a line of numa_maps ---- */

static void read_placement(struct sb_words *words, unsigned long start,
			   struct sb_placement *placement)
{
	const struct sb_nodeset *nodes = &placement->policy.nodes;

	sb_policy_read(words, &placement->policy);
	if (placement->threads)
		sb_thread_policies_judge(placement->threads, start, &placement->policy);
	placement->misplaced = sb_nodeset_is_empty(nodes) ? placement->allowed : *nodes;
	sb_nodeset_invert(&placement->misplaced);
}

/* What a line says, besides the pages on each node. */
struct numa_line {
	unsigned long start;
	unsigned long unit; /* base pages in what it counts as a page */
	bool shared;
};

/* Whom a line is told to. */
struct listener {
	struct sb_placement *placement; /* set before the nodes are told; may be NULL */
	/* node < 0: one that there cannot be */
	void (*on_node)(void *context, int node, unsigned long pages);
	void *context;
};

static void read_numa_maps_word(const struct sb_words *words, struct numa_line *line,
				const struct listener *listener)
{
	const char *value;

	if (words->word[0] == 'N' && words->word[1] >= '0' && words->word[1] <= '9') {
		unsigned long node;

		value = words->word + 1;
		node = sb_number(&value, 10);
		if (*value++ == '=')
			listener->on_node(listener->context, node < SB_MAX_NODES ? (int)node : -1,
					  sb_number(&value, 10));
	} else if ((value = value_of(words->word, "mapmax="))) {
		line->shared = sb_number(&value, 10) > 1;
	} else if ((value = value_of(words->word, "kernelpagesize_kB="))) {
		line->unit = sb_number(&value, 10) * 1024 / sb_page_size();
	}
}

/* One line: START POLICY [file=... heap stack huge] [anon=... mapmax=...] N0=...
 * kernelpagesize_kB=... */
static bool read_numa_maps_line(struct sb_words *words, struct numa_line *line,
				const struct listener *listener)
{
	const char *text = words->word;

	if (!sb_words_next(words))
		return false;
	*line = (struct numa_line){ .start = sb_number(&text, 16), .unit = 1 };
	if (words->end == ' ' && listener->placement)
		read_placement(words, line->start, listener->placement);
	while (words->end == ' ' && sb_words_next(words))
		read_numa_maps_word(words, line, listener);
	return true;
}

static void add_if_asked_for(void *context, int node, unsigned long pages)
{
	struct sb_vmas *vmas = context;

	if (sb_nodeset_has(vmas->nodes, node) ||
	    (vmas->interleaved && sb_policy_interleaves(&vmas->placement->policy)))
		vmas->pages += pages;
}

static bool next_vma(struct sb_vmas *vmas)
{
	struct listener listener = { vmas->placement, add_if_asked_for, vmas };
	struct numa_line line;

	vmas->pages = 0;
	if (!read_numa_maps_line(&vmas->numa_maps, &line, &listener))
		return false;
	vmas->start = line.start;
	vmas->shared = line.shared;
	vmas->unit = line.unit;
	vmas->pages *= line.unit;
	return true;
}

/*
 * maps lists the same VMAs in the same order, and tells their ends. False when the VMA is not
 * there: another thread has unmapped it between the two reads.
 */
static bool find_end(struct sb_vmas *vmas)
{
	while (vmas->line.end <= vmas->start)
		if (!sb_maps_next(&vmas->maps, &vmas->line))
			return false;
	vmas->end = vmas->line.end;
	return vmas->line.start <= vmas->start;
}

bool sb_vmas_next(struct sb_vmas *vmas)
{
	while (next_vma(vmas)) {
		if (vmas->pages == 0 || !find_end(vmas))
			continue;
		/* No policy governs the vdso; some kernels count it all the same. */
		if (!vmas->line.vdso)
			return true;
		vmas->vdso += vmas->pages;
	}
	return false;
}

/* ---- counting whole VMAs ---- */

/* How many pages go into the count is known only at the end of a line. On the stack: 0.8 KiB. */
enum { MOST_NODES = 64 };

struct counts {
	unsigned used; /* MOST_NODES + 1: some did not fit */
	int nodes[MOST_NODES];
	unsigned long pages[MOST_NODES];
};

static void keep(void *context, int node, unsigned long pages)
{
	struct counts *counts = context;

	if (counts->used < MOST_NODES) {
		counts->nodes[counts->used] = node;
		counts->pages[counts->used] = pages;
	}
	counts->used += counts->used <= MOST_NODES;
}

struct starts {
	unsigned long from;
	unsigned long to;
	unsigned long vdso;
	unsigned long vdso_end;
};

static int count_lines(struct sb_words *words, const struct starts *range,
		       const struct sb_census *census)
{
	struct counts counts = { 0 };
	struct listener listener = { NULL, keep, &counts };
	struct numa_line line;

	for (; read_numa_maps_line(words, &line, &listener); counts.used = 0) {
		if (line.start >= range->to)
			return 0;
		if (line.start < range->from ||
		    (line.start >= range->vdso && line.start < range->vdso_end))
			continue;
		if (counts.used > MOST_NODES)
			return -EOVERFLOW;
		for (unsigned i = 0; i < counts.used; i++)
			census->add(census->context, counts.nodes[i], counts.pages[i] * line.unit);
	}
	return (int)words->error;
}

int sb_vmas_count(int pid, unsigned long start, unsigned long end, const struct sb_census *census)
{
	struct starts range = { start, end, start, end };
	struct sb_words words;
	int result = sb_words_open(&words, pid, "numa_maps");

	if (result < 0)
		return result;
	sb_vdso_range(pid, &range.vdso, &range.vdso_end);
	result = count_lines(&words, &range, census);
	sb_words_close(&words);
	return result;
}
