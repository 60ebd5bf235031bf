/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the library asks the kernel at first use leaves nothing behind, and may be asked anywhere.
 * Each test is a process of its own, in which the library has not been used.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "common.h"

enum { PAGES = 8, DESCRIPTORS = 256, MAPS = 1 << 16, CROWD = 16, SMALL_STACK = 16384 };

static struct nodes here, nowhere;

/* Every function; the line of what went wrong. Memory at is on the first node. */
static int use_all(char *at, int pid)
{
	struct strictbind_report report = new_report();
	struct strictbind_fact fact = { .size = sizeof(fact) };
	unsigned long pages[64], unknown;

	EXPECT(strictbind_mbind(at, PAGES * PAGE, MPOL_BIND, here.words, NODES_MAXNODE,
				STRICT | MOVE) == 0);
	EXPECT(strictbind_mbind(at, PAGES * PAGE, MPOL_BIND, here.words, NODES_MAXNODE, STRICT) ==
	       0);
	EXPECT(strictbind_mbind_opt(at, PAGES * PAGE, MPOL_BIND, here.words, NODES_MAXNODE, MOVE,
				    NULL, &report) == 0);
	EXPECT(report.unmoved == 0);
	EXPECT(strictbind_mbind(at, PAGES * PAGE, MPOL_DEFAULT, NULL, 0, 0) == 0);
	EXPECT(strictbind_migrate_pages(pid, NODES_MAXNODE, nowhere.words, here.words) == 0);
	report = new_report();
	EXPECT(strictbind_migrate_pages_opt(pid, NODES_MAXNODE, nowhere.words, here.words, NULL,
					    &report) == 0);
	EXPECT(strictbind_locate(0, at, PAGES * PAGE, pages, 64, &unknown) == 0);
	EXPECT(pages[NODE(0)] == PAGES && unknown == 0);
	for (unsigned i = 0; strictbind_kernel(i, &fact) == 1; i++)
		EXPECT(*fact.name);
	EXPECT(*strictbind_version());
	return 0;
}

struct state {
	char open[DESCRIPTORS];
	char maps[MAPS];
	char status[4096];
	int mode;
	struct nodes nodes;
};

static void slurp(const char *path, char *to, size_t size)
{
	size_t used = 0;
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	memset(to, 0, size);
	while (fd >= 0 && (got = read(fd, to + used, size - 1 - used)) > 0)
		used += (size_t)got;
	if (fd >= 0)
		close(fd);
}

static void look(struct state *state)
{
	for (int i = 0; i < DESCRIPTORS; i++)
		state->open[i] = fcntl(i, F_GETFD) >= 0;
	slurp("/proc/self/maps", state->maps, sizeof(state->maps));
	slurp("/proc/self/status", state->status, sizeof(state->status));
	state->mode = -1;
	state->nodes = nodes_none();
	raw_get_mempolicy(&state->mode, state->nodes.words, NODES_MAXNODE, NULL, 0);
}

static bool one_thread(const struct state *state)
{
	return !*state->status || strstr(state->status, "\nThreads:\t1\n");
}

static int leaves_nothing(void *arg)
{
	static struct state before, after;
	sigset_t mask_before, mask_after;
	char *at = pages_on(PAGES, NODE(0));
	int line;

	(void)arg;
	/* The kernel fills in a part. */
	memset(&mask_before, 0, sizeof(mask_before));
	memset(&mask_after, 0, sizeof(mask_after));
	sigprocmask(SIG_SETMASK, NULL, &mask_before);
	look(&before);
	look(&before);
	line = use_all(at, 0);
	look(&after);
	sigprocmask(SIG_SETMASK, NULL, &mask_after);
	EXPECT(line == 0);
	EXPECT(!memcmp(before.open, after.open, sizeof(before.open)));
	EXPECT(!strcmp(before.maps, after.maps));
	EXPECT(one_thread(&after));
	EXPECT(before.mode == after.mode && nodes_equal(&before.nodes, &after.nodes));
	EXPECT(!memcmp(&mask_before, &mask_after, sizeof(mask_before)));
	EXPECT(intact(at, PAGES));
	return 0;
}

START_TEST(nothing_is_left_behind)
{
	ASSERT_CHILD(leaves_nothing, NULL);
}
END_TEST

/* A task policy of the caller's own is not touched, and does not mislead the probe. */
static int leaves_policy(void *arg)
{
	int mode = *(int *)arg;
	struct nodes last = nodes_one(NODE(machine()->node_count - 1));

	EXPECT(raw_set_mempolicy(mode, mode == MPOL_DEFAULT ? NULL : last.words,
				 mode == MPOL_DEFAULT ? 0 : NODES_MAXNODE) == 0);
	return leaves_nothing(NULL);
}

START_TEST(policy_of_the_task_is_left)
{
	static int modes[] = { MPOL_DEFAULT, MPOL_BIND, MPOL_INTERLEAVE, MPOL_PREFERRED };

	for (int i = 0; i < 4; i++)
		ASSERT_CHILD(leaves_policy, &modes[i]);
}
END_TEST

static pthread_barrier_t gate;

struct one {
	char *at;
	int line;
	pthread_t thread;
};

static void *use_at_once(void *arg)
{
	struct one *one = arg;

	pthread_barrier_wait(&gate);
	one->line = use_all(one->at, 0);
	return NULL;
}

static int many_threads(void *arg)
{
	struct one crowd[CROWD];

	(void)arg;
	EXPECT(pthread_barrier_init(&gate, NULL, CROWD) == 0);
	for (int i = 0; i < CROWD; i++) {
		crowd[i].at = pages_on(PAGES, NODE(0));
		EXPECT(pthread_create(&crowd[i].thread, NULL, use_at_once, &crowd[i]) == 0);
	}
	for (int i = 0; i < CROWD; i++)
		pthread_join(crowd[i].thread, NULL);
	for (int i = 0; i < CROWD; i++) {
		if (crowd[i].line)
			return crowd[i].line;
		EXPECT(intact(crowd[i].at, PAGES));
	}
	return 0;
}

START_TEST(many_threads_at_once)
{
	ASSERT_CHILD(many_threads, NULL);
}
END_TEST

static char *handler_memory;
static volatile sig_atomic_t handler_line;

static void handler(int number)
{
	int error = errno;

	(void)number;
	handler_line = use_all(handler_memory, 0);
	errno = error;
}

/* Below the stack there is nothing: what needs more dies. */
static char *guarded_stack(size_t size)
{
	char *low =
		mmap(NULL, size + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (low == MAP_FAILED)
		return NULL;
	mprotect(low, PAGE, PROT_NONE);
	return low + PAGE;
}

static int in_a_handler(void *arg)
{
	stack_t stack = { .ss_sp = guarded_stack(SMALL_STACK), .ss_size = SMALL_STACK };
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_ONSTACK };

	(void)arg;
	handler_memory = pages_on(PAGES, NODE(0));
	handler_line = -2;
	EXPECT(stack.ss_sp && sigaltstack(&stack, NULL) == 0);
	EXPECT(sigaction(SIGUSR1, &action, NULL) == 0);
	raise(SIGUSR1);
	return handler_line;
}

START_TEST(signal_handler_on_a_small_stack)
{
	ASSERT_CHILD(in_a_handler, NULL);
}
END_TEST

static int in_a_small_thread(void *arg)
{
	struct one one = { .line = -2 };
	pthread_attr_t attr;

	(void)arg;
	EXPECT(pthread_barrier_init(&gate, NULL, 1) == 0);
	one.at = pages_on(PAGES, NODE(0));
	pthread_attr_init(&attr);
	EXPECT(pthread_attr_setstacksize(&attr, (size_t)PTHREAD_STACK_MIN) == 0);
	EXPECT(pthread_create(&one.thread, &attr, use_at_once, &one) == 0);
	pthread_join(one.thread, NULL);
	return one.line;
}

START_TEST(thread_with_the_smallest_stack)
{
	ASSERT_CHILD(in_a_small_thread, NULL);
}
END_TEST

static int in_fork_child(void *arg)
{
	return use_all(pages_on(PAGES, NODE(0)), 0) ? *(int *)arg : 0;
}

/* Used before the fork, and again after it. */
static int used_then_forked(void *arg)
{
	int line = use_all(pages_on(PAGES, NODE(0)), 0);

	if (line)
		return line;
	return in_child(in_fork_child, arg);
}

START_TEST(fork_child)
{
	int line = __LINE__;

	ASSERT_CHILD(in_fork_child, &line);
	ASSERT_CHILD(used_then_forked, &line);
}
END_TEST

/* The child has the memory of its parent, and the parent goes on with what it did there. */
static int in_vfork_child(void *arg)
{
	char *at = pages_on(PAGES, NODE(0));
	static volatile int line = -2;
	pid_t pid;
	int status;

	(void)arg;
	pid = vfork();
	if (pid == 0) {
		line = use_all(at, 0);
		_exit(0);
	}
	EXPECT(pid > 0 && waitpid(pid, &status, 0) == pid);
	if (line)
		return line;
	return use_all(at, 0);
}

START_TEST(vfork_child)
{
	ASSERT_CHILD(in_vfork_child, NULL);
}
END_TEST

/* ---- what it asks ---- */

/*
 * What a first call may come to: about a hundred microseconds. A socket, a ring or a process would
 * be some milliseconds, which every process under the preload library would pay.
 */
enum { MOST_CALLS = 64 };

static char *first_memory;
static bool as_user;

static void prepare_first(void *arg)
{
	(void)arg;
	if (as_user && become_nobody())
		_exit(1);
	machine_again();
	first_memory = pages_on(PAGES, NODE(0));
	stop_numa_balancing();
}

static int bind_here(int mode, unsigned flags, struct strictbind_report *report)
{
	const unsigned long *mask = mode == MODE_LOCAL || mode == MPOL_DEFAULT ? NULL : here.words;

	EXPECT(strictbind_mbind_opt(first_memory, PAGES * PAGE, mode, mask,
				    mask ? NODES_MAXNODE : 0, flags, NULL, report) == 0);
	return 0;
}

static int first_strict_move(void *arg)
{
	(void)arg;
	return bind_here(MPOL_BIND, STRICT | MOVE, NULL);
}

static int first_move_with_report(void *arg)
{
	struct strictbind_report report = new_report();

	(void)arg;
	return bind_here(MPOL_BIND, STRICT | MOVE, &report);
}

static int first_fallback(void *arg)
{
	struct strictbind_report report = new_report();

	(void)arg;
	return bind_here(MPOL_INTERLEAVE, MOVE, &report);
}

static int first_local(void *arg)
{
	struct strictbind_report report = new_report();

	(void)arg;
	return bind_here(MODE_LOCAL, STRICT | MOVE, &report);
}

static int first_strict(void *arg)
{
	(void)arg;
	return bind_here(MPOL_BIND, STRICT, NULL);
}

static int first_default(void *arg)
{
	(void)arg;
	return bind_here(MPOL_DEFAULT, MOVE, NULL);
}

/* Elsewhere, where there is another node: pages are moved. */
static int first_away(void *arg)
{
	struct nodes last = nodes_one(NODE(machine()->node_count - 1));

	(void)arg;
	EXPECT(strictbind_mbind(first_memory, PAGES * PAGE, MPOL_BIND, last.words, NODES_MAXNODE,
				STRICT | MOVE) == 0);
	return 0;
}

static int first_hole(void *arg)
{
	(void)arg;
	EXPECT(answer(strictbind_mbind(first_memory, 2 * PAGES * PAGE, MPOL_BIND, here.words,
				       NODES_MAXNODE, STRICT | MOVE)) == -EFAULT);
	return 0;
}

static int first_migration(void *arg)
{
	(void)arg;
	EXPECT(strictbind_migrate_pages(0, NODES_MAXNODE, nowhere.words, here.words) == 0);
	return 0;
}

static int first_location(void *arg)
{
	unsigned long pages[64];

	(void)arg;
	EXPECT(strictbind_locate(0, first_memory, PAGES * PAGE, pages, 64, NULL) == 0);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(void *arg);
} first_calls[] = {
	{ "BIND, STRICT|MOVE", first_strict_move },
	{ "BIND, STRICT|MOVE, report", first_move_with_report },
	{ "BIND, STRICT|MOVE, to another node", first_away },
	{ "BIND, STRICT|MOVE, hole", first_hole },
	{ "INTERLEAVE, MOVE, report", first_fallback },
	{ "LOCAL, STRICT|MOVE, report", first_local },
	{ "BIND, STRICT", first_strict },
	{ "DEFAULT, MOVE", first_default },
	{ "migrate_pages", first_migration },
	{ "locate", first_location },
};

/* None of these on any kernel. */
static const struct {
	long number;
	const char *name;
} too_dear[] = {
	{ SYS_socket, "socket" },	  { SYS_socketpair, "socketpair" },
	{ SYS_setsockopt, "setsockopt" }, { SYS_perf_event_open, "perf_event_open" },
	{ SYS_clone, "clone" },		  { SYS_membarrier, "membarrier" },
};

static void check_first_call(size_t which)
{
	static struct seen_calls seen;
	int line = calls_of(prepare_first, first_calls[which].run, NULL, &seen);

	ck_assert_msg(line == 0, "%s: in the child: line %d", first_calls[which].name, line);
	for (size_t i = 0; i < sizeof(too_dear) / sizeof(*too_dear); i++)
		ck_assert_msg(calls_with(&seen, too_dear[i].number) == 0, "%s: %s is called",
			      first_calls[which].name, too_dear[i].name);
	printf("first call%s, %s: %zu system calls\n", as_user ? " as a user" : "",
	       first_calls[which].name, seen.count);
	ck_assert_msg(seen.count <= MOST_CALLS, "%s: %zu system calls", first_calls[which].name,
		      seen.count);
}

START_TEST(first_calls_are_few)
{
	SKIP_IF(!can_trace(), "a child cannot be traced");
	for (int user = 0; user < 2; user++)
		for (size_t i = 0; i < sizeof(first_calls) / sizeof(*first_calls); i++) {
			as_user = user;
			check_first_call(i);
		}
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, first_calls_are_few);
	tcase_add_test(tests, nothing_is_left_behind);
	tcase_add_test(tests, policy_of_the_task_is_left);
	tcase_add_test(tests, many_threads_at_once);
	tcase_add_test(tests, signal_handler_on_a_small_stack);
	tcase_add_test(tests, thread_with_the_smallest_stack);
	tcase_add_test(tests, fork_child);
	tcase_add_test(tests, vfork_child);
}

int main(void)
{
	run_on_node(NODE(0));
	here = nodes_one(NODE(0));
	nowhere = nodes_none();
	return run_suite_here("first_use", add);
}
