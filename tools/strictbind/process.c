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

char *process_file(int pid, const char *name)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return file_text(path, NULL);
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
	unsigned long threads;
	unsigned long long started;
	unsigned long memory; /* bytes of address space: 0 for a kernel thread, and near the end */
};

/* False when it is not there, or has ended and nobody has waited for it. */
static bool read_status(const struct process *process, struct status *status)
{
	char *text = process_file(process->pid, "stat");
	char *open = text ? strchr(text, '(') : NULL;
	char *close = open ? strrchr(open, ')') : NULL;
	char state = 0;
	bool found = false;

	status->name[0] = '\0';
	if (close) {
		*close = '\0';
		snprintf(status->name, sizeof(status->name), "%s", open + 1);
		found = sscanf(close + 1,
			       " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu "
			       "%*s %llu %lu",
			       &state, &status->threads, &status->started, &status->memory) == 4;
	}
	free(text);
	return found && state != 'Z' && state != 'X';
}

static void take_status(struct process *process, const struct status *status)
{
	memcpy(process->name, status->name, sizeof(process->name));
	process->threads = status->threads;
	process->started = status->started;
	process->has_memory = status->memory != 0;
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
	take_status(process, &status);
}

enum process_state process_try_open(struct process *process, int pid)
{
	struct status status;

	*process = (struct process){ .pid = pid, .nodes = nodes_limit() };
	if (!read_status(process, &status))
		return PROCESS_GONE;
	take_status(process, &status);
	return process->has_memory ? PROCESS_FINE : PROCESS_EMPTY;
}

bool process_lives(const struct process *process)
{
	struct status status;

	return !process->started ||
	       (read_status(process, &status) && status.started == process->started &&
		(!process->has_memory || status.memory != 0));
}

void process_check(const struct process *process)
{
	if (!process_lives(process))
		fail(EXIT_PROCESS, "process %d has ended meanwhile", process->pid);
}

/* ---- maps ---- */

/* Behind the next field and the blanks behind that. */
static char *next_field(char *text)
{
	text += strcspn(text, " \n");
	return text + strspn(text, " ");
}

/* Takes the line that ends before the next one; text is cut into its parts. */
static char *read_maps_line(char *text, struct mapping *mapping)
{
	char *next = strchr(text, '\n');

	if (next)
		*next++ = '\0';
	else
		next = text + strlen(text);
	mapping->start = strtoul(text, &text, 16);
	if (*text == '-')
		mapping->end = strtoul(text + 1, &text, 16);
	text += *text == ' ';
	for (size_t i = 0; i < sizeof(mapping->permissions) - 1 && *text > ' '; i++)
		mapping->permissions[i] = *text++;
	/* The offset and the device come before the inode. */
	text = next_field(next_field(next_field(text)));
	mapping->file = *text != '0';
	mapping->name = next_field(text);
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

/* ---- policies ---- */

/* Names of policies with a blank in them. */
static const char many[] = "prefer (many)", weighted[] = "weighted interleave";

static bool begins(const char *text, const char *beginning)
{
	return strncmp(text, beginning, strlen(beginning)) == 0;
}

size_t policy_length(const char *text)
{
	size_t name = begins(text, many)       ? sizeof(many) - 1
		      : begins(text, weighted) ? sizeof(weighted) - 1
					       : 0;

	return name + strcspn(text + name, " \n");
}

struct nodes policy_nodes(const char *text)
{
	struct nodes nodes = { 0 };
	const char *colon = strchr(text, ':');

	if (colon)
		nodes_read(colon + 1, &nodes);
	return nodes;
}

enum spread policy_spread(const char *text)
{
	return begins(text, "interleave") ? SPREAD_EVEN
	       : begins(text, weighted)	  ? SPREAD_WEIGHTED
					  : SPREAD_NONE;
}

/* Before 6.13 the kernel marks it with a '=' and no word behind. */
bool policy_is_balanced(const char *text)
{
	return begins(text, "default") || strstr(text, "balancing") || strstr(text, "=:");
}

/* ---- numa_maps ---- */

static void read_word(const struct process *process, struct mapping *mapping, const char *word)
{
	if (word[0] == 'N' && isdigit((unsigned char)word[1])) {
		char *end;
		long node = strtol(word + 1, &end, 10);

		if (*end == '=' && node < process->nodes)
			mapping->pages[node] = strtoul(end + 1, NULL, 10);
	} else if (begins(word, "anon=")) {
		mapping->anonymous = strtoul(word + 5, NULL, 10);
	} else if (begins(word, "mapmax=")) {
		mapping->sharing = true;
	} else if (begins(word, "kernelpagesize_kB=")) {
		mapping->page_kib = strtoul(word + 18, NULL, 10);
	} else if (strcmp(word, "huge") == 0) {
		mapping->huge = true;
	}
}

/* hugetlb is counted in huge pages, all else in base pages. */
static void finish_mapping(struct mapping *mapping, int nodes)
{
	static unsigned long page;
	unsigned long unit;

	if (!page)
		page = (unsigned long)sysconf(_SC_PAGESIZE);
	unit = mapping->page_kib * 1024 / page;
	for (int node = 0; node < nodes; node++) {
		if (unit > 1)
			mapping->pages[node] *= unit;
		mapping->present += mapping->pages[node];
	}
	if (unit > 1)
		mapping->anonymous *= unit;
}

static void read_numa_line(const struct process *process, struct mapping *mapping, char *text)
{
	char *rest = text + policy_length(text);
	char *word;

	if (*rest)
		*rest++ = '\0';
	mapping->pages = process->pages_store +
			 (size_t)(mapping - process->mappings) * (size_t)process->nodes;
	mapping->policy = text;
	mapping->nodes = policy_nodes(text);
	while ((word = strsep(&rest, " ")))
		read_word(process, mapping, word);
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

	for (size_t i = 0; i < process->count; i++) {
		process->map_count += strcmp(process->mappings[i].name, "[vsyscall]") != 0;
		if (process->mappings[i].pages)
			process->mappings[kept++] = process->mappings[i];
	}
	process->count = kept;
}

void process_forget(struct process *process)
{
	for (size_t i = 0; i < process->policy_count; i++)
		free(process->policies[i].text);
	free(process->policies);
	free(process->mappings);
	free(process->pages_store);
	free(process->maps_text);
	free(process->numa_text);
	process->policies = NULL;
	process->mappings = NULL;
	process->pages_store = NULL;
	process->thread_policy = NULL;
	process->maps_text = process->numa_text = NULL;
	process->policy_count = process->count = process->map_count = 0;
	process->threads_seen = 0;
	process->allowed = (struct nodes){ 0 };
}

static char *read_file(struct process *process, const char *name)
{
	char *text = process_file(process->pid, name);

	process->bad_file = name;
	process->error = text ? 0 : errno;
	return text;
}

static enum process_state state_of_error(const struct process *process)
{
	if (process->error == ESRCH || !process_exists(process->pid))
		return PROCESS_GONE;
	return process->error == EACCES || process->error == EPERM ? PROCESS_REFUSED
								   : PROCESS_UNTOLD;
}

/* *all: no mapping has come between the one file and the other. */
static enum process_state read_once(struct process *process, bool *all)
{
	process_forget(process);
	process->numa_text = read_file(process, "numa_maps");
	if (!process->numa_text)
		return state_of_error(process);
	process->maps_text = read_file(process, "maps");
	if (!process->maps_text)
		return state_of_error(process);
	if (!process_lives(process))
		return PROCESS_GONE;
	read_maps(process);
	process->pages_store =
		calloc(process->count * (size_t)process->nodes + 1, sizeof(*process->pages_store));
	if (!process->pages_store)
		fail(EXIT_FAILED, "no memory");
	*all = read_numa_maps(process);
	drop_unknown(process);
	return process->count ? PROCESS_FINE : PROCESS_EMPTY;
}

enum process_state process_try_read(struct process *process)
{
	enum process_state state = PROCESS_FINE;
	bool all = false;

	for (int i = 0; i < TRIES && !all && (state == PROCESS_FINE || state == PROCESS_EMPTY); i++)
		state = read_once(process, &all);
	return state;
}

void process_end(const struct process *process, enum process_state state)
{
	if (state == PROCESS_EMPTY)
		fail(EXIT_PROCESS,
		     "process %d (%s) has no memory: a kernel thread, or it is ending",
		     process->pid, print_harmless(process->name));
	if (state == PROCESS_GONE)
		fail(EXIT_PROCESS, "process %d has ended meanwhile", process->pid);
	cannot_read(process, process->bad_file, process->error);
}

void process_read(struct process *process)
{
	enum process_state state = process_try_read(process);

	if (state != PROCESS_FINE)
		process_end(process, state);
}

const char *mapping_policy(const struct mapping *mapping)
{
	return mapping->threads_differ ? "by thread" : mapping->policy;
}

struct mapping *process_mapping(const struct process *process, unsigned long address)
{
	size_t low = 0, high = process->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct mapping *mapping = &process->mappings[middle];

		if (address < mapping->start)
			high = middle;
		else if (address >= mapping->end)
			low = middle + 1;
		else
			return mapping;
	}
	return NULL;
}
