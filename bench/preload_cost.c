/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What syscall(SYS_getpid) costs under the preload library, against that of the C library in the
 * same process, in turn. Run it with LD_PRELOAD; without, both sides are the same.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "measure.h"

enum { CALLS = 20000, PAIRS = 401 };

typedef long syscall_fn(long number, ...);

static double time_of(syscall_fn *function, long number)
{
	uint64_t before = now_ns();

	for (int i = 0; i < CALLS; i++)
		function(number);
	return (double)(now_ns() - before) / CALLS;
}

struct sides {
	syscall_fn *ours;
	syscall_fn *theirs;
	long number;
};

static double ours(void *context)
{
	const struct sides *sides = context;

	return time_of(sides->ours, sides->number);
}

static double theirs(void *context)
{
	const struct sides *sides = context;

	return time_of(sides->theirs, sides->number);
}

static void compare(const char *what, struct sides sides)
{
	struct comparison comparison = { .ours = ours, .theirs = theirs, .context = &sides };
	struct ratio ratio = measure_pairs(&comparison, PAIRS);

	printf("%s: %.1f ns, of the C library alone %.1f ns, difference %.1f ns (median of %d pairs)\n",
	       what, ratio.ours, ratio.theirs, ratio.difference, ratio.pairs);
}

int main(void)
{
	void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
	struct sides sides = { syscall, NULL, SYS_getpid };

	if (libc)
		*(void **)&sides.theirs = dlsym(libc, "syscall");
	if (!sides.theirs) {
		fprintf(stderr, "preload-cost: no syscall() of a C library of its own\n");
		return 1;
	}
	if (sides.ours == sides.theirs)
		fprintf(stderr, "preload-cost: LD_PRELOAD is not set\n");
	compare("syscall(SYS_getpid)", sides);
	sides.number = 100000;
	compare("syscall() of no such number", sides);
	return 0;
}
