/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* strictbind check --all: a line for each process. */
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "cgroup.h"
#include "check.h"
#include "command.h"
#include "table.h"

/* ---- looking ---- */

static void add_finding(struct survey *survey, const struct finding *finding)
{
	/* The size is doubled at each power of two. */
	if ((survey->count & (survey->count - 1)) == 0)
		survey->findings =
			reallocate(survey->findings,
				   (survey->count ? 2 * survey->count : 1) * sizeof(*finding));
	survey->findings[survey->count++] = *finding;
	survey->present += finding->present;
	survey->misplaced += finding->misplaced;
	for (int i = 0; i < REASONS; i++)
		survey->total.pages[i] += finding->total.pages[i];
}

/* Kernel threads have no memory, and what has ended meanwhile is not missed. */
static void look_at(const struct check *check, struct survey *survey, int pid)
{
	struct finding finding = { 0 };
	enum process_state state;

	/* The command is seen by the one that waits for this. */
	if (pid == getpid())
		return;
	state = process_try_open(&finding.process, pid);
	if (state == PROCESS_FINE)
		state = finding_look(&finding, &check->look);
	if (state == PROCESS_FINE) {
		finding_shorten(&finding);
		add_finding(survey, &finding);
		return;
	}
	survey->refused += state == PROCESS_REFUSED || state == PROCESS_UNTOLD;
	survey->lost += state == PROCESS_LOST;
	finding_forget(&finding);
}

static int compare(const void *a, const void *b)
{
	const struct finding *one = a, *other = b;

	if (one->misplaced != other->misplaced)
		return one->misplaced < other->misplaced ? 1 : -1;
	if (one->present != other->present)
		return one->present < other->present ? 1 : -1;
	return one->process.pid - other->process.pid;
}

static void look_at_all(const struct check *check, struct survey *survey)
{
	DIR *directory = opendir("/proc");
	struct dirent *entry;

	if (!directory || access("/proc/self/stat", F_OK) != 0)
		fail(EXIT_SYSTEM, "there is no /proc here (not mounted), which this takes");
	while ((entry = readdir(directory)))
		if (isdigit((unsigned char)entry->d_name[0]))
			look_at(check, survey, (int)strtol(entry->d_name, NULL, 10));
	closedir(directory);
}

static void look_at_cgroup(const struct check *check, struct survey *survey)
{
	int *pids;
	size_t count = cgroup_processes(check->cgroup, &pids);

	for (size_t i = 0; i < count; i++)
		look_at(check, survey, pids[i]);
	free(pids);
}

/* The only one, as the command with a PID has it. */
static void look_at_one(const struct check *check, struct survey *survey)
{
	struct finding finding = { 0 };
	enum process_state state;

	process_open(&finding.process, check->pid);
	state = finding_look(&finding, &check->look);
	if (state != PROCESS_FINE)
		process_end(&finding.process, state);
	finding_shorten(&finding);
	add_finding(survey, &finding);
}

void survey_make(const struct check *check, struct survey *survey)
{
	*survey = (struct survey){ 0 };
	if (access("/proc/self/numa_maps", F_OK) != 0 && access("/proc/self/stat", F_OK) == 0)
		fail(EXIT_SYSTEM,
		     "this kernel has no /proc/PID/numa_maps (built without CONFIG_NUMA?)");
	if (!check->all)
		look_at_one(check, survey);
	else if (check->cgroup)
		look_at_cgroup(check, survey);
	else
		look_at_all(check, survey);
	if (!survey->count && survey->refused)
		fail(EXIT_PERMISSION,
		     "no permission to look at any of %lu processes (takes their "
		     "user, or CAP_SYS_PTRACE)",
		     survey->refused);
	if (survey->count)
		qsort(survey->findings, survey->count, sizeof(*survey->findings), compare);
}

void survey_forget(struct survey *survey)
{
	for (size_t i = 0; i < survey->count; i++)
		finding_forget(&survey->findings[i]);
	free(survey->findings);
	*survey = (struct survey){ 0 };
}

/* ---- a table ---- */

static const struct finding *find(const struct survey *survey, const struct process *process)
{
	for (size_t i = 0; survey && i < survey->count; i++) {
		const struct process *other = &survey->findings[i].process;

		if (other->pid == process->pid && other->started == process->started)
			return &survey->findings[i];
	}
	return NULL;
}

static void add_share(struct table *table, unsigned long misplaced, unsigned long present)
{
	double share = present ? 100 * (double)misplaced / (double)present : 0;

	/* Some are not to look like none, nor all but a few like all. */
	if (misplaced && share < 1)
		table_text(table, "<1%");
	else
		table_cell(table, "%d%%", (int)share);
}

static void add_columns(const struct survey *before, struct table *table)
{
	table_column(table, "PID", true);
	table_column(table, "PAGES", true);
	table_column(table, "MISPLACED", true);
	table_column(table, "SHARE", true);
	if (before)
		table_column(table, "MOVED", true);
	table_column(table, "MOSTLY", false);
	table_column(table, "COMMAND", false);
}

static unsigned long moved_of(const struct survey *before, const struct finding *finding)
{
	const struct finding *old = find(before, &finding->process);

	return old ? pages_moved(finding->pages, old->pages, finding->process.nodes) : 0;
}

static void add_process(const struct survey *before, struct table *table,
			const struct finding *finding)
{
	char *name = print_harmless(finding->process.name);

	table_number(table, (unsigned long)finding->process.pid);
	table_number(table, finding->present);
	table_number(table, finding->misplaced);
	add_share(table, finding->misplaced, finding->present);
	if (before)
		table_number(table, moved_of(before, finding));
	table_text(table, finding->misplaced ? reason_names[reasons_main(&finding->total)] : "");
	table_text(table, name);
	free(name);
}

static void print_total(const struct check *check, const struct survey *survey, FILE *file)
{
	char *path = check->cgroup ? print_harmless(check->cgroup) : NULL;
	char *where = path ? print_new(" of the cgroup %s", path) : print_new("%s", "");
	char *reasons = print_reasons(&survey->total, survey->misplaced);
	char *text;

	if (survey->misplaced == 0)
		text = print_new("none of %lu pages is misplaced%s", survey->present,
				 check->look.own ? ", but for shared ones" : "");
	else
		text = print_new("%lu of %lu pages misplaced: %s", survey->misplaced,
				 survey->present, reasons);
	print_sentence(file, print_new("%zu process%s%s: %s.", survey->count,
				       survey->count == 1 ? "" : "es", where, text));
	if (survey->refused)
		print_sentence(file, print_new("%lu more could not be looked at (takes their "
					       "user, or CAP_SYS_PTRACE).",
					       survey->refused));
	if (survey->lost)
		print_sentence(file, print_new("%lu more kept the kernel waiting for too long (see "
					       "--patience).",
					       survey->lost));
	free(text);
	free(reasons);
	free(where);
	free(path);
}

static void add_total(const struct survey *survey, const struct survey *before, struct table *table)
{
	unsigned long moved = 0;

	for (size_t i = 0; before && i < survey->count; i++)
		moved += moved_of(before, &survey->findings[i]);
	table_text(table, "total");
	table_number(table, survey->present);
	table_number(table, survey->misplaced);
	add_share(table, survey->misplaced, survey->present);
	if (before)
		table_number(table, moved);
	table_text(table, "");
	table_text(table, "");
}

static void print_table(const struct check *check, const struct survey *survey,
			const struct survey *before, FILE *file)
{
	struct table table = { .cut = "COMMAND" };
	size_t rows = 0;

	add_columns(before, &table);
	/* On a screen there may be no room for what comes last. */
	if (check->watch)
		add_total(survey, before, &table);
	for (size_t i = 0; i < survey->count && (!check->rows || rows < check->rows); i++)
		if (survey->findings[i].misplaced || !check->misplaced_only) {
			add_process(before, &table, &survey->findings[i]);
			rows++;
		}
	if (!check->watch)
		add_total(survey, before, &table);
	table_print(&table, file);
}

void survey_print(const struct check *check, const struct survey *survey, FILE *file)
{
	print_table(check, survey, NULL, file);
	fputc('\n', file);
	print_total(check, survey, file);
}

void survey_watch(const struct check *check, const struct survey *survey,
		  const struct survey *before, FILE *file)
{
	print_total(check, survey, file);
	fputc('\n', file);
	print_table(check, survey, before, file);
}

/* ---- JSON ---- */

static void json_finding(struct json *json, const struct finding *finding)
{
	char *cgroup = cgroup_of(finding->process.pid);

	json_begin(json, NULL, '{');
	json_number(json, "pid", (unsigned long)finding->process.pid);
	json_text(json, "command", finding->process.name);
	if (cgroup)
		json_text(json, "cgroup", cgroup);
	else
		json_null(json, "cgroup");
	json_pages(json, finding->process.nodes, finding->pages);
	json_number(json, "present", finding->present);
	json_number(json, "misplaced", finding->misplaced);
	json_reasons(json, &finding->total);
	json_number(json, "map_count", finding->process.map_count);
	json_bool(json, "balanced", finding->balanced);
	json_number(json, "not_spread", finding->uneven);
	json_end(json, '}');
	free(cgroup);
}

void survey_json(const struct check *check, const struct survey *survey, FILE *file)
{
	struct json json = { .file = file };

	json_begin(&json, NULL, '{');
	json_number(&json, "page_size", (unsigned long)sysconf(_SC_PAGESIZE));
	json_number(&json, "max_map_count", mappings_most());
	json_begin(&json, "processes", '[');
	for (size_t i = 0; i < survey->count; i++)
		if (survey->findings[i].misplaced || !check->misplaced_only)
			json_finding(&json, &survey->findings[i]);
	json_end(&json, ']');
	json_number(&json, "not_permitted", survey->refused);
	json_number(&json, "no_answer", survey->lost);
	json_begin(&json, "total", '{');
	json_number(&json, "processes", survey->count);
	json_number(&json, "present", survey->present);
	json_number(&json, "misplaced", survey->misplaced);
	json_reasons(&json, &survey->total);
	json_end(&json, '}');
	json_end(&json, '}');
}
