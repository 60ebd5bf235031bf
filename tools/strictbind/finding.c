/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "finding.h"

#include <stdlib.h>

#include "command.h"
#include "files.h"

/* Bit 0 of kernel.numa_balancing: pages are moved to the nodes of their users. */
static bool balancing_is_on(void)
{
	return file_number("/proc/sys/kernel/numa_balancing", 0) & 1;
}

unsigned long mappings_most(void)
{
	long most = file_number("/proc/sys/vm/max_map_count", 0);

	return most > 0 ? (unsigned long)most : 0;
}

/* With --own what is mapped more than once does not count. */
static void leave_shared_out(struct mapping *mapping, struct reasons *reasons)
{
	mapping->misplaced -= reasons->pages[REASON_SHARED];
	reasons->pages[REASON_SHARED] = 0;
}

static void add(struct finding *finding, const struct mapping *mapping,
		const struct reasons *reasons, const char **last)
{
	for (int node = 0; node < finding->process.nodes; node++)
		finding->pages[node] += mapping->pages[node];
	finding->present += mapping->present;
	finding->uneven += mapping->uneven;
	/* Most have the policy of the one before. */
	if (mapping->present && mapping->policy != *last) {
		*last = mapping->policy;
		finding->balanced |= policy_is_balanced(mapping->policy);
	}
	if (!mapping->misplaced)
		return;
	finding->misplaced += mapping->misplaced;
	for (int reason = 0; reason < REASONS; reason++)
		finding->total.pages[reason] += reasons->pages[reason];
}

enum process_state finding_look(struct finding *finding, const struct look_options *options)
{
	struct process *process = &finding->process;
	enum process_state state = process_try_read(process);
	const char *last = NULL;

	finding->total = (struct reasons){ 0 };
	finding->present = finding->misplaced = finding->uneven = 0;
	finding->balanced = false;
	if (state != PROCESS_FINE)
		return state;
	judge(process, &options->judge);
	finding->pages = calloc((size_t)process->nodes, sizeof(*finding->pages));
	finding->reasons = calloc(process->count, sizeof(*finding->reasons));
	if (!finding->pages || !finding->reasons)
		fail(EXIT_FAILED, "no memory");
	reasons_find(process, options->own || options->every_page, finding->reasons);
	for (size_t i = 0; i < process->count; i++) {
		if (options->own && process->mappings[i].misplaced)
			leave_shared_out(&process->mappings[i], &finding->reasons[i]);
		add(finding, &process->mappings[i], &finding->reasons[i], &last);
	}
	finding->balanced = finding->balanced && balancing_is_on();
	return process_lives(process) ? PROCESS_FINE : PROCESS_GONE;
}

void finding_shorten(struct finding *finding)
{
	size_t map_count = finding->process.map_count;

	process_forget(&finding->process);
	finding->process.map_count = map_count;
	free(finding->reasons);
	finding->reasons = NULL;
}

void finding_forget(struct finding *finding)
{
	process_forget(&finding->process);
	free(finding->reasons);
	free(finding->pages);
	finding->reasons = NULL;
	finding->pages = NULL;
}

const char *only_reason(const struct reasons *reasons, unsigned long misplaced)
{
	for (int i = 0; i < REASONS; i++)
		if (reasons->pages[i])
			return reasons->pages[i] == misplaced ? reason_names[i] : NULL;
	return "";
}

char *print_reasons(const struct reasons *reasons, unsigned long misplaced)
{
	const char *name = only_reason(reasons, misplaced);
	char *text = print_new("%s", name ? name : "");

	if (name)
		return text;
	for (int i = 0; i < REASONS; i++) {
		unsigned long pages = reasons->pages[i];
		char *longer;

		if (pages == 0)
			continue;
		longer = print_new("%s%s%lu %s", text, *text ? ", " : "", pages, reason_names[i]);
		free(text);
		text = longer;
	}
	return text;
}
