/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What calls of migrate_pages are turned into, by what a kernel does: kernel x call -> plan. */
#include "migrate/plan.h"

#include <stdio.h>
#include <string.h>

#include "kernels.h"
#include "run.h"

/* How a call is made. */
enum {
	REPORT = 1,
	LARGE = 2, /* of a process that others would wait long for */
	STALL = 4,
	THREADS = 8,
	PROGRESS = 16,
	CHAIN = 32, /* a node is emptied and filled by the same call */
};

static const struct row {
	const char *kernel;
	unsigned how;
	const char *steps;
} table[] = {
	{ "4.20", 0, "one-thread again counts-always" },
	{ "4.20", LARGE, "arguments-first batches one-thread again counts-always" },
	{ "el8.10", 0, "one-thread again counts-always" },
	{ "el8.10", LARGE | CHAIN,
	  "arguments-first pair-by-pair batches one-thread again counts-always" },
	{ "5.4", THREADS, "arguments-first batches one-thread again counts-always" },
	{ "5.10", 0, "one-thread again counts-always" },
	{ "5.10", REPORT, "one-thread again counts-always" },
	{ "5.10", LARGE, "arguments-first batches one-thread again counts-always" },
	{ "5.10", STALL, "arguments-first batches one-thread again counts-always" },
	{ "5.10", PROGRESS, "arguments-first batches one-thread again counts-always" },
	{ "5.10", CHAIN, "arguments-first pair-by-pair one-thread again counts-always" },
	{ "6.1", 0, "one-thread again counts-always" },
	{ "6.1", LARGE | REPORT, "arguments-first batches one-thread again counts-always" },
	{ "el9.6", 0, "one-thread again" },
	{ "el9.6", LARGE, "arguments-first batches one-thread again" },
	{ "el9.6", REPORT, "one-thread again counts-always" },
	{ "6.12", 0, "only-together" },
	{ "6.12", LARGE, "only-together" },
	{ "6.12", REPORT, "only-together counts-always" },
	{ "6.12", THREADS, "arguments-first batches only-together" },
	{ "6.12", STALL, "arguments-first batches" },
	{ "6.12", PROGRESS | REPORT, "arguments-first batches counts-always" },
	{ "6.12", CHAIN, "arguments-first pair-by-pair only-together" },
};

static int go_on(void *user, unsigned long done, unsigned long total)
{
	(void)user;
	(void)done;
	(void)total;
	return 0;
}

static struct sb_migrate_plan plan_of(const struct row *row)
{
	const struct strictbind_options options = {
		.size = sizeof(options),
		.stall_us = row->how & STALL ? 100 : 0,
		.threads = row->how & THREADS ? 4 : 0,
		.progress = row->how & PROGRESS ? go_on : NULL,
	};
	const struct sb_migrate_situation situation = {
		.quirks = quirks_of_kernel(row->kernel),
		.chain = row->how & CHAIN,
		.resident_bytes = row->how & LARGE ? 1UL << 30 : 1UL << 20,
	};

	return sb_plan_migrate(&options, row->how & REPORT, &situation);
}

static const char *steps_of(const struct sb_migrate_plan *plan)
{
	static char text[256];
	const struct {
		bool holds;
		const char *name;
	} steps[] = {
		{ plan->arguments_first, " arguments-first" },
		{ plan->pair_by_pair, " pair-by-pair" },
		{ plan->batches, " batches" },
		{ plan->only_together, " only-together" },
		{ plan->one_thread, " one-thread" },
		{ plan->again, " again" },
		{ plan->counts_always, " counts-always" },
	};

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		if (steps[i].holds)
			strcat(text, steps[i].name);
	return text[0] ? text + 1 : text;
}

START_TEST(plan_is_as_in_the_table)
{
	const struct row *row = &table[_i];
	struct sb_migrate_plan plan = plan_of(row);

	ck_assert_msg(!strcmp(steps_of(&plan), row->steps),
		      "%s, how 0x%x:\n  planned %s\n  must be %s", row->kernel, row->how,
		      steps_of(&plan), row->steps);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("plan_migrate");

	tcase_add_loop_test(tests, plan_is_as_in_the_table, 0, sizeof(table) / sizeof(*table));
	return run_tests("plan_migrate", tests);
}
