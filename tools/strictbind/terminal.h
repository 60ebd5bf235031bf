/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the output goes: how wide that is, and what it understands. */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>

/* Of what goes to the standard output: the terminal's, else COLUMNS, else 80. */
int terminal_width(void);

/* The same for text in lines, which is harder to read when it is very wide. */
int terminal_text_width(void);

/* The width of the terminal on a descriptor, 0 where there is none: what is piped is not cut. */
int terminal_room(int fd);

/* A terminal that takes escape sequences. */
bool terminal_draws(int fd);

#endif
