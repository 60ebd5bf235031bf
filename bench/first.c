/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The first call of a process, in which the library asks the kernel what it depends on: how long it
 * takes, alone and in many processes at once, as root and as a user, and which system calls it
 * makes.
 */
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "trace.h"

/* Each pair takes two processes on either side. */
#define PROCESSES 50
#define AT_ONCE 64
#define AIM_NS 1e6
/* Where nothing has to be asked. */
#define AIM_PLAIN_NS 0.3e6
/* Without privileges, as nobody else is. */
#define USER 65534

struct first {
	const char *call; /* as the program is told */
	const char *what; /* for people */
	bool user;
	int at_once;
};

/* Becomes the program. */
static void become(const char *call, bool user, const char *how)
{
	if (user && getuid() == 0 &&
	    (setgroups(0, NULL) < 0 || setgid(USER) < 0 || setuid(USER) < 0))
		_exit(1);
	execl("/proc/self/exe", "bench", "--first-use", call, how, (char *)NULL);
	_exit(1);
}

/* ---- how long it takes ---- */

struct pipes {
	int gate[2]; /* the processes wait until it is closed */
	int told[2]; /* they tell numbers */
};

static void open_pipes(struct pipes *pipes)
{
	if (pipe2(pipes->gate, O_CLOEXEC) < 0 || pipe2(pipes->told, O_CLOEXEC) < 0) {
		perror("pipe");
		exit(1);
	}
}

static bool start(const struct pipes *pipes, const char *call, bool user)
{
	pid_t child = fork();

	if (child == 0) {
		if (dup2(pipes->gate[0], STDIN_FILENO) < 0 ||
		    dup2(pipes->told[1], STDOUT_FILENO) < 0)
			_exit(1);
		become(call, user, "timed");
	}
	return child > 0;
}

/* So many numbers. False when the processes end before. */
static bool hear(int fd, double *numbers, int count)
{
	for (int i = 0; i < count; i++) {
		uint64_t number;

		if (read(fd, &number, sizeof(number)) != sizeof(number))
			return false;
		numbers[i] = (double)number;
	}
	return true;
}

/* The time of the first call: the median of the processes, or -1. */
static double time_first(const struct first *first, const char *call)
{
	double numbers[AT_ONCE];
	struct pipes pipes;
	int started = 0;
	bool heard;

	open_pipes(&pipes);
	while (started < first->at_once && start(&pipes, call, first->user))
		started++;
	close(pipes.gate[0]);
	close(pipes.told[1]);
	heard = started == first->at_once && hear(pipes.told[0], numbers, started);
	close(pipes.gate[1]);
	heard = heard && hear(pipes.told[0], numbers, started);
	close(pipes.told[0]);
	for (int i = 0; i < started; i++)
		wait(NULL);
	return heard ? measure_median(numbers, started) : -1;
}

static double time_ours(void *context)
{
	const struct first *first = context;

	return time_first(first, first->call);
}

static double time_raw(void *context)
{
	const struct first *first = context;
	char call[40];

	snprintf(call, sizeof(call), "raw-%s", first->call);
	return time_first(first, call);
}

/* ---- which system calls it makes ---- */

/* Those of the first and of the second call. False where nobody may trace. */
static bool trace_calls(const char *call, bool user, struct trace traces[2])
{
	pid_t child = fork();

	if (child == 0) {
		trace_me();
		become(call, user, "traced");
	}
	return child > 0 && trace_child(child, traces, 2) == 2;
}

static void tell_calls(const struct bench *bench, const char *name, const struct trace *trace)
{
	char text[500];

	trace_print(trace, text, sizeof(text));
	report_calls(bench->output, name, trace->total, text);
}

/* All that was asked is known by the second call. */
static bool asks(const struct trace traces[2])
{
	/* Its version is no question that takes the kernel long. */
	return traces[0].total - traces[0].of[SYS_uname] > traces[1].total;
}

/* ---- all ---- */

static void compare(const struct bench *bench, const char *name, const struct first *first)
{
	struct comparison comparison = { name,		NULL, "raw",  time_ours, time_raw,
					 (void *)first, 0,    AIM_NS, 0 };
	struct trace traces[2];
	bool traced = trace_calls(first->call, first->user, traces);
	struct ratio ratio;
	char what[120], made[40] = "not counted";

	if (time_ours((void *)first) < 0) {
		report_skipped(bench->output, name, "this program cannot start itself");
		return;
	}
	if (traced)
		snprintf(made, sizeof(made), "%u system calls", traces[0].total);
	snprintf(what, sizeof(what), "first %s of a process, %d at once, %s, %s", first->what,
		 first->at_once, first->user || getuid() != 0 ? "user" : "root", made);
	comparison.what = what;
	if (traced && !asks(traces))
		comparison.aim_ns = AIM_PLAIN_NS;
	ratio = measure_pairs(&comparison, first->at_once > 1 ? 1 : PROCESSES / 2);
	report_ratio(bench->output, &comparison, &ratio);
	if (traced && first->at_once == 1)
		tell_calls(bench, name, &traces[0]);
}

static void compare_call(const struct bench *bench, struct first first)
{
	for (first.at_once = 1; first.at_once <= AT_ONCE; first.at_once *= AT_ONCE) {
		char name[40];

		snprintf(name, sizeof(name), "first-%s%s%s", first.call, first.user ? "-user" : "",
			 first.at_once > 1 ? "-64" : "");
		if (bench_wants(bench, name))
			compare(bench, name, &first);
	}
}

/* What a later call makes that moves nothing. */
static void count_calls(const struct bench *bench, const char *call)
{
	struct trace traces[2];
	char name[40];

	snprintf(name, sizeof(name), "count-%s", call);
	if (!bench_wants(bench, name))
		return;
	if (trace_calls(call, false, traces))
		tell_calls(bench, name, &traces[1]);
	else
		report_skipped(bench->output, name, "no process may be traced here");
}

void bench_first(const struct bench *bench)
{
	static const struct first timed[] = {
		{ .call = "set", .what = "mbind without flags" },
		{ .call = "mbind", .what = "mbind with STRICT|MOVE" },
		{ .call = "migrate", .what = "migrate_pages" },
	};
	static const char *const counted[] = { "mbind", "preferred", "interleave", "migrate" };

	for (int user = getuid() != 0; user < 2; user++)
		for (size_t i = 0; i < 3; i++) {
			struct first first = timed[i];

			first.user = user;
			compare_call(bench, first);
		}
	for (size_t i = 0; i < 4; i++)
		count_calls(bench, counted[i]);
}
