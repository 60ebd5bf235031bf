/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why this process may not use a system call, and what would let it. */
#ifndef REFUSED_H
#define REFUSED_H

#include <stdbool.h>

/* What is known about the process and where it runs. */
struct confinement {
	int seccomp;	       /* 0 off, 1 strict, 2 filter, -1 the kernel has none */
	int no_new_privs;      /* -1 not known */
	bool sys_nice;	       /* CAP_SYS_NICE is effective */
	const char *container; /* "docker", "podman", ..., or NULL */
	bool kernel_has_numa;
	const char *cpuset; /* its path among the cgroups, NULL: it is not told */
};

struct confinement confinement_of_process(void);

/* Both one sentence or more, as new strings. error is what the call answered. */
char *refused_why(const struct confinement *confinement, const char *call, int error);
char *refused_remedy(const struct confinement *confinement, const char *call, int error);

#endif
