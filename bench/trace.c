/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* After sys/ptrace.h, which names what this defines. */
#include <linux/ptrace.h>

#include "trace.h"

#define NAME(name)                                                                                 \
	{                                                                                          \
		SYS_##name, #name                                                                  \
	}

/* What the library and the C library make; of any other the number is printed. */
static const struct {
	long number;
	const char *name;
} names[] = {
	NAME(brk),
	NAME(capget),
	NAME(clock_gettime),
	NAME(clone),
	NAME(close),
	NAME(fallocate),
	NAME(ftruncate),
	NAME(futex),
	NAME(get_mempolicy),
	NAME(getcpu),
	NAME(geteuid),
	NAME(getpid),
	NAME(gettid),
	NAME(ioctl),
	NAME(lseek),
	NAME(madvise),
	NAME(mbind),
	NAME(memfd_create),
	NAME(migrate_pages),
	NAME(mincore),
	NAME(mmap),
	NAME(move_pages),
	NAME(mprotect),
	NAME(mremap),
	NAME(msync),
	NAME(munmap),
	NAME(openat),
	NAME(perf_event_open),
	NAME(pipe2),
	NAME(prctl),
	NAME(pread64),
	NAME(read),
	NAME(rt_sigaction),
	NAME(rt_sigprocmask),
	NAME(sched_getaffinity),
	NAME(sched_setaffinity),
	NAME(sched_yield),
	NAME(setsockopt),
	NAME(socket),
	NAME(uname),
	NAME(vmsplice),
	NAME(write),
	{ 447, "memfd_secret" }, /* everywhere; not in every header */
};

void trace_me(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

void trace_mark(void)
{
	syscall(SYS_getpriority, 0, -1);
}

/* The number of the system call that a child is about to make. Takes Linux 5.3. */
static long number_of(pid_t child)
{
	struct ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(info), &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return -1;
	return (long)info.entry.nr;
}

static void count_call(long number, struct trace *traces, int most, int *marks)
{
	if (number == SYS_getpriority) {
		(*marks)++;
	} else if (*marks > 0 && *marks <= most) {
		struct trace *trace = &traces[*marks - 1];

		trace->total++;
		if (number >= 0 && number < TRACE_NUMBERS)
			trace->of[number]++;
	}
}

int trace_child(pid_t child, struct trace *traces, int most)
{
	bool entering = true;
	int marks = 0;
	int status, sent;

	for (int i = 0; i < most; i++)
		traces[i] = (struct trace){ .total = 0 };
	while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
		sent = 0;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			if (entering)
				count_call(number_of(child), traces, most, &marks);
			entering = !entering;
		} else if (WSTOPSIG(status) != SIGTRAP) {
			sent = WSTOPSIG(status);
		} else {
			/* The new program has come; its next stop is at the end of execve. */
			ptrace(PTRACE_SETOPTIONS, child, NULL,
			       PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
		}
		if (ptrace(PTRACE_SYSCALL, child, NULL, sent) < 0)
			break;
	}
	return marks > 0 ? marks - 1 : -1;
}

static const char *name_of(long number)
{
	static char other[32];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].number == number)
			return names[i].name;
	snprintf(other, sizeof(other), "number %ld:", number);
	return other;
}

void trace_print(const struct trace *trace, char *text, size_t size)
{
	struct trace left = *trace;
	size_t used = 0;

	text[0] = '\0';
	while (used < size) {
		int most = 0;

		for (int i = 1; i < TRACE_NUMBERS; i++)
			if (left.of[i] > left.of[most])
				most = i;
		if (left.of[most] == 0)
			return;
		used += (size_t)snprintf(text + used, size - used, "%s%s %u", used ? ", " : "",
					 name_of(most), left.of[most]);
		left.of[most] = 0;
	}
}
