/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Saying what is wrong, from any thread, a signal handler or a child. */
#ifndef STRESS_WRONG_H
#define STRESS_WRONG_H

#include <stdbool.h>

/* Before any thread or child is there. */
void wrong_start(void);
void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* How often, children included. */
unsigned wrong_count(void);

#endif
