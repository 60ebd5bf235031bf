/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A mapping without a policy of its own has that of the thread which puts pages there, and a
 * thread's numa_maps shows its own policy for all of these. No file tells the two kinds of mappings
 * apart. So:
 *
 * - The program's own file is mapped without a policy, by all but the strangest programs, and as
 *   one of the lowest mappings. Its line in a thread's numa_maps tells the policy of that thread,
 *   and to read the lines up to it takes a few microseconds.
 * - Only where threads differ in that is the numa_maps of one more thread read, beside that of the
 *   first. A mapping that looks the same in both has a policy of its own.
 */
#include "pages/thread_policies.h"

#include <limits.h>
#include <string.h>

#include "core/syscall.h"

/* Lines before that of the program's file. */
enum { LINES_BEFORE_MOST = 64 };

/* The policy of the thread whose numa_maps this is. False when it cannot be told. */
static bool read_thread_policy(struct sb_words *numa_maps, struct sb_policy *policy)
{
	static const char file[] = "file=";

	for (int line = 0; line < LINES_BEFORE_MOST && sb_words_next(numa_maps); line++) {
		if (numa_maps->end == ' ')
			sb_policy_read(numa_maps, policy);
		if (numa_maps->end == ' ' && sb_words_next(numa_maps) &&
		    strncmp(numa_maps->word, file, sizeof(file) - 1) == 0)
			return true;
		sb_words_skip_line(numa_maps);
	}
	return false;
}

static void look_at_thread(struct sb_thread_policies *threads, int thread,
			   const struct sb_nodeset *allowed)
{
	struct sb_policy policy;

	if (sb_words_open_thread(&threads->numa_maps, threads->pid, thread, "numa_maps") < 0)
		return;
	if (read_thread_policy(&threads->numa_maps, &policy)) {
		if (!sb_policy_equal(&policy, &threads->policy))
			threads->other = thread;
		sb_nodeset_unite(&threads->together.nodes,
				 sb_nodeset_is_empty(&policy.nodes) ? allowed : &policy.nodes);
	}
	sb_words_close(&threads->numa_maps);
}

static int thread_of(const char *name)
{
	return name[0] >= '1' && name[0] <= '9' ? (int)sb_number(&name, 10) : 0;
}

static void look_at_threads(struct sb_thread_policies *threads, const struct sb_nodeset *allowed)
{
	struct sb_entries entries;
	const char *name;
	int thread;

	if (sb_entries_open_threads(&entries, threads->pid) < 0)
		return;
	while ((name = sb_entries_next(&entries)))
		if ((thread = thread_of(name)))
			look_at_thread(threads, thread, allowed);
	sb_entries_close(&entries);
}

void sb_thread_policies_find(struct sb_thread_policies *threads, int pid,
			     const struct sb_nodeset *allowed)
{
	bool told;

	threads->pid = pid;
	threads->other = 0;
	threads->together = (struct sb_policy){ .mode = SB_MPOL_BIND };
	threads->open = false;
	if (sb_words_open(&threads->numa_maps, pid, "numa_maps") < 0)
		return;
	told = read_thread_policy(&threads->numa_maps, &threads->policy);
	sb_words_close(&threads->numa_maps);
	if (told)
		look_at_threads(threads, allowed);
}

void sb_thread_policies_begin(struct sb_thread_policies *threads)
{
	threads->start = 0;
	threads->open = threads->other && sb_words_open_thread(&threads->numa_maps, threads->pid,
							       threads->other, "numa_maps") == 0;
}

void sb_thread_policies_end(struct sb_thread_policies *threads)
{
	if (threads->open)
		sb_words_close(&threads->numa_maps);
	threads->open = false;
}

static void next_mapping(struct sb_thread_policies *threads)
{
	struct sb_words *numa_maps = &threads->numa_maps;
	const char *text = numa_maps->word;

	threads->start = sb_words_next(numa_maps) ? sb_number(&text, 16) : ULONG_MAX;
	if (numa_maps->end == ' ')
		sb_policy_read(numa_maps, &threads->policy);
	sb_words_skip_line(numa_maps);
}

void sb_thread_policies_judge(struct sb_thread_policies *threads, unsigned long start,
			      struct sb_policy *policy)
{
	if (!threads->open)
		return;
	while (threads->start < start)
		next_mapping(threads);
	if (threads->start == start && !sb_policy_equal(policy, &threads->policy))
		*policy = threads->together;
}
