/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Another process: its mappings, their policies, and where their pages are. */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "nodes.h"

struct mapping {
	unsigned long start;
	unsigned long end;
	char permissions[5];
	const char *name;	/* of the file, or "[heap]" and its like, or "" */
	bool file;		/* a file of some kind, memory files among them */
	bool huge;		/* hugetlb */
	unsigned long page_kib; /* of a page as numa_maps counts them */
	bool sharing;		/* some page is mapped more than once */
	const char *policy;
	bool judged; /* the policy binds pages to nodes */
	struct nodes nodes;
	unsigned long *pages; /* base pages on each node */
	unsigned long present;
	unsigned long misplaced;
};

struct process {
	int pid;
	char name[32];
	unsigned long long started;
	bool has_memory; /* it is no kernel thread */
	struct mapping *mappings;
	size_t count;
	int nodes; /* the highest with memory, plus one */
	char *maps_text;
	char *numa_text;
};

/* The argument PID. */
int pid_argument(const char *text);

/* Ends the program with a line when there is no such process. */
void process_open(struct process *process, int pid);

bool process_exists(int pid);

/* Reads all mappings, once more where need be. Ends the program where it may not. */
void process_read(struct process *process);
void process_forget(struct process *process);

/* Ends the program when the process has ended meanwhile: nothing read since can be relied on. */
void process_check(const struct process *process);

/* Why a call about the process has failed; ends the program. */
_Noreturn void process_fail(const struct process *process, const char *what, int error);

#endif
