/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int run_suite_here(const char *name, void (*add)(TCase *tests))
{
	setenv("CK_FORK", "no", 0);
	return run_suite(name, add);
}

static char content(size_t page)
{
	return (char)(page % 251 + 1);
}

static void bind_and_fill(char *at, size_t pages, int node)
{
	struct nodes set = nodes_one(node);

	raw_mbind(at, pages * PAGE, MPOL_BIND, set.words, NODES_MAXNODE, 0);
	for (size_t i = 0; i < pages; i++)
		memset(at + i * PAGE, content(i), 16);
	raw_mbind(at, pages * PAGE, MPOL_DEFAULT, NULL, 0, 0);
}

void pages_at(char *at, size_t pages, int node, int sharing)
{
	char *got = mmap(at, pages * PAGE, PROT_READ | PROT_WRITE,
			 sharing | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	/* Not ck_assert(): this is also used in processes that are not under Check. */
	if (got != at)
		abort();
	bind_and_fill(at, pages, node);
}

char *pages_on(size_t pages, int node)
{
	char *at = space(pages);

	pages_at(at, pages, node, MAP_PRIVATE);
	/* Where THP is on for all, base pages are wanted all the same. */
	if (pages >= HUGE_PAGES && count_on(at, pages, node) == pages)
		madvise(at, pages * PAGE, MADV_NOHUGEPAGE);
	return at;
}

char *thp_on(int node)
{
	struct nodes set = nodes_one(node);
	char *at = space(HUGE_PAGES);

	if (!has_thp() || mmap(at, machine()->huge, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != at)
		return NULL;
	madvise(at, machine()->huge, MADV_HUGEPAGE);
	raw_mbind(at, machine()->huge, MPOL_BIND, set.words, NODES_MAXNODE, 0);
	*at = 1;
	/* One touch has populated all of it, or it is not huge. */
	if (node_of(at + machine()->huge - PAGE) != node) {
		unmap(at, HUGE_PAGES);
		return NULL;
	}
	bind_and_fill(at, HUGE_PAGES, node);
	return at;
}

char *hugetlb_on(int node)
{
	char *at = space(HUGETLB_PAGES);

	if (free_hugetlb_on(node) < 1 ||
	    mmap(at, machine()->hugetlb, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_HUGETLB, -1, 0) != at)
		return NULL;
	bind_and_fill(at, HUGETLB_PAGES, node);
	return at;
}

bool intact(const char *at, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		if (at[i * PAGE] != content(i) || at[i * PAGE + 15] != content(i))
			return false;
	return true;
}

size_t count_on(const char *at, size_t pages, int node)
{
	size_t found = 0;
	int nodes[64];

	for (size_t i = 0; i < pages; i += 64) {
		size_t n = pages - i < 64 ? pages - i : 64;

		nodes_of(at + i * PAGE, n, nodes);
		for (size_t j = 0; j < n; j++)
			found += nodes[j] == node;
	}
	return found;
}

pid_t start_sleeper(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

void end_sleeper(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int in_child(int (*run)(void *arg), void *arg)
{
	int *result = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status, value;
	pid_t pid;

	if (result == MAP_FAILED)
		return -1;
	*result = -1;
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		*result = run(arg);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	value = WIFEXITED(status) ? *result : -1;
	munmap(result, PAGE);
	return value;
}

struct strictbind_report new_report(void)
{
	static const char nowhere;

	return (struct strictbind_report){ .size = sizeof(struct strictbind_report),
					   .unmoved = 7777,
					   .shared = 7777,
					   .first_unmoved = &nowhere,
					   .first_status = 7777 };
}

long bind_to(void *at, size_t pages, int node, unsigned flags)
{
	struct nodes set = nodes_one(node);

	return strictbind_mbind(at, pages * PAGE, MPOL_BIND, set.words, NODES_MAXNODE, flags);
}

long bind_report(void *at, size_t pages, int node, unsigned flags, struct strictbind_report *report)
{
	struct nodes set = nodes_one(node);

	*report = new_report();
	return strictbind_mbind_opt(at, pages * PAGE, MPOL_BIND, set.words, NODES_MAXNODE, flags,
				    NULL, report);
}

long answer(long result)
{
	return result < 0 ? -errno : result;
}
