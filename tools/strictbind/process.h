/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Another process: its mappings, their policies, and where their pages are. */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "nodes.h"

/* What nodes a mapping is judged by. */
enum judged_by {
	BY_POLICY, /* those that its policy names */
	BY_CPUSET, /* its policy names none: those that the process may use */
	BY_ASKED   /* its policy names none: those of --nodes */
};

/* How a policy chooses between its nodes, as far as that matters here. */
enum spread { SPREAD_NONE, SPREAD_EVEN, SPREAD_WEIGHTED };

struct mapping {
	unsigned long start;
	unsigned long end;
	const char *name;	   /* of the file, or "[heap]" and its like, or "" */
	const char *policy;	   /* as the kernel writes it, for the process's first thread */
	const struct nodes *nodes; /* that the policy names; after judge(): where pages belong */
	unsigned long *pages;	   /* base pages on each node */
	unsigned long present;	   /* on all nodes */
	unsigned long anonymous;   /* of these, those of no file */
	unsigned long misplaced;   /* not on these nodes; with --spread also too many on one */
	unsigned long page_kib;	   /* of a page as numa_maps counts them */
	enum judged_by judged_by;  /* where the nodes come from */
	char permissions[5];
	bool file;	     /* a file of some kind, memory files among them */
	bool huge;	     /* hugetlb */
	bool sharing;	     /* some page is mapped more than once */
	bool threads_differ; /* the policy is that of the thread, and not all have the same */
	bool judged;	     /* pages can be misplaced; as the field behind, set by judge() */
	bool uneven;	     /* pages are not spread over the nodes as the policy asks */
	bool huge_mapped;    /* some are of transparent huge pages; set by process_find_huge() */
};

/* The policy of some threads, for mappings that have none of their own. */
struct thread_policy {
	char *text;
	struct nodes nodes;
	unsigned long threads;
};

/* Memory that is freed all at once. */
struct pool {
	void **items;
	size_t count;
};

struct process {
	int pid;
	char name[32];
	unsigned long long started;
	unsigned long threads;
	bool has_memory; /* it is no kernel thread */
	struct mapping *mappings;
	size_t count;
	bool huge_found;	 /* process_find_huge() was asked */
	bool has_file;		 /* of the mappings, one is of a file that is not written to: */
	size_t file;		 /* the first of them */
	unsigned long present;	 /* pages of all mappings */
	unsigned long misplaced; /* the same, set by judge() */
	size_t map_count;	 /* as the kernel counts them for vm.max_map_count */
	int nodes;		 /* the highest with memory, plus one */
	/* What threads_read() finds out. */
	struct nodes allowed;		/* nodes that some thread may use; empty: not told */
	const char *thread_policy;	/* of the first thread; NULL: not told */
	struct thread_policy *policies; /* of all threads looked at, if they differ */
	size_t policy_count;
	unsigned long threads_seen;
	/* Why it cannot be read: the file, and errno. */
	const char *bad_file;
	int error;
	struct pool kept; /* what all the pointers above point to */
	struct pool sets;
	unsigned long *pages_left; /* room for numbers of pages */
};

enum process_state {
	PROCESS_FINE,
	PROCESS_GONE,	 /* there is none, or it has ended meanwhile */
	PROCESS_EMPTY,	 /* it has no memory: a kernel thread, or one that is ending */
	PROCESS_REFUSED, /* no permission */
	PROCESS_LOST,	 /* whoever looked at it was kept waiting for too long */
	PROCESS_UNTOLD	 /* anything else */
};

/* The argument PID. */
int pid_argument(const char *text);

/* Ends the program with a line when there is no such process. */
void process_open(struct process *process, int pid);

bool process_exists(int pid);

/* Reads all mappings, once more where need be. Ends the program where it may not. */
void process_read(struct process *process);

/* The same two, for one of many: what is wrong is told, and nothing ends. */
enum process_state process_try_open(struct process *process, int pid);
enum process_state process_try_read(struct process *process);

/* Ends the program, with what to say about a process that is not PROCESS_FINE. */
_Noreturn void process_end(const struct process *process, enum process_state state);

void process_forget(struct process *process);

/* Ends the program when the process has ended meanwhile: nothing read since can be relied on. */
void process_check(const struct process *process);

/* Whether it is there as it was when it was opened. */
bool process_lives(const struct process *process);

/* Why a call about the process has failed; ends the program. */
_Noreturn void process_fail(const struct process *process, const char *what, int error);

/* A file of /proc/PID, ended with a zero byte; NULL with errno. */
char *process_file(int pid, const char *name);

/* Which mappings have transparent huge pages. Where it is not told they are taken to have some. */
void process_find_huge(struct process *process);

/* The same set as a pointer for mappings: there are many of these, and few sets. */
const struct nodes *process_set(struct process *process, const struct nodes *nodes);

/* The mapping with this address, or NULL; they are in the order of addresses. */
struct mapping *process_mapping(const struct process *process, unsigned long address);

/* What to call its policy in a table. */
const char *mapping_policy(const struct mapping *mapping);

/* ---- policies as the kernel writes them ---- */

/* How long the name of a policy and its nodes are. */
size_t policy_length(const char *text);
struct nodes policy_nodes(const char *text);
enum spread policy_spread(const char *text);
/* Its pages are moved to the nodes of their users while NUMA balancing is on. */
bool policy_is_balanced(const char *text);

#endif
