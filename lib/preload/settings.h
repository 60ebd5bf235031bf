/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the environment asks for. It is read once, and kept: programs change theirs. */
#ifndef SB_SETTINGS_H
#define SB_SETTINGS_H

#include <limits.h>
#include <stdbool.h>

#include "strictbind.h"

struct sb_settings {
	bool off;
	long pid; /* of the process that has read them, when it may start threads */
	struct strictbind_options options;
	char trace[PATH_MAX]; /* file, "" for none */
};

/* Also before the constructor of this library, and in a signal handler that interrupts it. */
const struct sb_settings *sb_settings(void);

/*
 * Options for a call, NULL for the defaults. Threads are for the process that was started with
 * them: after fork, and worse after vfork, they cannot be had safely.
 */
const struct strictbind_options *sb_settings_options(const struct sb_settings *from,
						     struct strictbind_options *room);

#endif
