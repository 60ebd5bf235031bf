/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "raw.h"

#include <sys/syscall.h>
#include <unistd.h>

long raw_mbind(void *addr, unsigned long len, int mode, const unsigned long *nodemask,
	       unsigned long maxnode, unsigned flags)
{
	return syscall(SYS_mbind, addr, len, (long)mode, nodemask, maxnode, (unsigned long)flags);
}

long raw_migrate_pages(int pid, unsigned long maxnode, const unsigned long *old_nodes,
		       const unsigned long *new_nodes)
{
	return syscall(SYS_migrate_pages, (long)pid, maxnode, old_nodes, new_nodes);
}

long raw_move_pages(int pid, unsigned long count, void **pages, const int *nodes, int *status,
		    int flags)
{
	return syscall(SYS_move_pages, (long)pid, count, pages, nodes, status, (long)flags);
}

long raw_get_mempolicy(int *mode, unsigned long *nodemask, unsigned long maxnode, const void *addr,
		       unsigned long flags)
{
	return syscall(SYS_get_mempolicy, mode, nodemask, maxnode, addr, flags);
}

long raw_set_mempolicy(int mode, const unsigned long *nodemask, unsigned long maxnode)
{
	return syscall(SYS_set_mempolicy, (long)mode, nodemask, maxnode);
}
