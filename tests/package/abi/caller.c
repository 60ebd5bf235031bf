/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program built with the header of one version that runs with the library of another.
 * Usage: caller VERSION, that of the library.
 *
 * CALLER_HEADER is the header. With CALLER_IS_LATER its structures have grown by the array later.
 * Every structure lies between bytes that the library must neither write nor take for fields.
 */
#include CALLER_HEADER

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGES = 4, NODES = 64, AROUND = 256, CANARY = 0xa5, SKIP = 77 };

/* Of <linux/mempolicy.h>. With MPOL_LOCAL every page is misplaced, even where there is one node. */
enum { BY_DEFAULT = 0, LOCAL = 4, NO_MODE = 77, STRICT = 1, MOVE = 2 };

struct guarded_report {
	unsigned char before[AROUND];
	struct strictbind_report it;
	unsigned char behind[AROUND];
};

struct guarded_options {
	unsigned char before[AROUND];
	struct strictbind_options it;
	unsigned char behind[AROUND];
};

struct guarded_fact {
	unsigned char before[AROUND];
	struct strictbind_fact it;
	unsigned char behind[AROUND];
};

#define EXPECT(what) expect(what, #what, __LINE__)
#define EXPECT_CANARIES(guarded)                                                                   \
	(expect_canaries((guarded)->before, __LINE__), expect_canaries((guarded)->behind, __LINE__))

static char *memory;
static unsigned long length;

static void expect(int right, const char *what, int line)
{
	if (right)
		return;
	fprintf(stderr, "%d: not so: %s (errno %d)\n", line, what, errno);
	exit(1);
}

static void expect_canaries(const unsigned char *canaries, int line)
{
	for (size_t i = 0; i < AROUND; i++)
		expect(canaries[i] == CANARY, "bytes around the structure are as they were", line);
}

/* Fields that the library does not write stay as no call would write them. */
static void start_report(struct guarded_report *report)
{
	memset(report, CANARY, sizeof(*report));
	report->it.size = sizeof(report->it);
}

static void start_options(struct guarded_options *options)
{
	memset(options, CANARY, sizeof(*options));
	memset(&options->it, 0, sizeof(options->it));
	options->it.size = sizeof(options->it);
}

static void expect_report(const struct guarded_report *report, unsigned long unmoved,
			  const void *first, unsigned long status)
{
	EXPECT(report->it.size == sizeof(report->it));
	EXPECT(report->it.unmoved == unmoved);
	EXPECT(report->it.shared == 0);
	EXPECT(report->it.first_unmoved == first);
	EXPECT(report->it.first_status == status);
#ifdef CALLER_IS_LATER
	for (int i = 0; i < 8; i++)
		EXPECT(report->it.later[i] == 0);
#endif
	EXPECT_CANARIES(report);
}

static long bind(int mode, unsigned flags, struct guarded_options *options,
		 struct guarded_report *report)
{
	errno = 0;
	return strictbind_mbind_opt(memory, length, mode, NULL, 0, flags,
				    options ? &options->it : NULL, report ? &report->it : NULL);
}

static void bind_with_report(void)
{
	struct guarded_report report;

	start_report(&report);
	EXPECT(bind(LOCAL, STRICT, NULL, &report) == -1 && errno == EIO);
	expect_report(&report, PAGES, memory, STRICTBIND_FIRST_KNOWN);
	start_report(&report);
	EXPECT(bind(BY_DEFAULT, STRICT, NULL, &report) == 0);
	expect_report(&report, 0, NULL, STRICTBIND_FIRST_NONE);
	start_report(&report);
	EXPECT(bind(NO_MODE, STRICT, NULL, &report) == -1 && errno == EINVAL);
	expect_report(&report, 0, NULL, STRICTBIND_FIRST_NONE);
}

static int go_on(void *user, unsigned long done, unsigned long total)
{
	(void)done;
	(void)total;
	++*(unsigned *)user;
	return 0;
}

static int stop(void *user, unsigned long done, unsigned long total)
{
	go_on(user, done, total);
	return 1;
}

static void bind_with_options(void)
{
	struct guarded_options options;
	struct guarded_report report;
	unsigned asked = 0;

	start_options(&options);
	options.it.threads = 2;
	options.it.stall_us = 1000;
	options.it.progress = go_on;
	options.it.user = &asked;
	start_report(&report);
	EXPECT(bind(BY_DEFAULT, MOVE, &options, &report) == 0);
	expect_report(&report, 0, NULL, STRICTBIND_FIRST_NONE);
	EXPECT(asked > 0);
	options.it.progress = stop;
	EXPECT(bind(BY_DEFAULT, MOVE, &options, NULL) == -1 && errno == ECANCELED);
	EXPECT_CANARIES(&options);
}

static void migrate(void)
{
	struct guarded_options options;
	struct guarded_report report;
	unsigned long none = 0, to = 0, on[NODES];

	EXPECT(strictbind_locate(0, memory, length, on, NODES, NULL) == 0);
	for (int node = 0; node < NODES; node++)
		if (on[node])
			to |= 1UL << node;
	start_options(&options);
	start_report(&report);
	EXPECT(strictbind_migrate_pages_opt(0, NODES + 1, &none, &to, &options.it, &report.it) ==
	       0);
	expect_report(&report, 0, NULL, STRICTBIND_FIRST_NONE);
	EXPECT_CANARIES(&options);
}

static void ask_kernel(void)
{
	struct guarded_fact fact;
	unsigned facts = 0;

	for (;; facts++) {
		memset(&fact, CANARY, sizeof(fact));
		fact.it.size = sizeof(fact.it);
		if (strictbind_kernel(facts, &fact.it) != 1)
			break;
		EXPECT(fact.it.size == sizeof(fact.it));
		EXPECT(fact.it.present == 0 || fact.it.present == 1);
		EXPECT(*fact.it.name && *fact.it.description && fact.it.handling);
#ifdef CALLER_IS_LATER
		for (int i = 0; i < 8; i++)
			EXPECT(fact.it.later[i] == 0);
#endif
		EXPECT_CANARIES(&fact);
	}
	EXPECT(facts > 10);
	EXPECT_CANARIES(&fact);
}

/* Nothing is mapped behind them: what the library only reads there is seen as well. */
static void at_the_end_of_memory(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *end =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct strictbind_report *report;
	struct strictbind_options *options;
	struct strictbind_fact *fact;

	EXPECT(end != MAP_FAILED && munmap(end + page, page) == 0);
	end += page;
	options = (void *)(end - sizeof(*options));
	options->size = sizeof(*options);
	EXPECT(strictbind_mbind_opt(memory, length, BY_DEFAULT, NULL, 0, MOVE, options, NULL) == 0);
	report = (void *)(end - sizeof(*report));
	report->size = sizeof(*report);
	EXPECT(strictbind_mbind_opt(memory, length, BY_DEFAULT, NULL, 0, MOVE, NULL, report) == 0);
	fact = (void *)(end - sizeof(*fact));
	fact->size = sizeof(*fact);
	EXPECT(strictbind_kernel(0, fact) == 1);
	munmap(end - page, page);
}

/* Smaller than in version 1.0 by one byte. */
static void sizes_of_nobody(void)
{
	struct guarded_options options;
	struct guarded_report report;
	size_t handling_end = offsetof(struct strictbind_fact, handling) + sizeof(char *);
	struct guarded_fact fact;

	start_report(&report);
	report.it.size = offsetof(struct strictbind_report, first_status) + sizeof(long) - 1;
	EXPECT(bind(BY_DEFAULT, 0, NULL, &report) == -1 && errno == EINVAL);
	EXPECT(report.it.unmoved != 0);
	start_options(&options);
	options.it.size = offsetof(struct strictbind_options, user) + sizeof(void *) - 1;
	EXPECT(bind(BY_DEFAULT, 0, &options, NULL) == -1 && errno == EINVAL);
	memset(&fact, CANARY, sizeof(fact));
	fact.it.size = handling_end - 1;
	EXPECT(strictbind_kernel(0, &fact.it) == -1 && errno == EINVAL);
}

#ifdef CALLER_IS_LATER
/* What it asks for, an older library does not know, and must say so. */
static void later_options(int minor_of_library)
{
	struct guarded_options options;
	long result;

	start_options(&options);
	options.it.later[7] = 1;
	result = bind(BY_DEFAULT, MOVE, &options, NULL);
	if (minor_of_library >= STRICTBIND_VERSION_MINOR)
		EXPECT(result == 0);
	else
		EXPECT(result == -1 && errno == E2BIG);
	EXPECT_CANARIES(&options);
}
#else
_Static_assert(sizeof(struct strictbind_report) == 5 * sizeof(long), "not that of 1.0");
_Static_assert(sizeof(struct strictbind_options) == 5 * sizeof(long), "not that of 1.0");
_Static_assert(sizeof(struct strictbind_fact) == 6 * sizeof(long) + 4 * sizeof(int),
	       "not that of 1.0");
#endif

static int is_refused(void)
{
	return bind(BY_DEFAULT, 0, NULL, NULL) == -1 && (errno == EPERM || errno == ENOSYS);
}

int main(int argc, char **argv)
{
	EXPECT(argc == 2);
	EXPECT(strcmp(strictbind_version(), argv[1]) == 0);
	length = (unsigned long)sysconf(_SC_PAGESIZE) * PAGES;
	memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EXPECT(memory != MAP_FAILED);
	memset(memory, 1, length);
	if (is_refused()) {
		puts("skipped: mbind is refused here");
		return SKIP;
	}
	bind_with_report();
	bind_with_options();
	migrate();
	ask_kernel();
	at_the_end_of_memory();
	sizes_of_nobody();
#ifdef CALLER_IS_LATER
	later_options(argv[1][2] - '0');
#endif
	return 0;
}
