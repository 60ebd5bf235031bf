/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One call of mbind, made in each way that a caller has. */
#ifndef CONTRACT_WAYS_H
#define CONTRACT_WAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <strictbind.h>

#include "nodes.h"

struct bound {
	void *at;
	size_t pages;
	int mode;
	struct nodes nodes; /* none: no mask */
	unsigned flags;
};

/* The last is libnuma's call, for where the preload library stands before it. */
enum way { PLAIN, REPORT, STALL, STALL_REPORT, THREADS, PRELOADED, WAYS };

extern const char *const way_names[WAYS];

bool is_counted(enum way way);
/* Without the preload library it would be the kernel's own answer. */
bool can_be_made(enum way way);

/* What it answered, in one number: the result, or the errno negated. The report is cleared first.
 */
long bind_in_way(const struct bound *bound, enum way way, struct strictbind_report *report);

/* Mode, nodes, flags and way, for messages. */
const char *describe_bound(const struct bound *bound, enum way way);

/* The flags of a move, with those that take a privilege where this process has it. */
extern const unsigned moves[];
size_t move_count(void);

/* What is due of a move: pages that stay, and why. */
struct due {
	size_t unmoved, shared;
	const void *first;
};

/* Makes it and holds the result, the policy and the counts against what is due (rules 8 to 10). */
void move_and_check(const struct bound *bound, enum way way, const struct due *due);

/* All of these pages must be on the node. */
void check_on(const struct bound *bound, enum way way, const char *at, size_t pages, int node);

#endif
