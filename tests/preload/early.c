/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls before any constructor has run: by the resolver of an indirect function, and before those
 * of the libraries. Exit status 0 when they were right. */
#include <stdio.h>

#include "judge.h"

static int in_resolver = -1, in_preinit = -1;
static long wrong_number_in_resolver;

static int yes(void)
{
	return 1;
}

/* Without the loader's help so far: what it calls is bound by now, and errno is there. */
__attribute__((used)) static int (*resolve(void))(void)
{
	in_resolver = judge(bind_by_syscall);
	wrong_number_in_resolver = syscall(100000L);
	return yes;
}

__attribute__((ifunc("resolve"))) int indirect(void);

static void before_constructors(void)
{
	in_preinit = judge(bind_by_syscall);
}

__attribute__((section(".preinit_array"), used)) static void (*preinit)(void) = before_constructors;

int main(void)
{
	if (indirect() && in_resolver == EFAULT && wrong_number_in_resolver == -1 &&
	    in_preinit == EFAULT)
		return 0;
	printf("in a resolver %d, before constructors %d\n", in_resolver, in_preinit);
	return 1;
}
