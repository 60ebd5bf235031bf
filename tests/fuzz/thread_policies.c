/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the threads of a process want of memory without a policy of its own: a list of threads, the
 * numa_maps of the first and that of the others. A policy that is judged stays as it is, or becomes
 * what the threads want together; and the pieces in which files are read make no difference.
 */
#include "simulated.h"

#include "pages/thread_policies.h"

enum { STARTS = 64 };

struct answers {
	int other;
	struct sb_policy together;
	unsigned count;
	struct sb_policy judged[STARTS];
};

/* The mappings of the first thread, as sb_vmas_next() goes through them. */
static void judge(struct sb_thread_policies *threads, struct answers *answers)
{
	struct sb_words words;
	const char *text = words.word;
	unsigned long last = 0;

	require(sb_words_open(&words, FAKE_PID, "numa_maps") == 0, "not opened");
	sb_thread_policies_begin(threads);
	while (answers->count < STARTS && sb_words_next(&words)) {
		struct sb_policy policy = { .mode = -1 }, told;
		unsigned long start;

		text = words.word;
		start = sb_number(&text, 16);
		if (words.end == ' ')
			sb_policy_read(&words, &policy);
		told = policy;
		sb_words_skip_line(&words);
		/* They are asked for in their order. */
		if (start < last)
			continue;
		last = start;
		sb_thread_policies_judge(threads, start, &policy);
		require(sb_policy_equal(&policy, &told) ||
				(threads->other && sb_policy_equal(&policy, &threads->together)),
			"a policy that nobody has: mode %d", policy.mode);
		answers->judged[answers->count++] = policy;
	}
	sb_thread_policies_end(threads);
	sb_words_close(&words);
}

static bool is_listed(const char *names, int thread)
{
	char *copy = copy_text(names), *rest = copy;
	bool listed = false;

	for (char *name; (name = take_line(&rest));) {
		const char *at = name;

		listed |= (int)plain_number(&at, 10) == thread;
	}
	free(copy);
	return listed;
}

static struct answers *ask(unsigned read_max)
{
	struct answers *answers = calloc(1, sizeof(*answers));
	struct sb_thread_policies threads;
	struct sb_nodeset allowed = { .bits = { 1 } };

	if (!answers)
		abort();
	fake.read_max = read_max;
	sb_thread_policies_find(&threads, FAKE_PID, &allowed);
	answers->other = threads.other;
	answers->together = threads.together;
	judge(&threads, answers);
	return answers;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = input_of(data, size);
	struct answers *whole, *pieces;
	char *names, *first, *others;
	unsigned read_max;

	boot_for_files(&input);
	read_max = fake.read_max;
	names = give_text(&input, FAKE_THREADS);
	first = give_text(&input, FAKE_NUMA_MAPS);
	others = give_text(&input, FAKE_THREAD_NUMA_MAPS);
	whole = ask(0);
	require(!whole->other || is_listed(names, whole->other), "thread %d is not there",
		whole->other);
	/* Both are the same file. */
	if (strcmp(first, others) == 0)
		require(!whole->other, "it differs from itself");
	require(whole->together.mode == 2, "they want mode %d together", whole->together.mode);
	pieces = ask(read_max);
	require(memcmp(whole, pieces, sizeof(*whole)) == 0, "reads of %u bytes", read_max);
	require_nothing_left();
	free(whole);
	free(pieces);
	free(names);
	free(first);
	free(others);
	return 0;
}
