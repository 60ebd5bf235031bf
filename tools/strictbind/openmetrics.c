/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* strictbind check --openmetrics: for the textfile collector of node exporters. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "check.h"
#include "command.h"
#include "text.h"

/* The memory of the processes of one cgroup. */
struct group {
	char *path;
	struct reasons reasons;
	unsigned long present;
};

struct groups {
	struct group *list;
	size_t count;
};

static struct group *group_of(struct groups *groups, const char *path)
{
	for (size_t i = 0; i < groups->count; i++)
		if (strcmp(groups->list[i].path, path) == 0)
			return &groups->list[i];
	groups->list = reallocate(groups->list, (groups->count + 1) * sizeof(*groups->list));
	groups->list[groups->count] = (struct group){ .path = print_new("%s", path) };
	return &groups->list[groups->count++];
}

static struct groups find_groups(const struct survey *survey)
{
	struct groups groups = { 0 };

	for (size_t i = 0; i < survey->count; i++) {
		const struct finding *finding = &survey->findings[i];
		char *path = cgroup_of(finding->process.pid);
		struct group *group;

		/* It has ended since, or this kernel has none. */
		if (!path)
			continue;
		group = group_of(&groups, path);
		group->present += finding->present;
		for (int reason = 0; reason < REASONS; reason++)
			group->reasons.pages[reason] += finding->total.pages[reason];
		free(path);
	}
	return groups;
}

/* ---- text ---- */

static void family(FILE *file, const char *name, const char *unit, const char *help)
{
	fprintf(file, "# TYPE %s gauge\n", name);
	if (unit)
		fprintf(file, "# UNIT %s %s\n", name, unit);
	fprintf(file, "# HELP %s %s\n", name, help);
}

/* A value is UTF-8, with a backslash before what would end it. */
static void label(FILE *file, const char *before, const char *name, const char *value)
{
	fprintf(file, "%s%s=\"", before, name);
	while (*value) {
		int length = utf8_length(value);

		if (length > 1) {
			fwrite(value, 1, (size_t)length, file);
			value += length;
			continue;
		}
		if (*value == '\\' || *value == '"')
			fprintf(file, "\\%c", *value);
		else if (*value == '\n')
			fputs("\\n", file);
		else if (length)
			fputc(*value, file);
		else
			/* The sign for a character that could not be read. */
			fputs("\357\277\275", file);
		value++;
	}
	fputc('"', file);
}

static void bytes(FILE *file, unsigned long pages)
{
	fprintf(file, "} %lu\n", pages * (unsigned long)sysconf(_SC_PAGESIZE));
}

static void process_labels(FILE *file, const char *name, const struct finding *finding)
{
	fprintf(file, "%s{pid=\"%d\"", name, finding->process.pid);
	label(file, ",", "command", finding->process.name);
}

static void print_processes(const struct survey *survey, FILE *file)
{
	static const char present[] = "strictbind_process_present_bytes";
	static const char misplaced[] = "strictbind_process_misplaced_bytes";

	family(file, present, "bytes", "Memory that the process has present on all nodes.");
	for (size_t i = 0; i < survey->count; i++) {
		process_labels(file, present, &survey->findings[i]);
		bytes(file, survey->findings[i].present);
	}
	family(file, misplaced, "bytes",
	       "Memory of the process that is not on the nodes where it belongs, by reason.");
	for (size_t i = 0; i < survey->count; i++)
		for (int reason = 0; reason < REASONS; reason++) {
			if (!survey->findings[i].total.pages[reason])
				continue;
			process_labels(file, misplaced, &survey->findings[i]);
			label(file, ",", "reason", reason_names[reason]);
			bytes(file, survey->findings[i].total.pages[reason]);
		}
}

static void print_groups(const struct groups *groups, FILE *file)
{
	static const char present[] = "strictbind_cgroup_present_bytes";
	static const char misplaced[] = "strictbind_cgroup_misplaced_bytes";

	family(file, present, "bytes",
	       "Memory that the processes of the cgroup have present on all nodes.");
	for (size_t i = 0; i < groups->count; i++) {
		label(file, "strictbind_cgroup_present_bytes{", "cgroup", groups->list[i].path);
		bytes(file, groups->list[i].present);
	}
	family(file, misplaced, "bytes",
	       "Memory of the processes of the cgroup that is not on the nodes where it belongs, "
	       "by reason.");
	for (size_t i = 0; i < groups->count; i++)
		for (int reason = 0; reason < REASONS; reason++) {
			if (!groups->list[i].reasons.pages[reason])
				continue;
			label(file, "strictbind_cgroup_misplaced_bytes{", "cgroup",
			      groups->list[i].path);
			label(file, ",", "reason", reason_names[reason]);
			bytes(file, groups->list[i].reasons.pages[reason]);
		}
}

/* Every reason has a value, so that a rate or an alert does not miss one that comes up. */
static void print_all(const struct survey *survey, FILE *file)
{
	family(file, "strictbind_present_bytes", "bytes",
	       "Memory that all processes looked at have present, shared memory once for each.");
	fprintf(file, "strictbind_present_bytes %lu\n",
		survey->present * (unsigned long)sysconf(_SC_PAGESIZE));
	family(file, "strictbind_misplaced_bytes", "bytes",
	       "Memory of all processes looked at that is not on the nodes where it belongs, by "
	       "reason.");
	for (int reason = 0; reason < REASONS; reason++) {
		label(file, "strictbind_misplaced_bytes{", "reason", reason_names[reason]);
		bytes(file, survey->total.pages[reason]);
	}
	family(file, "strictbind_processes", NULL,
	       "Processes that were looked at, and those that could not be.");
	fprintf(file, "strictbind_processes{looked_at=\"yes\"} %zu\n", survey->count);
	fprintf(file, "strictbind_processes{looked_at=\"no\"} %lu\n",
		survey->refused + survey->lost);
}

void survey_openmetrics(const struct survey *survey, FILE *file)
{
	struct groups groups = find_groups(survey);

	print_all(survey, file);
	print_groups(&groups, file);
	print_processes(survey, file);
	fputs("# EOF\n", file);
	for (size_t i = 0; i < groups.count; i++)
		free(groups.list[i].path);
	free(groups.list);
}
