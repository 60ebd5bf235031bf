/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For targets that are parts of the command: its files are those of the input, and it comes back.
 */
#ifndef FUZZ_GIVEN_H
#define FUZZ_GIVEN_H

#include <stdbool.h>
#include <stddef.h>

/* From here on there are no files; a read gets so many bytes, 0: as many as asked for. */
void given_begin(size_t read_max);

/* Every file whose path ends so has these contents. Those given first come first. */
void given_file(const char *ending, const char *contents, size_t size);

/* The same for a directory: a name in each line. */
void given_directory(const char *ending, const char *names);

/* From here on there are the machine's. What was opened has to be closed. */
void given_end(void);

/* Whether the call ends the program. */
bool ends_program(void (*call)(void *context), void *context);

#endif
