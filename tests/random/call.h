/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random calls, and how they are made. */
#ifndef RANDOM_CALL_H
#define RANDOM_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <strictbind.h>

#include "nodes.h"
#include "rng.h"
#include "room.h"
#include "scene.h"

enum way {
	WAY_LIBRARY,
	WAY_KERNEL,
	/* What programs call that do not know the library: the kernel, unless LD_PRELOAD is set. */
	WAY_LIBNUMA,
	WAY_SYSCALL,
};

struct mbind_call {
	size_t first, end; /* pages; first may be before the scene: it wraps */
	char *addr;
	unsigned long len;
	int mode;
	struct nodes mask;
	bool no_mask; /* a null pointer is passed */
	unsigned long maxnode;
	unsigned flags;
	bool report;
	bool with_options;
	struct strictbind_options options;
};

struct migrate_call {
	int pid;
	struct nodes from, to;
	unsigned long maxnode;
	bool report;
	bool with_options;
	struct strictbind_options options;
};

struct outcome {
	long result;
	int error;	    /* errno after a failure, else 0 */
	bool touched_errno; /* errno changed on success */
	struct strictbind_report report;
};

/* In a report of which the call has not written a field. */
#define NOT_WRITTEN 0x5a5a5a5aUL

void mbind_pick(struct mbind_call *call, const struct scene *scene, const struct room *room,
		struct rng *rng);
void migrate_pick(struct migrate_call *call, struct rng *rng);

void mbind_do(const struct mbind_call *call, enum way way, struct outcome *outcome);
void migrate_do(const struct migrate_call *call, enum way way, struct outcome *outcome);

/* Whether a call made that way is by the contract, or, without LD_PRELOAD, by the kernel alone. */
bool way_keeps_contract(enum way way);

/* Without the flags of a mode. */
const char *mode_name(int mode);
/* "STRICT|MOVE", "0". */
void flags_print(unsigned flags, char *buf, size_t size);
void mbind_print(const struct mbind_call *call, char *buf, size_t size);
void migrate_print(const struct migrate_call *call, char *buf, size_t size);
void outcome_print(long result, int error, char *buf, size_t size);

/* The set as the kernel gets it. */
struct nodes call_nodes(const struct nodes *mask, unsigned long maxnode);

#endif
