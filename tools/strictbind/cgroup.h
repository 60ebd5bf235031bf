/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Control groups, of either version. */
#ifndef CGROUP_H
#define CGROUP_H

#include <stddef.h>

/*
 * The processes of a cgroup and of those below it, as a new array. The path is that of a directory,
 * or as /proc/PID/cgroup has it. Ends the program when there is no such cgroup.
 */
size_t cgroup_processes(const char *path, int **pids);

/* The path of the cgroup that accounts for the memory of a process, as a new string, or NULL. */
char *cgroup_of(int pid);

#endif
