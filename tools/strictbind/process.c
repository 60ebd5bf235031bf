/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "files.h"
#include "table.h"

/* The two files are read one after the other, and a process may map and unmap in between. */
enum { TRIES = 8 };

int pid_argument(const char *text)
{
	return (int)number_argument("PID", text, 1, INT_MAX);
}

static char *file_of(const struct process *process, const char *name, size_t *size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", process->pid, name);
	return file_text(path, size);
}

bool process_exists(int pid)
{
	return kill(pid, 0) == 0 || errno != ESRCH;
}

static _Noreturn void cannot_read(const struct process *process, const char *name, int error)
{
	int pid = process->pid;

	if (access("/proc/self/maps", F_OK) != 0)
		fail(EXIT_SYSTEM, "there is no /proc here (not mounted), which this takes");
	if (!process_exists(pid) || error == ESRCH)
		fail(EXIT_PROCESS, "process %d has ended meanwhile", pid);
	if (error == EACCES || error == EPERM)
		fail(EXIT_PERMISSION,
		     "no permission to look at process %d (takes its user, or CAP_SYS_PTRACE)",
		     pid);
	if (error == ENOENT && access("/proc/self/numa_maps", F_OK) != 0)
		fail(EXIT_SYSTEM,
		     "this kernel has no /proc/PID/numa_maps (built without CONFIG_NUMA?)");
	if (error == ENOENT)
		fail(EXIT_PERMISSION, "process %d is hidden (/proc is mounted with hidepid?)", pid);
	fail(EXIT_FAILED, "/proc/%d/%s: %s", pid, name, strerror(error));
}

void process_fail(const struct process *process, const char *what, int error)
{
	process_check(process);
	if (error == ESRCH)
		fail(EXIT_PROCESS, "process %d has ended meanwhile", process->pid);
	if (error == ENOSYS)
		fail(EXIT_SYSTEM, "%s is refused here: %s (see strictbind probe)", what,
		     strerror(error));
	fail(error == EPERM || error == EACCES ? EXIT_PERMISSION : EXIT_FAILED,
	     "%s: process %d: %s", what, process->pid, strerror(error));
}

/* What /proc/PID/stat tells. */
struct status {
	char name[32];
	unsigned long long started;
	unsigned long memory; /* bytes of address space: 0 for a kernel thread, and near the end */
};

/* False when it is not there, or has ended and nobody has waited for it. */
static bool read_status(const struct process *process, struct status *status)
{
	char *text = file_of(process, "stat", NULL);
	char *open = text ? strchr(text, '(') : NULL;
	char *close = open ? strrchr(open, ')') : NULL;
	char state = 0;
	bool found = false;

	status->name[0] = '\0';
	if (close) {
		*close = '\0';
		snprintf(status->name, sizeof(status->name), "%s", open + 1);
		found = sscanf(close + 1,
			       " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			       "%*s %*s %llu %lu",
			       &state, &status->started, &status->memory) == 3;
	}
	free(text);
	return found && state != 'Z' && state != 'X';
}

void process_open(struct process *process, int pid)
{
	struct status status;

	*process = (struct process){ .pid = pid, .nodes = nodes_limit() };
	if (!process_exists(pid))
		fail(EXIT_PROCESS, "there is no process %d", pid);
	if (!read_status(process, &status)) {
		if (access("/proc/self/stat", F_OK) != 0)
			cannot_read(process, "stat", ENOENT);
		if (status.name[0])
			fail(EXIT_PROCESS, "process %d (%s) has ended", pid,
			     print_harmless(status.name));
		cannot_read(process, "stat", errno);
	}
	memcpy(process->name, status.name, sizeof(process->name));
	process->started = status.started;
	process->has_memory = status.memory != 0;
}

void process_check(const struct process *process)
{
	struct status status;

	if (!process->started)
		return;
	if (!read_status(process, &status) || status.started != process->started ||
	    (process->has_memory && status.memory == 0))
		fail(EXIT_PROCESS, "process %d has ended meanwhile", process->pid);
}

/* ---- maps ---- */

/* Takes the line that ends before the next one; text is cut into its parts. */
static char *read_maps_line(char *text, struct mapping *mapping)
{
	unsigned long inode = 0;
	int length = 0;
	char *next = text + strcspn(text, "\n");

	if (*next)
		*next++ = '\0';
	sscanf(text, "%lx-%lx %4s %*s %*s %lu %n", &mapping->start, &mapping->end,
	       mapping->permissions, &inode, &length);
	mapping->name = length ? text + length : "";
	mapping->file = inode != 0;
	return next;
}

static void read_maps(struct process *process)
{
	size_t room = 0;

	for (char *text = process->maps_text; *text;) {
		struct mapping mapping = { .policy = "" };

		text = read_maps_line(text, &mapping);
		if (process->count == room) {
			room = room ? 2 * room : 256;
			process->mappings = reallocate(process->mappings, room * sizeof(mapping));
		}
		process->mappings[process->count++] = mapping;
	}
}

/* ---- numa_maps ---- */

/* Names of policies with a blank in them. */
static size_t policy_length(const char *text)
{
	static const char *const names[] = { "prefer (many)", "weighted interleave" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strncmp(text, names[i], strlen(names[i])) == 0)
			return strlen(names[i]) + strcspn(text + strlen(names[i]), " \n");
	return strcspn(text, " \n");
}

/* Pages of the vdso and its data are the kernel's: no policy governs them. */
static void read_policy(struct mapping *mapping, char *text)
{
	const char *nodes = strchr(text, ':');

	mapping->policy = text;
	if (nodes)
		nodes_read(nodes + 1, &mapping->nodes);
	mapping->judged = !nodes_empty(&mapping->nodes) && strncmp(mapping->name, "[v", 2) != 0;
}

static void read_word(const struct process *process, struct mapping *mapping, const char *word)
{
	if (word[0] == 'N' && isdigit((unsigned char)word[1])) {
		char *end;
		long node = strtol(word + 1, &end, 10);

		if (*end == '=' && node < process->nodes)
			mapping->pages[node] = strtoul(end + 1, NULL, 10);
	} else if (strncmp(word, "mapmax=", 7) == 0) {
		mapping->sharing = true;
	} else if (strcmp(word, "huge") == 0) {
		mapping->huge = true;
	}
}

/* hugetlb is counted in huge pages, all else in base pages. */
static void finish_mapping(struct mapping *mapping, int nodes)
{
	unsigned long unit = mapping->page_kib * 1024 / (unsigned long)sysconf(_SC_PAGESIZE);

	for (int node = 0; node < nodes; node++) {
		if (unit > 1)
			mapping->pages[node] *= unit;
		mapping->present += mapping->pages[node];
		if (mapping->judged && !nodes_has(&mapping->nodes, node))
			mapping->misplaced += mapping->pages[node];
	}
}

static void read_numa_line(const struct process *process, struct mapping *mapping, char *text)
{
	size_t length = policy_length(text);
	char *rest = text + length;
	char *word;

	if (*rest)
		*rest++ = '\0';
	mapping->pages = allocate((size_t)process->nodes * sizeof(*mapping->pages));
	memset(mapping->pages, 0, (size_t)process->nodes * sizeof(*mapping->pages));
	read_policy(mapping, text);
	while ((word = strsep(&rest, " "))) {
		read_word(process, mapping, word);
		if (strncmp(word, "kernelpagesize_kB=", 18) == 0)
			mapping->page_kib = strtoul(word + 18, NULL, 10);
	}
	finish_mapping(mapping, process->nodes);
}

/* False when a line belongs to no mapping, which has come since. */
static bool read_numa_maps(struct process *process)
{
	size_t at = 0;
	bool all = true;
	char *text = process->numa_text;

	for (char *line; (line = strsep(&text, "\n")) && *line;) {
		char *end;
		unsigned long start = strtoul(line, &end, 16);

		while (at < process->count && process->mappings[at].start < start)
			at++;
		if (at < process->count && process->mappings[at].start == start && *end == ' ')
			read_numa_line(process, &process->mappings[at], end + 1);
		else
			all = false;
	}
	return all;
}

/* Mappings without a line of numa_maps, as that for vsyscall is, have no pages of the process. */
static void drop_unknown(struct process *process)
{
	size_t kept = 0;

	for (size_t i = 0; i < process->count; i++)
		if (process->mappings[i].pages)
			process->mappings[kept++] = process->mappings[i];
	process->count = kept;
}

void process_forget(struct process *process)
{
	for (size_t i = 0; i < process->count; i++)
		free(process->mappings[i].pages);
	free(process->mappings);
	free(process->maps_text);
	free(process->numa_text);
	process->mappings = NULL;
	process->maps_text = process->numa_text = NULL;
	process->count = 0;
}

static bool read_once(struct process *process)
{
	bool all;

	process_forget(process);
	process->numa_text = file_of(process, "numa_maps", NULL);
	if (!process->numa_text)
		cannot_read(process, "numa_maps", errno);
	process->maps_text = file_of(process, "maps", NULL);
	if (!process->maps_text)
		cannot_read(process, "maps", errno);
	process_check(process);
	read_maps(process);
	all = read_numa_maps(process);
	drop_unknown(process);
	return all;
}

void process_read(struct process *process)
{
	for (int i = 0; i < TRIES && !read_once(process); i++)
		;
	if (process->count == 0)
		fail(EXIT_PROCESS,
		     "process %d (%s) has no memory: a kernel thread, or it is ending",
		     process->pid, print_harmless(process->name));
}
