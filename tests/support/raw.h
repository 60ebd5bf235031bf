/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The system calls themselves, without libnuma and without the library under test. */
#ifndef TESTS_RAW_H
#define TESTS_RAW_H

#include <linux/mempolicy.h>
#include <sys/syscall.h>

/* Of 5.14, the same on every architecture. */
#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

/* Modes younger than the kernel headers this may be compiled with. */
enum {
	MODE_LOCAL = 4,
	MODE_PREFERRED_MANY = 5,
	MODE_WEIGHTED_INTERLEAVE = 6,
};

enum {
	MODE_STATIC_NODES = 1 << 15,
	MODE_RELATIVE_NODES = 1 << 14,
	MODE_NUMA_BALANCING = 1 << 13, /* 5.12 */
	MODE_FLAGS = MODE_STATIC_NODES | MODE_RELATIVE_NODES,
};

#define STRICT ((unsigned)MPOL_MF_STRICT)
#define MOVE ((unsigned)MPOL_MF_MOVE)
#define MOVE_ALL ((unsigned)MPOL_MF_MOVE_ALL)

long raw_mbind(void *addr, unsigned long len, int mode, const unsigned long *nodemask,
	       unsigned long maxnode, unsigned flags);
long raw_migrate_pages(int pid, unsigned long maxnode, const unsigned long *old_nodes,
		       const unsigned long *new_nodes);
long raw_move_pages(int pid, unsigned long count, void **pages, const int *nodes, int *status,
		    int flags);
long raw_get_mempolicy(int *mode, unsigned long *nodemask, unsigned long maxnode, const void *addr,
		       unsigned long flags);
long raw_set_mempolicy(int mode, const unsigned long *nodemask, unsigned long maxnode);

#endif
