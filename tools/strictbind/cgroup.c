/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "files.h"
#include "process.h"
#include "table.h"

struct list {
	int *pids;
	size_t count;
};

/* ---- where it is ---- */

static bool is_cgroup(const char *directory)
{
	char *path = print_new("%s/cgroup.procs", directory);
	bool is = access(path, F_OK) == 0;

	free(path);
	return is;
}

/* Takes the next line of mountinfo apart: where it is mounted, and whether it is of cgroups. */
static const char *mount_point(char *line, int *version)
{
	char *type = strstr(line, " - ");
	char *point = line;

	*version = !type				   ? 0
		   : strncmp(type, " - cgroup2 ", 11) == 0 ? 2
		   : strncmp(type, " - cgroup ", 10) == 0  ? 1
							   : 0;
	for (int i = 0; i < 4; i++) {
		point = strchr(point, ' ');
		if (!point)
			return NULL;
		point++;
	}
	point[strcspn(point, " ")] = '\0';
	return point;
}

/* A cgroup of one hierarchy may be there in others, too: the second version's first. */
static char *find_mounted(const char *path)
{
	char *text = file_text("/proc/self/mountinfo", NULL);
	char *found = NULL, *rest = text;
	int best = 0;

	for (char *line; rest && (line = strsep(&rest, "\n"));) {
		int version;
		const char *point = mount_point(line, &version);
		char *directory;

		if (!point || version <= best)
			continue;
		directory = print_new("%s/%s", point, path);
		if (is_cgroup(directory)) {
			free(found);
			found = directory;
			best = version;
		} else {
			free(directory);
		}
	}
	free(text);
	return found;
}

static char *find_cgroup(const char *path)
{
	char *found = is_cgroup(path) ? print_new("%s", path) : find_mounted(path);

	if (!found)
		fail(EXIT_USAGE, "--cgroup: there is no cgroup '%s'", print_harmless(path));
	return found;
}

/* ---- what is in it ---- */

static void add_pids(struct list *list, char *text)
{
	for (char *line; (line = strsep(&text, "\n"));) {
		int pid = (int)strtol(line, NULL, 10);

		if (pid <= 0)
			continue;
		list->pids = reallocate(list->pids, (list->count + 1) * sizeof(*list->pids));
		list->pids[list->count++] = pid;
	}
}

static void add_directory(struct list *list, const char *directory)
{
	char *path = print_new("%s/cgroup.procs", directory);
	char *text = file_text(path, NULL);
	struct dirent *entry;
	DIR *below;

	free(path);
	/* In a threaded cgroup its processes are not told, and those of the parent have them. */
	if (text)
		add_pids(list, text);
	free(text);
	below = opendir(directory);
	while (below && (entry = readdir(below))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		path = print_new("%s/%s", directory, entry->d_name);
		add_directory(list, path);
		free(path);
	}
	if (below)
		closedir(below);
}

static int compare(const void *a, const void *b)
{
	int one = *(const int *)a, other = *(const int *)b;

	return (one > other) - (one < other);
}

size_t cgroup_processes(const char *path, int **pids)
{
	char *directory = find_cgroup(path);
	struct list list = { 0 };
	size_t kept = 0;

	add_directory(&list, directory);
	free(directory);
	if (list.count)
		qsort(list.pids, list.count, sizeof(*list.pids), compare);
	/* One that has moved meanwhile is there twice. */
	for (size_t i = 0; i < list.count; i++)
		if (i == 0 || list.pids[i] != list.pids[kept - 1])
			list.pids[kept++] = list.pids[i];
	*pids = list.pids;
	return kept;
}

/* ---- of a process ---- */

/* "7:memory:/path" or "0::/path": how well it says who accounts for memory. */
static int rank(const char *line)
{
	const char *controllers = strchr(line, ':');

	if (!controllers)
		return 0;
	controllers++;
	if (strncmp(controllers, "memory:", 7) == 0)
		return 3;
	return *controllers == ':' ? 2 : 1;
}

char *cgroup_of(int pid)
{
	char *text = process_file(pid, "cgroup");
	char *found = NULL, *rest = text;
	int best = 0;

	for (char *line; rest && (line = strsep(&rest, "\n"));) {
		const char *path = strchr(line, '/');

		if (!path || rank(line) <= best)
			continue;
		best = rank(line);
		free(found);
		found = print_new("%s", path);
	}
	free(text);
	return found;
}
