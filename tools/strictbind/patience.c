/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "patience.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "files.h"

enum { LOOKS_EACH_SECOND = 2, MOST_LOST = 64, OUTPUTS = 2 };

/* What the child and the one that waits both see. */
struct shared {
	atomic_int pid; /* is looked at */
	size_t lost_count;
	int lost[MOST_LOST];
};

static struct shared *shared;

unsigned long patience_argument(const char *text)
{
	return number_argument("--patience", text, 0, PATIENCE_MOST);
}

void patience_with(int pid)
{
	if (shared)
		atomic_store(&shared->pid, pid);
}

bool patience_is_lost(int pid)
{
	for (size_t i = 0; shared && i < shared->lost_count; i++)
		if (shared->lost[i] == pid)
			return true;
	return false;
}

/* ---- what the child prints ---- */

/*
 * A pipe would stay open as long as a child that nobody can end, and whoever reads from it would
 * wait as well: the child has one of its own. A terminal, and a file, it has itself.
 */
struct output {
	int fd;	   /* 1 or 2 */
	int from;  /* the child's, or -1 */
	int error; /* why nobody takes it any more */
};

static bool is_read_to_its_end(int fd)
{
	struct stat stat;

	return fstat(fd, &stat) == 0 && (S_ISFIFO(stat.st_mode) || S_ISSOCK(stat.st_mode));
}

/* Where nobody takes it any more, the child meets a pipe that is closed, as it would have. */
static void pass_on(struct output *output)
{
	char text[65536];
	ssize_t got = read(output->from, text, sizeof(text));

	if (got > 0 && write_all(output->fd, text, (size_t)got))
		return;
	if (got < 0 && errno == EINTR)
		return;
	output->error = got > 0 ? errno : 0;
	close(output->from);
	output->from = -1;
}

/* ---- the child ---- */

struct child {
	pid_t pid;
	clockid_t clock;
	struct timespec used; /* of processors, when it was looked at last */
	unsigned long waited; /* looks in which it has used nothing more */
	struct output outputs[OUTPUTS];
};

static volatile sig_atomic_t to_pass_on;

/* The terminal has sent it to the child as well. */
static void take_signal(int number, siginfo_t *info, void *context)
{
	(void)context;
	if (info->si_code <= 0)
		to_pass_on = number;
}

static void take_child(int number)
{
	(void)number;
}

static const int caught[] = { SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCHLD };

enum { CAUGHT = sizeof(caught) / sizeof(*caught) };

static struct sigaction were[CAUGHT];

static void give_signals_back(void)
{
	for (int i = 0; i < CAUGHT; i++)
		sigaction(caught[i], &were[i], NULL);
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_sigaction = take_signal };

	sigemptyset(&action.sa_mask);
	for (int i = 0; i < CAUGHT; i++) {
		sigaction(caught[i], NULL, &were[i]);
		/* Once: the same again ends this process, and the child with it. */
		action.sa_flags = SA_SIGINFO | (caught[i] == SIGTSTP ? 0 : (int)SA_RESETHAND);
		if (caught[i] != SIGCHLD)
			catch_signal(caught[i], &action);
	}
	/* Who ignores it has no children to wait for. */
	signal(SIGCHLD, take_child);
}

static void be_the_child(pid_t parent, struct output *outputs, const int *ends)
{
	give_signals_back();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILED);
	for (int i = 0; i < OUTPUTS; i++)
		if (ends[i] >= 0) {
			dup2(ends[i], outputs[i].fd);
			close(ends[i]);
			close(outputs[i].from);
		}
}

/* False: there can be none, or this is it. */
static bool start_child(struct child *child)
{
	int ends[OUTPUTS] = { -1, -1 };
	pid_t parent = getpid();
	sigset_t blocked, old;

	*child = (struct child){ .outputs = { { .fd = STDOUT_FILENO, .from = -1 },
					      { .fd = STDERR_FILENO, .from = -1 } } };
	for (int i = 0; i < OUTPUTS; i++) {
		int pair[2];

		if (!is_read_to_its_end(child->outputs[i].fd) || pipe2(pair, O_CLOEXEC) != 0)
			continue;
		child->outputs[i].from = pair[0];
		ends[i] = pair[1];
	}
	/* What comes just now is for the child as well, which does not know yet how to take it. */
	sigfillset(&blocked);
	sigprocmask(SIG_BLOCK, &blocked, &old);
	child->pid = fork();
	if (child->pid == 0)
		be_the_child(parent, child->outputs, ends);
	sigprocmask(SIG_SETMASK, &old, NULL);
	for (int i = 0; child->pid != 0 && i < OUTPUTS; i++)
		if (ends[i] >= 0) {
			close(ends[i]);
			if (child->pid < 0)
				close(child->outputs[i].from);
		}
	return child->pid > 0;
}

/* ---- waiting ---- */

/* Of a thread that waits and may not be interrupted. */
static bool is_waiting(pid_t pid, long thread)
{
	char path[64];
	char *text, *state;
	bool waiting;

	snprintf(path, sizeof(path), "/proc/%d/task/%ld/stat", pid, thread);
	text = file_text(path, NULL);
	state = text ? strrchr(text, ')') : NULL;
	waiting = state && strncmp(state, ") D", 3) == 0;
	free(text);
	return waiting;
}

static bool any_is_waiting(pid_t pid)
{
	char path[32];
	struct dirent *entry;
	DIR *threads;
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	threads = opendir(path);
	if (!threads)
		return false;
	while (!found && (entry = readdir(threads)))
		found = entry->d_name[0] != '.' && is_waiting(pid, strtol(entry->d_name, NULL, 10));
	closedir(threads);
	return found;
}

/* It waits where no signal is heard, and none of its threads has run since. */
static void look_at(struct child *child)
{
	struct timespec used = { 0 };

	if (clock_gettime(child->clock, &used) == 0 && used.tv_sec == child->used.tv_sec &&
	    used.tv_nsec == child->used.tv_nsec && any_is_waiting(child->pid)) {
		child->waited++;
		return;
	}
	child->used = used;
	child->waited = 0;
}

/* Until something is printed, the child changes, or it is time to look at it: then it is true. */
static bool wait_for(struct child *child, const sigset_t *unblocked)
{
	static const struct timespec look = { 0, 1000000000 / LOOKS_EACH_SECOND };
	struct pollfd polled[OUTPUTS];
	int ready;

	for (int i = 0; i < OUTPUTS; i++)
		polled[i] = (struct pollfd){ .fd = child->outputs[i].from, .events = POLLIN };
	ready = ppoll(polled, OUTPUTS, &look, unblocked);
	for (int i = 0; ready > 0 && i < OUTPUTS; i++)
		if (polled[i].revents)
			pass_on(&child->outputs[i]);
	if (to_pass_on)
		kill(child->pid, to_pass_on);
	to_pass_on = 0;
	return ready == 0;
}

static _Noreturn void end_as(struct child *child, int status)
{
	for (int i = 0; i < OUTPUTS; i++)
		while (child->outputs[i].from >= 0)
			pass_on(&child->outputs[i]);
	if (WIFSIGNALED(status)) {
		sigset_t all;

		/* The child has left a core, if there is to be one. */
		prctl(PR_SET_DUMPABLE, 0);
		signal(WTERMSIG(status), SIG_DFL);
		sigfillset(&all);
		raise(WTERMSIG(status));
		sigprocmask(SIG_UNBLOCK, &all, NULL);
	}
	/* The child may have written all of it before. */
	if (child->outputs[0].error && WEXITSTATUS(status) <= EXIT_ANSWER)
		fail(EXIT_FAILED, "cannot write: %s", strerror(child->outputs[0].error));
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILED);
}

/* Comes back when the child has waited for so long. */
static void wait_for_child(struct child *child, unsigned long seconds)
{
	sigset_t blocked, unblocked;
	int status;

	clock_getcpuclockid(child->pid, &child->clock);
	/* Heard while it waits alone, so that none comes just before. */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &blocked, &unblocked);
	sigdelset(&unblocked, SIGCHLD);
	while (!seconds || child->waited < seconds * LOOKS_EACH_SECOND) {
		if (waitpid(child->pid, &status, WNOHANG | WUNTRACED) == child->pid) {
			if (!WIFSTOPPED(status))
				end_as(child, status);
			/* It has put the terminal back. */
			raise(SIGSTOP);
			kill(child->pid, SIGCONT);
		}
		if (wait_for(child, &unblocked))
			look_at(child);
	}
	sigprocmask(SIG_SETMASK, &unblocked, NULL);
	/* It may not die before it is answered, but does nothing any more. */
	kill(child->pid, SIGKILL);
	for (int i = 0; i < OUTPUTS; i++)
		if (child->outputs[i].from >= 0)
			close(child->outputs[i].from);
}

static void lose(bool many)
{
	int pid = atomic_load(&shared->pid);

	if (!pid)
		fail(EXIT_FAILED, "the kernel does not come back with an answer");
	if (!many || shared->lost_count == MOST_LOST)
		fail(EXIT_FAILED,
		     "process %d keeps the kernel waiting, as with a file whose daemon or server "
		     "does not answer (see --patience)",
		     pid);
	shared->lost[shared->lost_count++] = pid;
}

void patience_begin(unsigned long seconds, bool many, void (*undo)(void))
{
	struct child child;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED) {
		shared = NULL;
		return;
	}
	catch_signals();
	while (start_child(&child)) {
		wait_for_child(&child, seconds);
		if (undo)
			undo();
		lose(many);
		/* Whoever has one such process may have many. */
		seconds = seconds > 10 ? seconds / 10 : 1;
	}
	/* This is the child; or there can be none. */
	if (child.pid < 0)
		give_signals_back();
}
