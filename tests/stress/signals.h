/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads that are interrupted all the time, by a handler that calls the library. */
#ifndef STRESS_SIGNALS_H
#define STRESS_SIGNALS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum { MOST_THREADS = 16 };

/* Pages for the handlers of so many threads. */
void signals_open(size_t threads);
/* From now on, this thread, of this number, is interrupted. */
void signals_join(size_t number);
void signals_leave(size_t number);
/* A thread that interrupts the others until they are told to stop. */
void *signals_storm(void *stop);
unsigned long signals_handled(void);

#endif
