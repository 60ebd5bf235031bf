/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Gives calls without options those of the environment, TESTS_THREADS and TESTS_STALL_US, as
 * options must not change what comes of a call. The linker leads the tests' calls here (--wrap).
 */
#include <stdlib.h>
#include <strictbind.h>

static struct strictbind_options forced = { .size = sizeof(forced) };

#define WRAPPED(function) extern __typeof__(function) __real_##function, __wrap_##function

WRAPPED(strictbind_mbind);
WRAPPED(strictbind_mbind_opt);
WRAPPED(strictbind_migrate_pages);
WRAPPED(strictbind_migrate_pages_opt);

static unsigned long number(const char *name)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void read_environment(void)
{
	forced.threads = number("TESTS_THREADS");
	forced.stall_us = number("TESTS_STALL_US");
}

/* Nothing set: calls are made as they are. */
static const struct strictbind_options *forced_options(void)
{
	return forced.threads || forced.stall_us ? &forced : NULL;
}

long __wrap_strictbind_mbind_opt(void *addr, unsigned long len, int mode,
				 const unsigned long *nodemask, unsigned long maxnode,
				 unsigned flags, const struct strictbind_options *options,
				 struct strictbind_report *report)
{
	return __real_strictbind_mbind_opt(addr, len, mode, nodemask, maxnode, flags,
					   options ? options : forced_options(), report);
}

long __wrap_strictbind_mbind(void *addr, unsigned long len, int mode, const unsigned long *nodemask,
			     unsigned long maxnode, unsigned flags)
{
	if (!forced_options())
		return __real_strictbind_mbind(addr, len, mode, nodemask, maxnode, flags);
	return __real_strictbind_mbind_opt(addr, len, mode, nodemask, maxnode, flags,
					   forced_options(), NULL);
}

long __wrap_strictbind_migrate_pages_opt(int pid, unsigned long maxnode,
					 const unsigned long *old_nodes,
					 const unsigned long *new_nodes,
					 const struct strictbind_options *options,
					 struct strictbind_report *report)
{
	return __real_strictbind_migrate_pages_opt(pid, maxnode, old_nodes, new_nodes,
						   options ? options : forced_options(), report);
}

long __wrap_strictbind_migrate_pages(int pid, unsigned long maxnode, const unsigned long *old_nodes,
				     const unsigned long *new_nodes)
{
	if (!forced_options())
		return __real_strictbind_migrate_pages(pid, maxnode, old_nodes, new_nodes);
	return __real_strictbind_migrate_pages_opt(pid, maxnode, old_nodes, new_nodes,
						   forced_options(), NULL);
}
