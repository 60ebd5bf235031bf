/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a program file is, as far as a preloaded library cares. */
#ifndef PROGRAM_H
#define PROGRAM_H

/* The file that execvp() would run, as a new string; NULL with errno. */
char *program_find(const char *name);

/* Why the dynamic loader will not preload the library into the program; NULL: it will. */
const char *program_out_of_reach(const char *path);

#endif
