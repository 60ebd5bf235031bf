/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A simulated kernel behind the library's table of system calls. It stands in for kernels that are
 * not to be had, for machines with other nodes, and for everything that can be refused or fail.
 *
 * Only what the library uses is there. Memory that the library maps for its probes is mapped for
 * real as well, since the library touches it. The memory of the tests exists in the model only.
 */
#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "space.h"

/* When and how mbind looks for holes. */
enum fake_holes {
	FAKE_HOLES_FIRST, /* before anything else; no kernel does */
	FAKE_HOLES_2_6, /* behind each mapping, on coming to the next; not at the head of the range
			 */
	FAKE_HOLES_4_0, /* the same, and the head while setting the policy, also for MPOL_DEFAULT */
	FAKE_HOLES_5_5, /* on coming to each mapping, behind it */
};

/* Where mbind puts a merged page: its policy is looked for by address, which KSM pages have not. */
enum fake_merged {
	FAKE_MERGED_BY_POLICY, /* found without an address */
	FAKE_MERGED_BY_TASK,   /* not found: to where the calling thread allocates */
	FAKE_MERGED_FAILS,     /* not found: taken for a lack of memory, which ends the migration */
};

/* One release, or one that never was. */
struct fake_kernel {
	const char *release;
	enum fake_holes holes;
	bool strict_ignores_misplaced; /* Q1 */
	bool stops_at_unmovable;       /* Q2 */
	bool misses_unmovable;	       /* Q3 */
	bool half_done_before_hole;    /* Q5 */
	bool unisolated_not_counted;   /* Q7 */
	bool huge_counts_as_one;       /* Q8 */
	bool query_misses_prot_none;   /* Q9 */
	bool strict_ignores_hugetlb;   /* Q11 */
	bool query_misses_secret;      /* Q13 */
	bool leaves_headless; /* a large page whose first page is not mapped is taken for shared */
	enum fake_merged merged;
	bool huge_first;     /* hugetlb pages are migrated before all others */
	bool collects_there; /* move_pages goes on collecting behind a page that is there already */
	bool counts_one_less; /* move_pages does not count one of the pages that stay at the list's
				 end */
	bool device_is_fault; /* move_pages query of a device page: EFAULT, else ENOENT */
	bool untouched_is_fault; /* move_pages query of a page never touched: EFAULT, else ENOENT */
	bool fails_at_migrating; /* EIO for a huge page that is just being moved, STRICT or not */
	bool numa_balancing_flag; /* MPOL_F_NUMA_BALANCING */
	bool ring_is_device;	  /* a perf ring is a device mapping */
	bool told_exclusive;	  /* page map bit 56 */
	bool thread_self;	  /* /proc/thread-self */
	bool pagemap_scan;
	bool procmap_query;
	bool secretmem;	       /* memfd_secret */
	bool hugetlb_moves;    /* mbind and migrate_pages move hugetlb pages */
	bool merges_new_nodes; /* migrate_pages: new nodes that are not allowed are left out */
	int modes;	       /* MPOL_MAX */
};

const struct fake_kernel *fake_kernel(const char *release);

/* For loops over all of them. */
extern const struct fake_kernel fake_kernels[];
extern const int fake_kernel_count;

/* Has no quirk at all. */
const struct fake_kernel *fake_perfect_kernel(void);

enum { FAKE_RULES = 8, FAKE_FILES = 16, FAKE_UNREADABLE = 4 };

/* A system call that fails. */
struct fake_rule {
	bool used;
	long number; /* -1: any */
	int error;
	unsigned skip;	  /* so many such calls pass before */
	unsigned times;	  /* so many fail; 0: all */
	const char *path; /* openat: only of paths with this in them */
};

enum fake_file_kind {
	FAKE_MAPS,
	FAKE_NUMA_MAPS,
	FAKE_PAGEMAP,
	FAKE_AUXV,
	FAKE_STATUS,
	FAKE_CPULIST,
	FAKE_HUGE_SIZE, /* of transparent huge pages */
	/* These are there when text_of has something for them. */
	FAKE_NODES_ONLINE,
	FAKE_NODES_WITH_MEMORY,
	FAKE_MAX_MAP_COUNT,
	FAKE_SMAPS,
	FAKE_MOUNTINFO,
	FAKE_UID_MAP,
	FAKE_MEMINFO,	       /* of every node */
	FAKE_FREE_HUGEPAGES,   /* the same */
	FAKE_THREADS,	       /* a directory: the name of a thread in each line */
	FAKE_THREAD_NUMA_MAPS, /* of each of them */
	FAKE_FILE_KINDS,
	FAKE_PERF_EVENT,
	FAKE_PACKET_SOCKET,
	FAKE_SECRET_FILE,
	FAKE_PROCESS,
};

struct fake_file {
	bool open;
	enum fake_file_kind kind;
	char *text;
	size_t length;
	size_t at;
};

struct fake_range {
	unsigned long start;
	unsigned long end;
};

enum { FAKE_PID = 4242 };

struct fake {
	struct fake_kernel kernel;
	struct fake_space space;

	struct fake_nodes memory;  /* nodes with memory */
	struct fake_nodes allowed; /* by the cpuset */
	int local;		   /* node of the CPU */
	int kernel_nodes;	   /* MAX_NUMNODES */
	long room[FAKE_MAX_NODES]; /* pages that still fit on a node, -1: any number */
	long pool[FAKE_MAX_NODES]; /* free hugetlb pages of a node, -1: any number */
	int busy;	/* move_pages moves nothing to this node though it has room, -1: none */
	bool nice;	/* CAP_SYS_NICE */
	bool filtered;	/* a seccomp filter is on the process, which the rules below stand for */
	bool frames;	/* CAP_SYS_ADMIN: the page map tells page frames */
	bool secretmem; /* not disabled */
	bool perf;	/* perf_event_open permitted */
	bool packet;	/* AF_PACKET permitted */
	bool proc;	/* /proc is mounted */
	unsigned long resident_kb; /* what /proc/PID/status says */
	unsigned migrating;	   /* sched_yield calls until FAKE_MIGRATING pages are movable */

	struct fake_rule rules[FAKE_RULES];
	unsigned fail_at[2]; /* fails whatever the so-many-th call is; 0: none */
	int fail_error;
	unsigned read_max;		      /* bytes that a read gets, 0: as many as asked for */
	bool pagemap_zero;		      /* the page map reads as zeros */
	const char *text_of[FAKE_FILE_KINDS]; /* instead of what belongs into the file */
	size_t size_of[FAKE_FILE_KINDS];      /* of that; 0: up to its first zero byte */
	struct fake_range unreadable[FAKE_UNREADABLE];

	/* Called before the so-many-th call; may change the space. */
	void (*before_call)(unsigned call);

	unsigned calls;
	unsigned call_limit; /* more than these are an endless loop */
	unsigned calls_of[512];
	const char *misuse; /* a call that no kernel takes, or NULL */
	struct fake_file files[FAKE_FILES];
};

extern struct fake fake;

/* A process with nothing but code and stack on this kernel, and a library that knows nothing yet.
 */
void fake_boot(const struct fake_kernel *kernel, int nodes);

/* As above, and the process stays. The library has to ask anew. */
void fake_forget_answers(void);

/* From now on that call fails. Returns the rule, to be refined. */
struct fake_rule *fake_fail(long number, int error);
void fake_heal(void);

void fake_make_unreadable(const void *start, size_t size);
bool fake_readable(unsigned long start, unsigned long size);

/* Starts counting at 0. */
void fake_count(void);

unsigned fake_calls_of(long number);

/* NULL, or what the library left behind or did wrong. */
const char *fake_leftover(void);

/* mbind(2) of the simulated kernel, without the library. Returns 0 or a negative errno. */
long fake_raw_mbind(unsigned long start, unsigned long len, int mode, const unsigned long *mask,
		    unsigned long maxnode, unsigned flags);

#endif
