/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the first call of a process costs: a program of its own, that bench starts as itself. */
#ifndef BENCH_FIRST_H
#define BENCH_FIRST_H

#include <stdbool.h>

/* Whether bench was started to be that program. */
bool first_asked(int argc, char **argv);
/* Is that program. Returns its exit status. */
int first_program(char **argv);

#endif
