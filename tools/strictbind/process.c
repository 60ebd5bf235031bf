/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "files.h"
#include "patience.h"
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
	if (error == ENOTSUP)
		fail(EXIT_SYSTEM, "/proc/%d/%s is not the kernel's: something is mounted over it",
		     pid, name);
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
	patience_with(pid);
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
	if (patience_is_lost(pid))
		return PROCESS_LOST;
	patience_with(pid);
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

/* ---- memory ---- */

static void *pool_add(struct pool *pool, void *item)
{
	/* The size is doubled at each power of two. */
	if ((pool->count & (pool->count - 1)) == 0)
		pool->items =
			reallocate(pool->items, (pool->count ? 2 * pool->count : 1) * sizeof(item));
	pool->items[pool->count++] = item;
	return item;
}

static void pool_empty(struct pool *pool)
{
	for (size_t i = 0; i < pool->count; i++)
		free(pool->items[i]);
	free(pool->items);
	*pool = (struct pool){ 0 };
}

/* Only the last ones are looked through. */
enum { SETS_COMPARED = 16 };

const struct nodes *process_set(struct process *process, const struct nodes *nodes)
{
	struct pool *sets = &process->sets;
	struct nodes *set;

	for (size_t i = sets->count; i-- > 0 && sets->count - i <= SETS_COMPARED;)
		if (memcmp(sets->items[i], nodes, sizeof(*nodes)) == 0)
			return sets->items[i];
	set = allocate(sizeof(*set));
	*set = *nodes;
	return pool_add(sets, set);
}

/* ---- lines ---- */

/* A file that is read piece by piece: the kernel gives no more than a page at once anyway. */
struct lines {
	int fd;
	int error;
	size_t at;
	size_t end;
	char text[64 * 1024];
};

static bool lines_open(struct lines *lines, int pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	lines->fd = kernel_file(path);
	lines->error = lines->fd < 0 ? errno : 0;
	lines->at = lines->end = 0;
	return lines->fd >= 0;
}

static void lines_close(const struct lines *lines)
{
	if (lines->fd >= 0)
		close(lines->fd);
}

/* The next line, ended with a zero byte instead of its own end, or NULL. */
static char *lines_next(struct lines *lines)
{
	size_t looked = lines->at;

	for (;;) {
		char *begin = lines->text + lines->at;
		char *end = memchr(lines->text + looked, '\n', lines->end - looked);
		ssize_t got;

		if (end) {
			*end = '\0';
			lines->at = (size_t)(end - lines->text) + 1;
			return begin;
		}
		memmove(lines->text, begin, lines->end - lines->at);
		looked = lines->end -= lines->at;
		lines->at = 0;
		got = read(lines->fd, lines->text + lines->end, sizeof(lines->text) - lines->end);
		if (got < 0)
			lines->error = errno;
		if (got <= 0)
			return NULL;
		lines->end += (size_t)got;
	}
}

/* libc's functions for numbers are slow, and there may be very many mappings. */
static unsigned long decimal(const char *text, const char **end)
{
	unsigned long value = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		value = 10 * value + (unsigned long)(*text - '0');
	*end = text;
	return value;
}

static unsigned long hexadecimal(const char *text, const char **end)
{
	/* One more than the value of a digit. */
	static const unsigned char digits[256] = {
		['0'] = 1,  ['1'] = 2,	['2'] = 3,  ['3'] = 4,	['4'] = 5,  ['5'] = 6,
		['6'] = 7,  ['7'] = 8,	['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
		['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
	};
	unsigned long value = 0;
	unsigned digit;

	while ((digit = digits[(unsigned char)*text])) {
		value = 16 * value + digit - 1;
		text++;
	}
	*end = text;
	return value;
}

/* Behind the next field and the blanks behind that. Most of the text is looked at here only. */
static const char *next_field(const char *text)
{
	static const bool ends[256] = { ['\0'] = true, [' '] = true };

	while (!ends[(unsigned char)*text])
		text++;
	while (*text == ' ')
		text++;
	return text;
}

/* ---- maps ---- */

/* Neighbours are often parts of one file, or of none. */
static const char *keep_name(struct process *process, const char *name)
{
	static const char none[] = "";
	size_t size;

	if (!*name)
		return none;
	if (process->count && strcmp(process->mappings[process->count - 1].name, name) == 0)
		return process->mappings[process->count - 1].name;
	size = strlen(name) + 1;
	return pool_add(&process->kept, memcpy(allocate(size), name, size));
}

static void read_maps_line(struct process *process, const char *text, struct mapping *mapping)
{
	static const char of_no_file[] = " 00000000 00:00 0 ";

	mapping->start = hexadecimal(text, &text);
	if (*text == '-')
		mapping->end = hexadecimal(text + 1, &text);
	text += *text == ' ';
	for (size_t i = 0; i < sizeof(mapping->permissions) - 1 && *text && *text != ' '; i++)
		mapping->permissions[i] = *text++;
	/* Most are of no file. */
	if (strncmp(text, of_no_file, sizeof(of_no_file) - 1) == 0) {
		mapping->name = keep_name(process, next_field(text + sizeof(of_no_file) - 1));
		return;
	}
	/* The offset and the device come before the inode. */
	text = next_field(next_field(next_field(text)));
	mapping->file = *text != '0';
	mapping->name = keep_name(process, next_field(text));
}

/* ---- policies ---- */

/* Names of policies with a blank in them. */
static const char many[] = "prefer (many)", weighted[] = "weighted interleave";

/* Most do not, and differ in their first letter already. */
static bool begins(const char *text, const char *beginning)
{
	return *text == *beginning && strncmp(text, beginning, strlen(beginning)) == 0;
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

enum { CHUNK = 1024 };

/* Zeros for each node. */
static unsigned long *add_pages(struct process *process)
{
	size_t at = process->count % CHUNK;
	size_t nodes = (size_t)process->nodes;

	if (at == 0) {
		/* Where it is not known how many nodes there are most of it is never touched. */
		process->pages_left = calloc(CHUNK * nodes, sizeof(*process->pages_left));
		if (!process->pages_left)
			fail(EXIT_FAILED, "no memory");
		pool_add(&process->kept, process->pages_left);
	}
	return process->pages_left + at * nodes;
}

static void read_word(const struct process *process, struct mapping *mapping, const char *word)
{
	if (word[0] == 'N' && isdigit((unsigned char)word[1])) {
		unsigned long node = decimal(&word[1], &word);

		if (*word == '=' && node < (unsigned long)process->nodes)
			mapping->pages[node] = decimal(word + 1, &word);
	} else if (word[0] == 'a' && begins(word, "anon=")) {
		mapping->anonymous = decimal(word + 5, &word);
	} else if (word[0] == 'm' && begins(word, "mapmax=")) {
		mapping->sharing = true;
	} else if (word[0] == 'k' && begins(word, "kernelpagesize_kB=")) {
		mapping->page_kib = decimal(word + 18, &word);
	} else if (word[0] == 'h' && begins(word, "huge") && (!word[4] || word[4] == ' ')) {
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

/* What is behind this policy in a line; NULL if the line has another. */
static const char *behind_policy(const char *text, const char *policy)
{
	while (*policy && *text == *policy)
		text++, policy++;
	return !*policy && (!*text || (*text == ' ' && text[1] != '(')) ? text : NULL;
}

/* Mappings mostly have the policy of one of the two before. Returns what is behind it. */
static const char *take_policy(struct process *process, struct mapping *mapping, const char *text)
{
	struct nodes nodes;
	size_t length;
	char *policy;

	for (size_t i = process->count; i-- > 0 && process->count - i <= 2;) {
		const struct mapping *before = &process->mappings[i];
		const char *behind = behind_policy(text, before->policy);

		if (behind) {
			mapping->policy = before->policy;
			mapping->nodes = before->nodes;
			return behind;
		}
	}
	length = policy_length(text);
	policy = memcpy(allocate(length + 1), text, length);
	policy[length] = '\0';
	mapping->policy = pool_add(&process->kept, policy);
	nodes = policy_nodes(policy);
	mapping->nodes = process_set(process, &nodes);
	return text + length;
}

static void read_numa_line(struct process *process, struct mapping *mapping, const char *text)
{
	mapping->pages = add_pages(process);
	text = take_policy(process, mapping, text);
	while (*(text = next_field(text)))
		read_word(process, mapping, text);
	finish_mapping(mapping, process->nodes);
}

/* Behind the last one, which it does not belong to yet. */
static struct mapping *new_mapping(struct process *process)
{
	struct mapping *mapping;

	/* The size is doubled at each power of two. */
	if ((process->count & (process->count - 1)) == 0)
		process->mappings =
			reallocate(process->mappings,
				   (process->count ? 2 * process->count : 1) * sizeof(*mapping));
	mapping = &process->mappings[process->count];
	*mapping = (struct mapping){ .policy = "" };
	return mapping;
}

/* The program's own file is mostly the first of these. */
static void add_mapping(struct process *process, const struct mapping *mapping)
{
	if (!process->has_file && mapping->name[0] == '/' && mapping->permissions[1] == '-' &&
	    mapping->permissions[3] == 'p') {
		process->has_file = true;
		process->file = process->count;
	}
	process->present += mapping->present;
	process->count++;
}

void process_forget(struct process *process)
{
	for (size_t i = 0; i < process->policy_count; i++)
		free(process->policies[i].text);
	free(process->policies);
	free(process->mappings);
	pool_empty(&process->kept);
	pool_empty(&process->sets);
	process->policies = NULL;
	process->mappings = NULL;
	process->thread_policy = NULL;
	process->policy_count = process->count = process->map_count = 0;
	process->threads_seen = 0;
	process->has_file = false;
	process->present = process->misplaced = 0;
	process->huge_found = false;
	process->allowed = (struct nodes){ 0 };
}

/*
 * Both files at once, line by line. A mapping without a line of numa_maps, as that for vsyscall is,
 * has no pages of the process. False when it is the other way round: then it has come since.
 */
static bool read_lines(struct process *process, struct lines *maps, struct lines *numa)
{
	const char *numa_line = lines_next(numa), *rest = "";
	unsigned long start = numa_line ? hexadecimal(numa_line, &rest) : 0;
	bool all = true;

	for (const char *line; (line = lines_next(maps));) {
		struct mapping *mapping = new_mapping(process);

		read_maps_line(process, line, mapping);
		process->map_count += !begins(mapping->name, "[vsyscall]");
		while (numa_line && start < mapping->start) {
			all = false;
			numa_line = lines_next(numa);
			start = numa_line ? hexadecimal(numa_line, &rest) : 0;
		}
		if (!numa_line || start != mapping->start || *rest != ' ')
			continue;
		read_numa_line(process, mapping, rest + 1);
		add_mapping(process, mapping);
		numa_line = lines_next(numa);
		start = numa_line ? hexadecimal(numa_line, &rest) : 0;
	}
	return all && !numa_line;
}

static enum process_state state_of_error(const struct process *process)
{
	if (process->error == ESRCH || !process_exists(process->pid))
		return PROCESS_GONE;
	return process->error == EACCES || process->error == EPERM ? PROCESS_REFUSED
								   : PROCESS_UNTOLD;
}

/* What is wrong with a file, if anything is. */
static enum process_state state_of(struct process *process, const struct lines *lines,
				   const char *name)
{
	if (!lines->error)
		return PROCESS_FINE;
	process->bad_file = name;
	process->error = lines->error;
	return state_of_error(process);
}

/* *all: no mapping has come between the one file and the other. */
static enum process_state read_once(struct process *process, bool *all)
{
	static struct lines maps, numa;
	enum process_state state;

	process_forget(process);
	maps.fd = -1;
	maps.error = 0;
	if (lines_open(&numa, process->pid, "numa_maps") && lines_open(&maps, process->pid, "maps"))
		*all = read_lines(process, &maps, &numa);
	lines_close(&numa);
	lines_close(&maps);
	state = state_of(process, &numa, "numa_maps");
	if (state == PROCESS_FINE)
		state = state_of(process, &maps, "maps");
	if (state != PROCESS_FINE)
		return state;
	if (!process_lives(process))
		return PROCESS_GONE;
	return process->count ? PROCESS_FINE : PROCESS_EMPTY;
}

/* Lines of smaps are a mapping, as in maps, or KEY: NUMBER kB. */
static void read_smaps_line(const struct process *process, const char *line,
			    struct mapping **mapping)
{
	static const char *const keys[] = { "AnonHugePages:", "ShmemPmdMapped:", "FilePmdMapped:" };
	const char *rest;
	unsigned long start;

	if (*line < 'A' || *line > 'Z') {
		start = hexadecimal(line, &rest);
		*mapping = *rest == '-' ? process_mapping(process, start) : NULL;
		if (*mapping)
			(*mapping)->huge_mapped = false;
		return;
	}
	for (size_t i = 0; *mapping && i < sizeof(keys) / sizeof(*keys); i++)
		if (begins(line, keys[i]))
			(*mapping)->huge_mapped |= decimal(next_field(line), &rest) > 0;
}

void process_find_huge(struct process *process)
{
	static struct lines smaps;
	struct mapping *mapping = NULL;

	if (process->huge_found)
		return;
	process->huge_found = true;
	for (size_t i = 0; i < process->count; i++)
		process->mappings[i].huge_mapped = true;
	if (lines_open(&smaps, process->pid, "smaps"))
		for (const char *line; (line = lines_next(&smaps));)
			read_smaps_line(process, line, &mapping);
	lines_close(&smaps);
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
