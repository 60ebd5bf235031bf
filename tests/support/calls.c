/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "calls.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/* What is traced is what comes between two of these, which nobody else makes. */
#define MARK SYS_getppid

struct traced {
	void (*prepare)(void *arg);
	int (*run)(void *arg);
	void *arg;
};

static void be_traced(const struct traced *traced, int *result)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		_exit(1);
	if (traced->prepare)
		traced->prepare(traced->arg);
	raise(SIGSTOP);
	syscall(MARK);
	*result = traced->run(traced->arg);
	syscall(MARK);
	_exit(0);
}

/* Kernels before 5.3 tell it in registers only. */
static bool entry_by_registers(pid_t pid, struct seen_call *call)
{
#if defined(__x86_64__)
	struct user_regs_struct r;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &r))
		return false;
	*call = (struct seen_call){ (long)r.orig_rax, { r.rdi, r.rsi, r.rdx, r.r10, r.r8, r.r9 } };
	return true;
#else
	(void)pid;
	(void)call;
	return false;
#endif
}

static bool look_at_entry(pid_t pid, struct seen_call *call)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), &info) < 0)
		return entry_by_registers(pid, call);
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return false;
	call->number = (long)info.entry.nr;
	for (size_t i = 0; i < CALL_ARGUMENTS; i++)
		call->arguments[i] = info.entry.args[i];
	return true;
}

/* The next time that the child enters or leaves a call; false when it has ended. Signals are let
 * through. */
static bool next_stop(pid_t pid)
{
	int status, signal = 0;

	for (;;) {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(intptr_t)signal) ||
		    waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			return false;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			return true;
		signal = WSTOPSIG(status);
	}
}

static bool follow(pid_t pid, struct seen_calls *seen)
{
	bool between = false;
	struct seen_call call;

	/* Each call stops the child twice. */
	while (next_stop(pid)) {
		if (!look_at_entry(pid, &call))
			return false;
		if (call.number == MARK && between)
			return true;
		if (between) {
			if (seen->count < CALLS_KEPT)
				seen->calls[seen->count] = call;
			seen->count++;
		}
		between = between || call.number == MARK;
		if (!next_stop(pid))
			return false;
	}
	return false;
}

static bool follow_from_start(pid_t pid, struct seen_calls *seen)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFSTOPPED(status) &&
	       !ptrace(PTRACE_SETOPTIONS, pid, NULL,
		       (void *)(uintptr_t)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)) &&
	       follow(pid, seen);
}

int calls_of(void (*prepare)(void *arg), int (*run)(void *arg), void *arg, struct seen_calls *seen)
{
	struct traced traced = { prepare, run, arg };
	int *result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int value = -1;
	pid_t pid;

	memset(seen, 0, sizeof(*seen));
	if (result == MAP_FAILED)
		return -1;
	*result = -1;
	pid = fork();
	if (pid == 0)
		be_traced(&traced, result);
	if (pid > 0 && follow_from_start(pid, seen))
		value = *result;
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	munmap(result, sizeof(*result));
	return value;
}

static int do_nothing(void *arg)
{
	(void)arg;
	return 0;
}

bool can_trace(void)
{
	static struct seen_calls seen;

	return calls_of(NULL, do_nothing, NULL, &seen) == 0;
}

size_t calls_with(const struct seen_calls *seen, long number)
{
	size_t found = 0;

	for (size_t i = 0; i < seen->count && i < CALLS_KEPT; i++)
		found += seen->calls[i].number == number;
	return found;
}
