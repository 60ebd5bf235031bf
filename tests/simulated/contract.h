/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a call has to do, by the rules of <strictbind.h>, on what the simulated process looked like.
 */
#ifndef FAKE_CONTRACT_H
#define FAKE_CONTRACT_H

#include "kernel.h"
#include "strictbind.h"

/* A mask as a caller has it. */
struct mask {
	struct fake_nodes nodes;
	unsigned long maxnode; /* 0: no mask */
};

static inline struct mask mask_of(struct fake_nodes nodes)
{
	return (struct mask){ nodes, FAKE_MAX_NODES + 1 };
}

static inline struct mask mask_none(void)
{
	return (struct mask){ fake_no_nodes(), 0 };
}

struct bind {
	unsigned long start;
	unsigned long len;
	int mode;
	struct mask mask;
	unsigned flags;
	bool counted;				  /* a report is asked for */
	const struct strictbind_options *options; /* or NULL */
};

struct migration {
	int pid;
	struct mask from; /* both of the same maxnode */
	struct mask to;
	bool counted;
};

struct outcome {
	long result;
	int error; /* errno when result is -1, else 0 */
	struct strictbind_report report;
};

/* Puts the call to the library. */
struct outcome do_bind(const struct bind *bind);
struct outcome do_migration(const struct migration *migration);

/* What may be less than the contract says. */
enum {
	COUNTS_MAY_BE_UNKNOWN = 1,
	/* No node tells what could not be moved, so that this kernel's own word has to do. */
	EMPTY_NODES_BY_KERNEL = 2,
	/* Shared pages cannot be told from others that stayed, so that a success cannot be claimed.
	 */
	SHARED_IS_EIO = 4,
	/* Pages cannot be counted: the kernel's count, which leaves some out, has to do. */
	COUNT_BY_KERNEL = 8,
	/* Empty N: EIO where the kernel says so, though nothing shows a page that cannot be moved.
	 */
	EMPTY_NODES_EIO = 16,
};

/* What the release that runs cannot be made to tell of a call, with so many nodes. */
unsigned fake_leeway_of(const struct bind *bind, int nodes);

/* NULL, or the rule that the outcome breaks. The space as it was before the call, and fake.space.
 */
const char *judge_bind(const struct bind *bind, const struct fake_space *before,
		       const struct outcome *outcome, unsigned leeway);

/*
 * Makes the call and judges it against what was before: NULL, or what is broken, also when it has
 * left something behind.
 */
const char *judge_new_migration(const struct migration *migration, struct outcome *outcome,
				unsigned leeway);

const char *judge_migration(const struct migration *migration, const struct fake_space *before,
			    const struct outcome *outcome, unsigned leeway);

/* Nothing has changed between the two: no policy, no page. */
bool unchanged(const struct fake_space *before, const struct fake_space *after);

void copy_space(struct fake_space *to, const struct fake_space *from);

#endif
