/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scenes and calls that several of these programs need. */
#ifndef CONTRACT_COMMON_H
#define CONTRACT_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <strictbind.h>
#include <sys/types.h>

#include "machine.h"
#include "nodes.h"
#include "observe.h"
#include "pins.h"
#include "raw.h"
#include "rights.h"
#include "rings.h"
#include "space.h"
#include "suite.h"

#define PAGE (machine()->page)
/* The i-th node with memory. */
#define NODE(i) (machine()->node[i])

#define NEED_NODES(n) SKIP_IF(machine()->node_count < (n), "needs %d nodes", n)

/* run_suite() without a process for each test: forked pages would be shared with the runner. */
int run_suite_here(const char *name, void (*add)(TCase *tests));

/* Private memory whose pages are on a node and hold known bytes; no policy is left on it. */
char *pages_on(size_t pages, int node);
/* The same at an address where something may be mapped. */
void pages_at(char *at, size_t pages, int node, int sharing);
/* One transparent or hugetlb page; NULL when it cannot be had. */
char *thp_on(int node);
char *hugetlb_on(int node);

/* Pages hold what pages_on() wrote. */
bool intact(const char *at, size_t pages);
size_t count_on(const char *at, size_t pages, int node);

/* A process that shares what was mapped when it was started, and sleeps. */
pid_t start_sleeper(void);
void end_sleeper(pid_t pid);

/* Run in a process of its own; the value that the function returned, or -1 when it crashed. */
int in_child(int (*run)(void *arg), void *arg);

/* For functions that run in a child: the line of what was not so. */
#define EXPECT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition))                                                                  \
			return __LINE__;                                                           \
	} while (0)

/* In the test: that child must have returned 0. */
#define ASSERT_CHILD(run, arg)                                                                     \
	do {                                                                                       \
		int line_ = in_child(run, arg);                                                    \
		ck_assert_msg(line_ == 0, "in the child: line %d of %s", line_, #run);             \
	} while (0)

/* With values that no call leaves, so that one that is not written shows. */
struct strictbind_report new_report(void);

/* mbind to one node, without and with report. */
long bind_to(void *at, size_t pages, int node, unsigned flags);
long bind_report(void *at, size_t pages, int node, unsigned flags,
		 struct strictbind_report *report);

/* What a call answered, in one number: the result, or the errno negated. */
long answer(long result);

#endif
