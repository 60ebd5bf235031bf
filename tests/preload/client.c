/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program that knows nothing of the library: client CASE [ERRNO]. ERRNO is what judge() is to
 * return, EFAULT unless told. Exit status 0, 1 with a line that says what was wrong, 77 skipped.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#if !defined(WITHOUT_LIBNUMA)
#include <numa.h>
#endif

long mbind(void *start, unsigned long len, int mode, const unsigned long *mask,
	   unsigned long maxnode, unsigned flags);
long migrate_pages(int pid, unsigned long maxnode, const unsigned long *from,
		   const unsigned long *to);

#include "arch/arch.h"
#include "judge.h"

enum { CHILDREN = 8, CALLS = 50, SKIP = 77, UNTOUCHED = 4242 };

static int due = EFAULT;
static const unsigned long node0 = 1;

#define EXPECT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			printf("line %d: %s, errno %d\n", __LINE__, #condition, errno);            \
			return 1;                                                                  \
		}                                                                                  \
	} while (0)

static int judged_both_ways(void)
{
	EXPECT(judge(mbind) == due);
	EXPECT(judge(bind_by_syscall) == due);
	return 0;
}

static int migrated_both_ways(void)
{
	errno = UNTOUCHED;
	EXPECT(migrate_pages(0, 65, &node0, &node0) == 0);
	EXPECT(syscall(SYS_migrate_pages, 0, 65UL, &node0, &node0) == 0);
	EXPECT(errno == UNTOUCHED);
	return 0;
}

#if !defined(WITHOUT_LIBNUMA)

static int by_libnuma(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *at;

	EXPECT(numa_available() >= 0);
	EXPECT(judge(mbind) == due);
	EXPECT(migrate_pages(0, 65, &node0, &node0) == 0);
	/* Without /proc libnuma knows no node. */
	if (numa_bitmask_weight(numa_all_nodes_ptr))
		EXPECT(numa_migrate_pages(0, numa_all_nodes_ptr, numa_all_nodes_ptr) == 0);
	at = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EXPECT(at != MAP_FAILED);
	numa_set_strict(1);
	numa_tonode_memory(at, page, 0);
	return 0;
}

#else

static int by_libnuma(void)
{
	return SKIP;
}

#endif

static int by_syscall(void)
{
	EXPECT(judge(bind_by_syscall) == due);
	EXPECT(syscall(SYS_migrate_pages, 0, 65UL, &node0, &node0) == 0);
	EXPECT(syscall(SYS_migrate_pages, 0, 65UL, &node0, NULL) == -1 && errno == EINVAL);
	EXPECT(syscall(SYS_mbind, NULL, 0UL, 99, NULL, 0UL, 0U) == -1 && errno == EINVAL);
	return 0;
}

/* ---- everything else ---- */

static int six_arguments(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int fd = (int)syscall(SYS_memfd_create, "six", MFD_CLOEXEC);
	uint32_t word = 7, other = 8;
	char *at = mmap(NULL, 4 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	EXPECT(fd >= 0 && at != MAP_FAILED);
	EXPECT(syscall(SYS_pwrite64, fd, "second", 6UL, (long)page) == 6);
#if !defined(__s390x__) /* there it takes one argument, which points to the six */
	EXPECT(syscall(SYS_mmap, at + page, page, PROT_READ, MAP_SHARED | MAP_FIXED, fd,
		       (long)page) == (long)(at + page));
	EXPECT(memcmp(at + page, "second", 6) == 0);
#endif
	EXPECT(syscall(SYS_futex, &word, FUTEX_CMP_REQUEUE, 1, 2UL, &other, 7) == 0);
	EXPECT(syscall(SYS_futex, &word, FUTEX_CMP_REQUEUE, 1, 2UL, &other, 6) == -1 &&
	       errno == EAGAIN);
	return 0;
}

static int results(void)
{
	EXPECT(syscall(SYS_close, -1) == -1 && errno == EBADF);
	EXPECT(syscall(100000L) == -1 && errno == ENOSYS);
	EXPECT(syscall(-1L) == -1 && errno == ENOSYS);
	errno = UNTOUCHED;
	EXPECT(syscall(SYS_getpid) == getpid());
	EXPECT(errno == UNTOUCHED);
	return 0;
}

static int others_pass_through(void)
{
	return six_arguments() || results();
}

/* ---- children ---- */

static int status_of(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return status;
}

static int child_of_fork(pid_t pid)
{
	if (pid == 0)
		_exit(judged_both_ways() || migrated_both_ways() ? 1 : 0);
	EXPECT(pid > 0 && status_of(pid) == 0);
	return 0;
}

static int child_of_vfork(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(judge(mbind) == due && judge(bind_by_syscall) == due ? 0 : 1);
	EXPECT(pid > 0 && status_of(pid) == 0);
	return 0;
}

/* Calls nothing, as the parent returns over the same stack. */
static inline __attribute__((always_inline)) void leave(long status)
{
	sb_arch_syscall(SYS_exit_group, status, 0, 0, 0, 0, 0);
}

static __attribute__((noinline)) int child_of_bare_vfork(void)
{
#if defined(SYS_vfork)
	pid_t pid = (pid_t)syscall(SYS_vfork);
#else
	pid_t pid =
		(pid_t)syscall(SYS_clone, CLONE_VFORK | CLONE_VM | SIGCHLD, 0UL, NULL, NULL, 0UL);
#endif

	if (pid == 0)
		leave(5);
	EXPECT(pid > 0 && status_of(pid) == 5 << 8);
	return 0;
}

#if defined(__x86_64__)

static void on_other_stack(void)
{
	leave(judge(bind_by_syscall) == due ? 6 : 1);
}

/* The child returns from syscall() over the other stack: to what lies there. */
static int child_with_other_stack(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	uintptr_t *top = (uintptr_t *)(void *)(stack + sizeof(stack) - 64);
	pid_t pid;

	*top = (uintptr_t)on_other_stack;
	pid = (pid_t)syscall(SYS_clone, CLONE_VFORK | CLONE_VM | SIGCHLD, top, NULL, NULL, 0UL);
	EXPECT(pid > 0 && status_of(pid) == 6 << 8);
	return 0;
}

#else

static int child_with_other_stack(void)
{
	return 0;
}

#endif

static int children(void)
{
	return child_of_fork(fork()) ||
	       child_of_fork((pid_t)syscall(SYS_clone, SIGCHLD, 0UL, NULL, NULL, 0UL)) ||
	       child_of_vfork() || child_of_bare_vfork() || child_with_other_stack();
}

/* ---- places ---- */

static volatile sig_atomic_t in_handler = -1;

static void handler(int number)
{
	(void)number;
	in_handler = judged_both_ways() || migrated_both_ways();
}

static int signal_handler(void)
{
	struct sigaction action = { .sa_handler = handler };

	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	EXPECT(in_handler == 0);
	return 0;
}

/* Some mallocs keep as much of each thread's stack to themselves. */
enum { STACK_TAKEN = 2560 };

static void *thread(void *argument)
{
	volatile char taken[STACK_TAKEN];

	(void)(taken[0] = 0);
	*(int *)argument = judge(mbind) == due && judge(bind_by_syscall) == due &&
			   migrate_pages(0, 65, &node0, &node0) == 0;
	return NULL;
}

static int tiny_stack(void)
{
	pthread_attr_t attr;
	pthread_t id;
	int done = 0;

	pthread_attr_init(&attr);
	EXPECT(pthread_attr_setstacksize(&attr, (size_t)PTHREAD_STACK_MIN) == 0);
	EXPECT(pthread_create(&id, &attr, thread, &done) == 0);
	EXPECT(pthread_join(id, NULL) == 0);
	EXPECT(done);
	return 0;
}

/* The errno that each malloc() of the replacement got for its own call. */
static int inside_malloc(void)
{
	const int *judged = dlsym(RTLD_DEFAULT, "test_malloc_judged");
	const int *early = dlsym(RTLD_DEFAULT, "test_malloc_constructor_judged");
	const unsigned *calls = dlsym(RTLD_DEFAULT, "test_malloc_calls");

	EXPECT(judged && early && calls);
	for (int i = 0; i < 1000; i++) {
		/* Compilers leave out what nobody looks at. */
		void *volatile block = malloc(100);

		free(block);
	}
	EXPECT(*calls >= 1000 && *judged == due && *early == due);
	return judged_both_ways();
}

/* ---- later in life ---- */

static int refuse(int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mbind, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_migrate_pages, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(*code), code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int refused(int error, int used_before)
{
	if (used_before && judged_both_ways())
		return 1;
	if (refuse(error))
		return SKIP;
	EXPECT(judge(mbind) == error);
	EXPECT(judge(bind_by_syscall) == error);
	EXPECT(migrate_pages(0, 65, &node0, &node0) == -1 && errno == error);
	EXPECT(syscall(SYS_migrate_pages, 0, 65UL, &node0, &node0) == -1 && errno == error);
	return results();
}

static int seccomp_filter(void)
{
	for (int i = 0; i < 4; i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0)
			_exit(refused(i % 2 ? EPERM : ENOSYS, i / 2));
		status = status_of(pid);
		if (status == SKIP << 8)
			return SKIP;
		EXPECT(status == 0);
	}
	return 0;
}

static int privileges_dropped(void)
{
	if (getuid() != 0)
		return SKIP;
	EXPECT(setgid(1000) == 0 && setuid(1000) == 0);
	return judged_both_ways() || migrated_both_ways();
}

/* ---- for the trace ---- */

static int many_processes(void)
{
	pid_t pid[CHILDREN];
	int failed = 0;

	for (int i = 0; i < CHILDREN; i++) {
		pid[i] = fork();
		for (int call = 0; pid[i] == 0 && call < CALLS; call++)
			syscall(SYS_mbind, NULL, 0UL, MPOL_BIND, &node0, 65UL, 0U);
		if (pid[i] == 0)
			_exit(0);
	}
	for (int i = 0; i < CHILDREN; i++)
		failed |= status_of(pid[i]);
	return failed != 0;
}

static int bad_pointers(void)
{
	const unsigned long *nowhere = (const unsigned long *)8;

	EXPECT(mbind(NULL, 4096, MPOL_BIND, nowhere, 65, 0) == -1 && errno == EFAULT);
	EXPECT(mbind(NULL, 0, MPOL_BIND, nowhere, 1UL << 40, 0) == -1 && errno == EINVAL);
	EXPECT(migrate_pages(0, 65, nowhere, nowhere) == -1 && errno == EFAULT);
	EXPECT(migrate_pages(0, 1UL << 40, &node0, &node0) == -1 && errno == EINVAL);
	return 0;
}

static int all_words(void)
{
	static const unsigned long nodes[2] = { 0x2b, 1 };

	mbind(NULL, 0, MPOL_INTERLEAVE | 1 << 15, nodes, 128, MPOL_MF_MOVE | MPOL_MF_MOVE_ALL | 64);
	mbind(NULL, 0, 77, NULL, 0, 0);
	migrate_pages(-1, 65, &node0, &node0);
	return 0;
}

/* Lines of all lengths, and longer ones than there may be. */
static int long_lines(void)
{
	unsigned long nodes[16];

	for (int i = 0; i < 16; i++)
		nodes[i] = 0x5555555555555555;
	for (unsigned long maxnode = 1; maxnode <= 1025; maxnode += 4)
		mbind(NULL, 0, MPOL_BIND, nodes, maxnode, 64);
	return 0;
}

static int nothing(void)
{
	return 0;
}

static const struct {
	const char *name;
	int (*run)(void);
} cases[] = {
	{ "libnuma", by_libnuma },     { "syscall", by_syscall },
	{ "both", judged_both_ways },  { "others", others_pass_through },
	{ "children", children },      { "handler", signal_handler },
	{ "stack", tiny_stack },       { "malloc", inside_malloc },
	{ "seccomp", seccomp_filter }, { "dropped", privileges_dropped },
	{ "many", many_processes },    { "pointers", bad_pointers },
	{ "words", all_words },	       { "nothing", nothing },
	{ "long", long_lines },
};

int main(int argc, char **argv)
{
	if (argc > 2)
		due = atoi(argv[2]);
	for (size_t i = 0; argc > 1 && i < sizeof(cases) / sizeof(*cases); i++)
		if (strcmp(cases[i].name, argv[1]) == 0)
			return cases[i].run();
	return 2;
}
