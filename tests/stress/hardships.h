/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What makes it hard for the calls, for as long as they are made. Those that change the machine
 * take root, and are for a guest of the lab.
 *
 * signals       each thread is interrupted every 100 us
 * files         no file can be opened (RLIMIT_NOFILE)
 * address-space next to nothing can be mapped (RLIMIT_AS)
 * stack         threads have next to no stack, and the first one's cannot grow (RLIMIT_STACK)
 * rivals        the process that is migrated migrates this one
 * memory        a memory cgroup at its limit, which takes swap
 * overcommit    no memory is promised that is not there (vm.overcommit_memory), and there is little
 * processors    some come and go, and threads are told to run on others
 * cpuset        the nodes of the cpuset change
 * offline       memory is taken offline, and comes back
 */
#ifndef STRESS_HARDSHIPS_H
#define STRESS_HARDSHIPS_H

#include <stdbool.h>
#include <stddef.h>

enum { STACK_KIB = 128, LITTLE_STACK_KIB = 24 };

enum hardship {
	SIGNALS,
	FILES,
	ADDRESS_SPACE,
	STACK,
	RIVALS,
	MEMORY,
	OVERCOMMIT,
	PROCESSORS,
	CPUSET,
	OFFLINE,
	HARDSHIPS
};

/* Names with commas between them; false when one is unknown. */
bool hardships_choose(const char *names);
bool hardship_is(enum hardship hardship);

/* For a process that calls the library on the first thread's stack, which may have to grow. */
void hardships_give_stack(void);
/* Before any thread or memory is there. NULL, or why they cannot be had here. */
const char *hardships_open(void);
/* The threads are there, and all memory is as it was before but for the holes of so many pages. */
void hardships_begin(size_t holes);
void hardships_end(void);
/* It was felt: by this process, which has found no memory for instance. */
void hardship_met(enum hardship hardship);
/* Each that is counted, so far. */
bool hardships_all_met(void);
/* Puts the machine back, and says how often each was met; one that never was is wrong. */
void hardships_close(void);

#endif
