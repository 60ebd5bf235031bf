/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A progress bar on a terminal, and Ctrl-C that ends the work in good order. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>

/* From now on SIGINT, SIGTERM and SIGHUP cancel; the same again kills. */
void progress_begin(bool bar);

/* For struct strictbind_options: not 0 once it is cancelled. */
int progress_tell(void *user, unsigned long done, unsigned long total);

/* Takes the bar away. */
void progress_end(void);

/* The signal that has cancelled, or 0. */
int progress_signal(void);

#endif
