/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A mapping without a policy of its own has that of the thread which puts pages there, and a
 * thread's numa_maps shows its own policy for all of these. No file tells the two kinds of mappings
 * apart. So:
 *
 * - The program's own file is mapped without a policy, by all but the strangest programs, and as
 * one of the lowest mappings. Its line in a thread's numa_maps tells the policy of that thread, and
 * to read the lines before it and this one takes a few microseconds.
 * - Only where threads differ in that is all of numa_maps read once more, for one thread of another
 *   policy than the first has. What is the same in both is the mapping's own.
 */
#include "threads.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "files.h"

/* The kernel makes as many lines as fill what is read, and as many bytes may go before the file's.
 */
enum { PIECE = 512, BEFORE_MOST = 64 * 1024 };

/* Of another policy than the first thread, or 0. */
struct threads {
	struct process *process;
	const struct mapping *file;
	int other;
};

/* A new string with the policy in the line for this address; NULL when it is not there. */
static char *find_policy(char *text, unsigned long address)
{
	char *end, *next;

	for (char *line = text; line && *line; line = next ? next + 1 : NULL) {
		next = strchr(line, '\n');
		if (strtoul(line, &end, 16) == address && *end == ' ' && strchr(end, '\n'))
			return print_new("%.*s", (int)policy_length(end + 1), end + 1);
	}
	return NULL;
}

static char *read_policy(int pid, int thread, unsigned long address)
{
	static char text[BEFORE_MOST + PIECE + 1];
	char path[96], *policy = NULL;
	size_t used = 0;
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/numa_maps", pid, thread);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && !policy && used < BEFORE_MOST &&
	       (got = read(fd, text + used, PIECE)) > 0) {
		used += (size_t)got;
		text[used] = '\0';
		policy = find_policy(text, address);
	}
	if (fd >= 0)
		close(fd);
	return policy;
}

static void add_allowed(struct process *process, const char *file)
{
	char *text = process_file(process->pid, file);
	const char *list = file_field(text, "Mems_allowed_list");

	if (list) {
		struct nodes nodes;

		nodes_read(list, &nodes);
		for (int i = 0; i < NODES_WORDS; i++)
			process->allowed.words[i] |= nodes.words[i];
	}
	free(text);
}

static void add_policy(struct process *process, char *text)
{
	struct thread_policy *policy;

	for (size_t i = 0; i < process->policy_count; i++) {
		policy = &process->policies[i];
		if (strcmp(policy->text, text) == 0) {
			policy->threads++;
			free(text);
			return;
		}
	}
	process->policies = reallocate(process->policies,
				       (process->policy_count + 1) * sizeof(*process->policies));
	policy = &process->policies[process->policy_count++];
	*policy = (struct thread_policy){ text, policy_nodes(text), 1 };
}

static void look_at(struct threads *threads, int thread)
{
	struct process *process = threads->process;
	char file[64];
	char *policy;

	snprintf(file, sizeof(file), "task/%d/status", thread);
	add_allowed(process, file);
	if (!threads->file)
		return;
	policy = read_policy(process->pid, thread, threads->file->start);
	if (!policy)
		return;
	if (strcmp(policy, process->thread_policy) != 0)
		threads->other = thread;
	process->threads_seen++;
	add_policy(process, policy);
}

static void look_at_all(struct threads *threads)
{
	char path[64];
	struct dirent *entry;
	DIR *directory;
	int looked = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", threads->process->pid);
	directory = opendir(path);
	while (directory && looked < THREADS_MOST && (entry = readdir(directory)))
		if (entry->d_name[0] != '.') {
			look_at(threads, (int)strtol(entry->d_name, NULL, 10));
			looked++;
		}
	if (directory)
		closedir(directory);
}

/* Those that look different to another thread have no policy of their own. */
static void mark_mappings(const struct threads *threads)
{
	struct process *process = threads->process;
	char file[64];
	char *text, *rest;

	for (size_t i = 0; i < process->count; i++)
		process->mappings[i].threads_differ =
			strcmp(process->mappings[i].policy, process->thread_policy) == 0;
	snprintf(file, sizeof(file), "task/%d/numa_maps", threads->other);
	rest = text = process_file(process->pid, file);
	for (char *line; rest && (line = strsep(&rest, "\n")) && *line;) {
		char *end;
		struct mapping *mapping = process_mapping(process, strtoul(line, &end, 16));
		size_t length = *end == ' ' ? policy_length(++end) : 0;

		if (mapping && strlen(mapping->policy) == length &&
		    strncmp(mapping->policy, end, length) == 0)
			mapping->threads_differ = false;
	}
	free(text);
}

static void forget_policies(struct process *process)
{
	for (size_t i = 0; i < process->policy_count; i++)
		free(process->policies[i].text);
	free(process->policies);
	process->policies = NULL;
	process->policy_count = 0;
}

void threads_read(struct process *process)
{
	struct threads threads = { process, NULL, 0 };

	if (process->has_file)
		threads.file = &process->mappings[process->file];

	if (threads.file)
		process->thread_policy = threads.file->policy;
	add_allowed(process, "status");
	process->threads_seen = 1;
	if (process->threads < 2)
		return;
	process->threads_seen = 0;
	look_at_all(&threads);
	if (threads.other)
		mark_mappings(&threads);
	else
		forget_policies(process);
}
