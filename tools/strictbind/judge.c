/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "files.h"
#include "threads.h"

/* Pages of the vdso and its like are the kernel's: no policy governs them. */
static bool is_kernels_own(const struct mapping *mapping)
{
	static const char *const names[] = { "[v", "[uprobes]", "[sigpage]" };

	if (mapping->name[0] != '[')
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strncmp(mapping->name, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* ---- which nodes ---- */

static void add_nodes(struct nodes *set, const struct nodes *more)
{
	for (int i = 0; i < NODES_WORDS; i++)
		set->words[i] |= more->words[i];
}

/* Where a policy of any thread allows pages to be. */
static void take_policies_of_threads(struct process *process, struct mapping *mapping,
				     const struct nodes *unnamed)
{
	bool named = false, untold = false;
	struct nodes all = { 0 };

	for (size_t i = 0; i < process->policy_count; i++) {
		const struct nodes *nodes = &process->policies[i].nodes;
		bool empty = nodes_empty(nodes);

		named |= !empty;
		untold |= empty && nodes_empty(unnamed);
		add_nodes(&all, empty ? unnamed : nodes);
	}
	if (named)
		mapping->judged_by = BY_POLICY;
	if (untold)
		all = (struct nodes){ 0 };
	mapping->nodes = process_set(process, &all);
}

/* Neighbours mostly point to the same set. */
static struct {
	const struct nodes *nodes;
	bool empty;
} last;

static bool names_none(const struct nodes *nodes)
{
	if (nodes != last.nodes)
		last.empty = nodes_empty(nodes);
	last.nodes = nodes;
	return last.empty;
}

static void choose_nodes(struct process *process, struct mapping *mapping, const struct judge *how,
			 const struct nodes *unnamed)
{

	mapping->judged_by = how->asked ? BY_ASKED : BY_CPUSET;
	if (mapping->threads_differ)
		take_policies_of_threads(process, mapping, unnamed);
	else if (names_none(mapping->nodes))
		mapping->nodes = unnamed;
	else
		mapping->judged_by = BY_POLICY;
	mapping->judged = !names_none(mapping->nodes) && !is_kernels_own(mapping);
}

bool judge_allowed_nowhere(const struct process *process, const struct mapping *mapping)
{
	struct nodes both = nodes_both(&process->allowed, mapping->nodes);

	return !nodes_empty(&process->allowed) && nodes_empty(&both);
}

/* ---- how they are spread ---- */

/* 0: not asked for yet. */
static unsigned long weights[NODES_MOST];

static unsigned long weight_of(int node)
{
	char path[96];
	long weight;

	if (weights[node])
		return weights[node];
	snprintf(path, sizeof(path), "/sys/kernel/mm/mempolicy/weighted_interleave/node%d", node);
	weight = file_number(path, 1);
	return weights[node] = weight > 0 ? (unsigned long)weight : 1;
}

void judge_shares(const struct process *process, const struct mapping *mapping,
		  unsigned long *shares)
{
	bool weighted = policy_spread(mapping->policy) == SPREAD_WEIGHTED;
	unsigned long present = 0, sum = 0;

	for (int node = 0; node < process->nodes; node++) {
		bool named = nodes_has(mapping->nodes, node);

		shares[node] = !named ? 0 : weighted ? weight_of(node) : 1;
		sum += shares[node];
		present += named ? mapping->pages[node] : 0;
	}
	/* Rounded up: where there is a rest, any of the nodes may have it. */
	for (int node = 0; sum && node < process->nodes; node++)
		shares[node] = (present * shares[node] + sum - 1) / sum;
}

#define THP "/sys/kernel/mm/transparent_hugepage/"

/*
 * Whether memory of no file may get parts of this size. A size may say that it does as all do;
 * older kernels have the size of huge pages only, and one file for it.
 */
static bool is_enabled(unsigned long size, bool huge)
{
	char path[96];
	char *text;
	bool enabled;

	snprintf(path, sizeof(path), THP "hugepages-%lukB/enabled", size / 1024);
	text = file_text(path, NULL);
	if (text ? strstr(text, "[inherit]") != NULL : huge) {
		free(text);
		text = file_text(THP "enabled", NULL);
	}
	enabled = text && (strstr(text, "[always]") || strstr(text, "[madvise]"));
	free(text);
	return enabled;
}

/* Pages of one transparent huge page; 1 where there are none. */
static unsigned long huge_pages(void)
{
	static unsigned long pages;
	long size;

	if (pages)
		return pages;
	size = file_number(THP "hpage_pmd_size", 0);
	pages = 1;
	if (size > 0 && is_enabled((unsigned long)size, true))
		pages = (unsigned long)size / (unsigned long)sysconf(_SC_PAGESIZE);
	return pages;
}

/* Of the largest folio below that size which memory of no file may get; 1: a page. */
static unsigned long folio_pages(void)
{
	static unsigned long pages;
	unsigned long page = (unsigned long)sysconf(_SC_PAGESIZE);

	if (pages)
		return pages;
	pages = (unsigned long)file_number(THP "hpage_pmd_size", 0) / page / 2;
	while (pages > 1 && !is_enabled(pages * page, false))
		pages /= 2;
	return pages = pages ? pages : 1;
}

/* Pages that may lie together because they are a part of one larger. */
static unsigned long largest_part(struct process *process, const struct mapping *mapping)
{
	unsigned long page = (unsigned long)sysconf(_SC_PAGESIZE);
	unsigned long pages = (mapping->end - mapping->start) / page;

	if (mapping->page_kib * 1024 > page)
		return mapping->page_kib * 1024 / page;
	if (pages >= huge_pages()) {
		process_find_huge(process);
		if (mapping->huge_mapped || mapping->file)
			return huge_pages();
	}
	return folio_pages() < pages ? folio_pages() : pages;
}

/*
 * Whether one node has too much above its share. Pages are given out one after the other, huge ones
 * as a whole. The turns of a thread go to all that it allocates, so one mapping of many may have
 * more.
 */
static bool is_too_much(struct process *process, const struct mapping *mapping, unsigned long above,
			unsigned long share)
{
	bool own = !process->thread_policy || strcmp(mapping->policy, process->thread_policy) != 0;

	return above > (own ? 1 : share / 4 + 4) && above > largest_part(process, mapping);
}

/* Pages of a mapping that some node has above its share. */
static unsigned long surplus_of(struct process *process, const struct mapping *mapping)
{
	unsigned long shares[NODES_MOST], surplus = 0;
	bool uneven = false;

	judge_shares(process, mapping, shares);
	for (int node = 0; node < process->nodes; node++) {
		unsigned long pages = mapping->pages[node];

		if (!nodes_has(mapping->nodes, node) || pages <= shares[node])
			continue;
		surplus += pages - shares[node];
		uneven =
			uneven || is_too_much(process, mapping, pages - shares[node], shares[node]);
	}
	return uneven ? surplus : 0;
}

static void judge_spread(struct process *process, struct mapping *mapping, const struct judge *how)
{
	unsigned long surplus;

	/* The pages of a file that several processes read are spread by whoever reads first. */
	if (mapping->present < 2 || mapping->threads_differ ||
	    policy_spread(mapping->policy) == SPREAD_NONE)
		return;
	surplus = surplus_of(process, mapping);
	mapping->uneven = surplus != 0;
	if (how->spread)
		mapping->misplaced += surplus;
}

unsigned long judge_surplus(const struct process *process, const struct mapping *mapping)
{
	unsigned long elsewhere = 0;

	if (!mapping->uneven)
		return 0;
	for (int node = 0; node < process->nodes; node++)
		if (!nodes_has(mapping->nodes, node))
			elsewhere += mapping->pages[node];
	return mapping->misplaced > elsewhere ? mapping->misplaced - elsewhere : 0;
}

/* ---- */

void judge(struct process *process, const struct judge *how)
{
	const struct nodes *unnamed;

	threads_read(process);
	last.nodes = NULL;
	process->misplaced = 0;
	unnamed = process_set(process, how->asked ? &how->nodes : &process->allowed);
	memset(weights, 0, sizeof(weights));
	for (size_t i = 0; i < process->count; i++) {
		struct mapping *mapping = &process->mappings[i];

		choose_nodes(process, mapping, how, unnamed);
		mapping->misplaced = 0;
		mapping->uneven = false;
		if (!mapping->judged || !mapping->present)
			continue;
		for (int node = 0; node < process->nodes; node++)
			if (mapping->pages[node] && !nodes_has(mapping->nodes, node))
				mapping->misplaced += mapping->pages[node];
		judge_spread(process, mapping, how);
		process->misplaced += mapping->misplaced;
	}
}
