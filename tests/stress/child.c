/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "child.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "hardships.h"
#include "machine.h"
#include "memory.h"
#include "wrong.h"

enum { TARGET_PAGES = 256, TARGET_LOOKS = 50000, LOOK_INTERVAL_US = 2000 };

static void wait_for(pid_t pid, int signal)
{
	int status = 0;
	pid_t ended;

	do
		ended = waitpid(pid, &status, 0);
	while (ended < 0 && errno == EINTR);
	if (ended != pid)
		wrong("waitpid answers %d with errno %d", ended, errno);
	else if (signal ? !WIFSIGNALED(status) || WTERMSIG(status) != signal
			: !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		wrong("a child ended with status %#x", status);
}

static void verify_inherited(size_t first, size_t step, const char *who)
{
	for (size_t i = first; i < SLOTS; i += step)
		memory_verify(i, who);
}

static void no_child(void)
{
	if (errno != ENOMEM || !memory_may_be_refused())
		wrong("fork: errno %d", errno);
}

void child_verifies(struct rng *rng, size_t first, size_t step)
{
	bool calls = rng_percent(rng, 50);
	pid_t pid = fork();

	if (pid < 0) {
		no_child();
		return;
	}
	if (pid > 0) {
		wait_for(pid, 0);
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	verify_inherited(first, step, "child");
	if (calls) {
		calls_make(rng, getppid());
		calls_make(rng, 0);
		verify_inherited(first, step, "child after its calls");
	}
	_exit(0);
}

void child_calls(struct rng *rng)
{
	/* It has this thread's stack, and all other memory, until it ends. */
	pid_t pid = vfork(); // NOLINT(clang-analyzer-security.insecureAPI.vfork)

	if (pid == 0) {
		calls_make(rng, getppid());
		_exit(0);
	}
	if (pid > 0)
		wait_for(pid, 0);
	else
		wrong("vfork: errno %d", errno);
}

/* ---- the one that is migrated ---- */

static atomic_int target;

static size_t changed_pages(const char *at)
{
	size_t changed = 0;

	for (size_t i = 0; i < TARGET_PAGES; i++)
		changed += at[i * machine()->page] != (char)(i % 127 + 1);
	return changed;
}

static void be_target(void)
{
	struct rng rng = rng_for((uint64_t)getpid(), 0, 0);
	size_t page = machine()->page;
	char *at = mmap(NULL, TARGET_PAGES * page, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	hardships_give_stack();
	while (at == MAP_FAILED && memory_may_be_refused())
		pause();
	if (at == MAP_FAILED)
		_exit(1);
	for (size_t i = 0; i < TARGET_PAGES; i++)
		memset(at + i * page, (int)(i % 127 + 1), page);
	for (int look = 0; look < TARGET_LOOKS; look++) {
		if (changed_pages(at))
			wrong("target: %zu pages have other contents", changed_pages(at));
		if (hardship_is(RIVALS))
			calls_migrate(&rng, getppid());
		usleep(LOOK_INTERVAL_US);
	}
	_exit(0);
}

void target_start(void)
{
	pid_t pid = fork();

	if (pid == 0)
		be_target();
	if (pid < 0)
		no_child();
	atomic_store(&target, pid > 0 ? pid : 0);
}

void target_end(void)
{
	pid_t pid = atomic_load(&target);

	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	wait_for(pid, SIGKILL);
}

pid_t target_pid(void)
{
	return atomic_load(&target);
}
