/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The trace file: one line for each call, appended with one write. */
#ifndef SB_TRACE_H
#define SB_TRACE_H

#include "settings.h"

/* The arguments as the program passed them. */
struct sb_traced_mbind {
	void *start;
	unsigned long len;
	int mode;
	const unsigned long *nodemask;
	unsigned long maxnode;
	unsigned flags;
};

struct sb_traced_migrate {
	int pid;
	unsigned long maxnode;
	const unsigned long *old_nodes;
	const unsigned long *new_nodes;
};

/* What came of a call, and where it was made. */
struct sb_traced {
	const struct sb_settings *settings;
	const void *caller;
	long result;
	int error; /* after a failure */
	struct strictbind_report report;
};

/*
 * Neither touches errno. A file that cannot be opened gets no line, which is said once on stderr;
 * one that cannot be written gets none either.
 */
void sb_trace_mbind(const struct sb_traced *traced, const struct sb_traced_mbind *call);
void sb_trace_migrate(const struct sb_traced *traced, const struct sb_traced_migrate *call);

#endif
