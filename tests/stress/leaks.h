/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a process holds while only one thread is left: it must not grow. */
#ifndef STRESS_LEAKS_H
#define STRESS_LEAKS_H

struct held {
	unsigned long descriptors;
	unsigned long bytes; /* mapped, other than the memory that is called upon, heap and stack */
	unsigned long threads;
};

/* Stacks of ended threads are not to be kept: starts the program anew, with that set. */
void leaks_start(char **argv);
struct held held_now(void);
void held_compare(const struct held *before, const struct held *now);

#endif
