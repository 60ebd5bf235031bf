/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What strictbind check prints of one process. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "command.h"
#include "picture.h"
#include "table.h"

enum { WIDE = 16 }; /* no more nodes than these get columns of their own */

bool node_has_column(int nodes, const unsigned long *pages, int node)
{
	return nodes <= WIDE || pages[node];
}

unsigned long pages_moved(const unsigned long *now, const unsigned long *before, int nodes)
{
	unsigned long more = 0, less = 0;

	for (int node = 0; node < nodes; node++) {
		more += now[node] > before[node] ? now[node] - before[node] : 0;
		less += before[node] > now[node] ? before[node] - now[node] : 0;
	}
	return more < less ? more : less;
}

/* ---- a table ---- */

/* Kept: a table keeps no copy, and with --watch there are many tables. */
static const char *node_title(int node)
{
	static char titles[NODES_MOST][16];

	snprintf(titles[node], sizeof(titles[node]), "N%d", node);
	return titles[node];
}

/* A finding as it is printed. */
struct view {
	const struct check *check;
	const struct finding *finding;
	const struct finding *before; /* or NULL */
	size_t *order;		      /* of the mappings that are shown */
	size_t count;
};

/* That many columns are left for others. */
enum { OTHER_COLUMNS = 8 };

static void add_columns(const struct view *view, struct table *table)
{
	const struct finding *finding = view->finding;

	table_column(table, "ADDRESS", true);
	table_column(table, "SIZE", true);
	table_column(table, "POLICY", false);
	for (int node = 0; node < finding->process.nodes; node++)
		if (node_has_column(finding->process.nodes, finding->pages, node) &&
		    table->columns < TABLE_COLUMNS - OTHER_COLUMNS)
			table_column(table, node_title(node), true);
	table_column(table, "MISPLACED", true);
	if (view->before)
		table_column(table, "MOVED", true);
	table_column(table, "REASON", false);
	table_column(table, "MAPPING", false);
}

static void add_nodes(const struct finding *finding, struct table *table,
		      const unsigned long *pages)
{
	int columns = 3;

	for (int node = 0; node < finding->process.nodes; node++)
		if (node_has_column(finding->process.nodes, finding->pages, node) &&
		    columns++ < TABLE_COLUMNS - OTHER_COLUMNS)
			table_number(table, pages[node]);
}

static unsigned long moved_of(const struct view *view, const struct mapping *mapping)
{
	const struct mapping *before = process_mapping(&view->before->process, mapping->start);

	if (!before || before->start != mapping->start)
		return 0;
	return pages_moved(mapping->pages, before->pages, view->finding->process.nodes);
}

static void add_reasons(struct table *table, const struct mapping *mapping,
			const struct reasons *reasons)
{
	const char *name = mapping->misplaced ? only_reason(reasons, mapping->misplaced) : "";
	char *text;

	if (name) {
		table_text(table, name);
		return;
	}
	text = print_reasons(reasons, mapping->misplaced);
	table_text(table, text);
	free(text);
}

static void add_mapping(const struct view *view, struct table *table, size_t i)
{
	const struct finding *finding = view->finding;
	const struct mapping *mapping = &finding->process.mappings[i];
	char size[SIZE_TEXT], *text;

	table_hex(table, mapping->start);
	table_text(table, print_size(size, mapping->end - mapping->start));
	table_text(table, mapping_policy(mapping));
	add_nodes(finding, table, mapping->pages);
	table_number(table, mapping->misplaced);
	if (view->before)
		table_number(table, moved_of(view, mapping));
	add_reasons(table, mapping, &finding->reasons[i]);
	text = *mapping->name ? print_harmless(mapping->name) : NULL;
	table_text(table, text ? text : "-");
	free(text);
}

static unsigned long all_moved(const struct view *view)
{
	unsigned long moved = 0;

	for (size_t i = 0; i < view->finding->process.count; i++)
		moved += moved_of(view, &view->finding->process.mappings[i]);
	return moved;
}

static void add_total(const struct view *view, struct table *table)
{
	table_text(table, "total");
	table_text(table, "");
	table_text(table, "");
	add_nodes(view->finding, table, view->finding->pages);
	table_number(table, view->finding->misplaced);
	if (view->before)
		table_number(table, all_moved(view));
	table_text(table, "");
	table_text(table, "");
}

static void print_table(const struct view *view, FILE *file)
{
	struct table table = { .fold = "REASON", .cut = "MAPPING" };

	add_columns(view, &table);
	/* On a screen there may be no room for what comes last. */
	if (view->check->watch)
		add_total(view, &table);
	for (size_t i = 0; i < view->count; i++)
		add_mapping(view, &table, view->order[i]);
	if (!view->check->watch)
		add_total(view, &table);
	table_print(&table, file);
}

/* ---- how interleaved pages are spread ---- */

static void add_share_row(const struct finding *finding, struct table *table,
			  const struct mapping *mapping)
{
	unsigned long shares[NODES_MOST];
	int columns = 2;

	judge_shares(&finding->process, mapping, shares);
	table_hex(table, mapping->start);
	table_text(table, mapping->policy);
	for (int node = 0; node < finding->process.nodes; node++) {
		if (!node_has_column(finding->process.nodes, finding->pages, node) ||
		    columns++ >= TABLE_COLUMNS - OTHER_COLUMNS)
			continue;
		if (nodes_has(mapping->nodes, node))
			table_cell(table, "%lu of %lu", mapping->pages[node], shares[node]);
		else
			table_text(table, "-");
	}
}

static void print_shares(const struct finding *finding, FILE *file)
{
	struct table table = { 0 };

	table_column(&table, "NOT SPREAD", true);
	table_column(&table, "POLICY", false);
	for (int node = 0; node < finding->process.nodes; node++)
		if (node_has_column(finding->process.nodes, finding->pages, node) &&
		    table.columns < TABLE_COLUMNS - OTHER_COLUMNS)
			table_column(&table, node_title(node), true);
	for (size_t i = 0; i < finding->process.count; i++)
		if (finding->process.mappings[i].uneven)
			add_share_row(finding, &table, &finding->process.mappings[i]);
	table_print(&table, file);
	fputc('\n', file);
}

/* ---- sentences ---- */

static void print_verdict(const struct check *check, const struct finding *finding, FILE *file)
{
	const struct process *process = &finding->process;
	char *name = print_harmless(process->name);
	char *reasons = print_reasons(&finding->total, finding->misplaced);
	char *verdict;

	if (finding->misplaced == 0)
		verdict = print_new("none of %lu pages is misplaced%s", finding->present,
				    check->look.own ? ", but for shared ones" : "");
	else
		verdict = print_new("%lu of %lu pages misplaced: %s", finding->misplaced,
				    finding->present, reasons);
	print_sentence(file, print_new("Process %d (%s): %s.", process->pid, name, verdict));
	free(verdict);
	free(reasons);
	free(name);
}

static void print_threads(const struct process *process, FILE *file)
{
	char *text = print_new("%s", "");

	for (size_t i = 0; i < process->policy_count; i++) {
		const struct thread_policy *policy = &process->policies[i];
		char *longer = print_new("%s%s%s (%lu)", text, *text ? ", " : "", policy->text,
					 policy->threads);

		free(text);
		text = longer;
	}
	if (process->policy_count > 1)
		print_sentence(
			file,
			print_new("Threads have different policies: %s. A mapping without a policy "
				  "of its own is judged by all of them: its pages may be where "
				  "any of them allows.",
				  text));
	if (process->threads > process->threads_seen && process->threads_seen)
		print_sentence(file, print_new("The policies of %lu of its %lu threads were "
					       "looked at.",
					       process->threads_seen, process->threads));
	free(text);
}

static void print_hints(const struct check *check, const struct finding *finding, FILE *file)
{
	unsigned long most = mappings_most();

	print_threads(&finding->process, file);
	if (finding->uneven && !check->look.judge.spread)
		print_sentence(file,
			       print_new("%lu mapping%s not spread over the nodes as "
					 "interleaving asks (--spread tells).",
					 finding->uneven, finding->uneven == 1 ? " is" : "s are"));
	if (finding->balanced)
		print_paragraph(file,
				"NUMA balancing is on (kernel.numa_balancing): pages whose policy "
				"is default or says balancing may not stay where they are; the "
				"kernel moves them to the threads that use them.");
	if (most && finding->process.map_count > most / 10 * 9)
		print_sentence(
			file,
			print_new("It has %zu mappings, and vm.max_map_count is %lu: beyond that "
				  "mbind, mmap and malloc fail with ENOMEM.",
				  finding->process.map_count, most));
	if (finding->total.pages[REASON_UNSEEN])
		print_paragraph(file, "Not all pages were looked at for reasons (--every-page "
				      "does).");
}

/* ---- all of it ---- */

static const struct finding *sorted;

/* Most misplaced pages first, then as they lie. */
static int compare(const void *a, const void *b)
{
	size_t first = *(const size_t *)a, second = *(const size_t *)b;
	unsigned long one = sorted->process.mappings[first].misplaced;
	unsigned long other = sorted->process.mappings[second].misplaced;

	if (one != other)
		return one < other ? 1 : -1;
	return first > second ? 1 : -1;
}

static void choose(struct view *view)
{
	const struct process *process = &view->finding->process;

	view->order = allocate(process->count * sizeof(*view->order));
	for (size_t i = 0; i < process->count; i++)
		if (process->mappings[i].misplaced || !view->check->misplaced_only)
			view->order[view->count++] = i;
	sorted = view->finding;
	if (view->check->watch)
		qsort(view->order, view->count, sizeof(*view->order), compare);
	if (view->check->rows && view->count > view->check->rows)
		view->count = view->check->rows;
}

void check_one_print(const struct check *check, const struct finding *finding, FILE *file)
{
	struct view view = { .check = check, .finding = finding };

	if (check->map) {
		struct picture picture = picture_of_terminal(file);

		picture.own = check->look.own;
		picture_draw(&picture, &finding->process, check->misplaced_only);
	} else {
		choose(&view);
		print_table(&view, file);
		free(view.order);
		fputc('\n', file);
	}
	if (check->look.judge.spread && finding->uneven)
		print_shares(finding, file);
	print_verdict(check, finding, file);
	print_hints(check, finding, file);
}

void check_one_watch(const struct check *check, const struct finding *finding,
		     const struct finding *before, FILE *file)
{
	struct view view = { .check = check, .finding = finding, .before = before };

	print_verdict(check, finding, file);
	print_hints(check, finding, file);
	fputc('\n', file);
	choose(&view);
	print_table(&view, file);
	free(view.order);
}

/* ---- JSON ---- */

void json_pages(struct json *json, int nodes, const unsigned long *pages)
{
	json_begin(json, "pages", '{');
	for (int node = 0; node < nodes; node++) {
		char key[16];

		snprintf(key, sizeof(key), "%d", node);
		if (pages[node])
			json_number(json, key, pages[node]);
	}
	json_end(json, '}');
}

void json_reasons(struct json *json, const struct reasons *reasons)
{
	json_begin(json, "reasons", '{');
	for (int i = 0; i < REASONS; i++)
		if (reasons->pages[i])
			json_number(json, reason_names[i], reasons->pages[i]);
	json_end(json, '}');
}

static void json_shares(struct json *json, const struct process *process,
			const struct mapping *mapping)
{
	unsigned long shares[NODES_MOST];

	judge_shares(process, mapping, shares);
	json_begin(json, "shares", '{');
	for (int node = 0; node < process->nodes; node++) {
		char key[16];

		snprintf(key, sizeof(key), "%d", node);
		if (nodes_has(mapping->nodes, node))
			json_number(json, key, shares[node]);
	}
	json_end(json, '}');
}

static void json_mapping(struct json *json, const struct finding *finding, size_t i)
{
	static const char *const by[] = {
		[BY_POLICY] = "policy", [BY_CPUSET] = "cpuset", [BY_ASKED] = "nodes asked for"
	};
	const struct process *process = &finding->process;
	const struct mapping *mapping = &process->mappings[i];

	json_begin(json, NULL, '{');
	json_address(json, "start", mapping->start);
	json_address(json, "end", mapping->end);
	json_text(json, "permissions", mapping->permissions);
	json_text(json, "name", mapping->name);
	json_text(json, "policy", mapping->policy);
	json_pages(json, process->nodes, mapping->pages);
	json_number(json, "misplaced", mapping->misplaced);
	json_reasons(json, &finding->reasons[i]);
	if (mapping->judged)
		json_text(json, "judged_by", by[mapping->judged_by]);
	else
		json_null(json, "judged_by");
	json_bool(json, "threads_differ", mapping->threads_differ);
	if (policy_spread(mapping->policy) != SPREAD_NONE) {
		json_shares(json, process, mapping);
		json_bool(json, "spread", !mapping->uneven);
	}
	json_end(json, '}');
}

static void json_threads(struct json *json, const struct process *process)
{
	json_number(json, "threads", process->threads);
	json_number(json, "threads_looked_at", process->threads_seen);
	json_begin(json, "thread_policies", '[');
	for (size_t i = 0; i < process->policy_count; i++) {
		json_begin(json, NULL, '{');
		json_text(json, "policy", process->policies[i].text);
		json_number(json, "threads", process->policies[i].threads);
		json_end(json, '}');
	}
	json_end(json, ']');
}

void check_one_json(const struct check *check, const struct finding *finding, FILE *file)
{
	const struct process *process = &finding->process;
	struct json json = { .file = file };
	unsigned long most = mappings_most();
	char *allowed = nodes_print(&process->allowed);

	json_begin(&json, NULL, '{');
	json_number(&json, "pid", (unsigned long)process->pid);
	json_text(&json, "command", process->name);
	json_number(&json, "page_size", (unsigned long)sysconf(_SC_PAGESIZE));
	json_text(&json, "allowed_nodes", allowed);
	json_threads(&json, process);
	json_number(&json, "map_count", process->map_count);
	json_number(&json, "max_map_count", most);
	json_bool(&json, "balanced", finding->balanced);
	json_begin(&json, "mappings", '[');
	for (size_t i = 0; i < process->count; i++)
		if (process->mappings[i].misplaced || !check->misplaced_only)
			json_mapping(&json, finding, i);
	json_end(&json, ']');
	json_begin(&json, "total", '{');
	json_pages(&json, process->nodes, finding->pages);
	json_number(&json, "present", finding->present);
	json_number(&json, "misplaced", finding->misplaced);
	json_reasons(&json, &finding->total);
	json_end(&json, '}');
	json_end(&json, '}');
	free(allowed);
}
