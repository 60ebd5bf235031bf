/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every kind of memory, in every mode, with every flag, and migrate_pages: the same cases each
 * time, each on a stage of its own, and the system call itself beside the library. Nothing is left
 * to luck.
 *
 * usage: kinds [--user] [--verbose] [--list] [--part N:M] [--only KIND[/MODE[/FLAGS[/WAY]]]]
 *
 * --part tries each M-th combination of mode and flags of a kind, of another kind others. --user
 * gives up root's privileges once that has been set up which takes them.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kinds_run.h"
#include "rights.h"

enum { FAILED = 1, WRONG_USE = 2, ALL_SKIPPED = 77 };

static struct tally total;
static size_t kinds_tested;

static void usage(void)
{
	fprintf(stderr, "usage: kinds [--user] [--verbose] [--list] [--part N:M] "
			"[--only KIND[/MODE[/FLAGS[/WAY]]]]\n");
	exit(WRONG_USE);
}

static void add_up(const struct tally *tally)
{
	total.cases += tally->cases;
	total.off += tally->off;
	total.kernel_cases += tally->kernel_cases;
	total.kernel_off += tally->kernel_off;
	total.worse += tally->worse;
	total.unmade += tally->unmade;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void print_tally(const char *name, const struct tally *tally, double seconds)
{
	printf("%-20s %5zu cases %5zu off, raw %5zu of %5zu off, raw right and library wrong %zu "
	       "(%.1f s)\n",
	       name, tally->cases, tally->off, tally->kernel_off, tally->kernel_cases, tally->worse,
	       seconds);
}

static bool concerns(const struct choice *choice, const struct kind *kind)
{
	size_t length = choice->only ? strcspn(choice->only, "/") : 0;

	return !choice->only ||
	       (strlen(kind->name) == length && !strncmp(kind->name, choice->only, length));
}

static void try_kind(const struct kind *kind, const struct choice *choice)
{
	struct tally tally = { .cases = 0 };
	double start = now();
	struct place place;
	const char *why;

	if (!concerns(choice, kind))
		return;
	snprintf(case_name, CASE_NAME, "%s", kind->name);
	why = build_stage(kind, &place);
	stage_close();
	if (why) {
		printf("not tested: %s: %s\n", kind->name, why);
		return;
	}
	run_kind(kind, choice, &tally);
	print_tally(kind->name, &tally, now() - start);
	kinds_tested++;
	add_up(&tally);
}

static int try_all(const struct choice *choice)
{
	double start = now();

	setvbuf(stdout, NULL, _IOLBF, 0);
	/* Other privileges than before. */
	machine_again();
	pages_local();
	stage_looks_seldom = true;
	for (size_t i = 0; i < kind_count; i++)
		try_kind(&kinds[i], choice);
	print_tally("all", &total, now() - start);
	if (total.unmade)
		printf("%zu cases could not be set up\n", total.unmade);
	if (total.off || total.unmade)
		return FAILED;
	return kinds_tested ? 0 : ALL_SKIPPED;
}

/* In a process of its own, so that what was set up is put back whatever becomes of it. */
static int try_in_child(const struct choice *choice, bool user)
{
	int status;
	pid_t pid;

	case_name =
		mmap(NULL, CASE_NAME, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (case_name == MAP_FAILED)
		return FAILED;
	if (user)
		clear_home_of_files();
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (user && become_nobody())
			exit(FAILED);
		exit(try_all(choice));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return FAILED;
	if (WIFSIGNALED(status))
		printf("ended by signal %d in %s\n", WTERMSIG(status), case_name);
	return WIFEXITED(status) ? WEXITSTATUS(status) : FAILED;
}

static int list_kinds(void)
{
	for (size_t i = 0; i < kind_count; i++)
		puts(kinds[i].name);
	return 0;
}

static void choose_part(struct choice *choice, const char *text)
{
	char end;

	if (sscanf(text, "%u:%u%c", &choice->part, &choice->parts, &end) != 2 || choice->part < 1 ||
	    choice->part > choice->parts)
		usage();
	choice->part--;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{ "only", required_argument, NULL, 'o' }, { "user", no_argument, NULL, 'u' },
		{ "part", required_argument, NULL, 'p' }, { "verbose", no_argument, NULL, 'v' },
		{ "list", no_argument, NULL, 'l' },	  { NULL, 0, NULL, 0 },
	};
	struct choice choice = { .parts = 1 };
	bool user = false;
	int option, result;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (option == 'o')
			choice.only = optarg;
		else if (option == 'p')
			choose_part(&choice, optarg);
		else if (option == 'u')
			user = true;
		else if (option == 'v')
			choice.verbose = true;
		else if (option == 'l')
			return list_kinds();
		else
			usage();
	}
	if (optind != argc)
		usage();
	rights_take();
	large_pages_on();
	result = try_in_child(&choice, user);
	large_pages_back();
	return result;
}
