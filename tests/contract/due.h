/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the contract says of an mbind call on the stage, and whether that came. */
#ifndef TESTS_DUE_H
#define TESTS_DUE_H

#include <stdbool.h>
#include <stddef.h>
#include <strictbind.h>

#include "stage.h"

struct call {
	size_t first, end;
	int mode;
	struct nodes mask;
	unsigned flags;
	size_t offset; /* added to the address */
	int bad;       /* the errno that its arguments deserve (rule 1) */
};

/* How it is made. */
struct way {
	bool kernel;		/* the system call itself, else the library */
	bool counted;		/* with a report */
	unsigned long stall_us; /* in the options, if not 0 */
};

struct answer {
	long result;
	int error;    /* 0 after a success */
	bool touched; /* a success has changed errno */
	bool counted;
	struct strictbind_report report;
};

/* What the contract says of a call on the stage as it is. */
struct expected {
	long result;
	int error;
	bool policy_set, moves;
	unsigned long unmoved, shared;
	const void *first_unmoved;
};

enum difference { DIFFERS_NOT, DIFFERS_IN_COUNTS, DIFFERS };

struct expected expect_call(const struct call *call);
struct answer do_call(const struct call *call, const struct way *way);
/*
 * Result, errno, policies, nodes, contents and, if asked, counts are held against the contract. The
 * first difference is told by difference_text().
 */
enum difference compare_call(const struct expected *want, const struct call *call,
			     const struct answer *answer);

/* Nodes where a page that had to move may be now. */
struct nodes targets_of(const struct call *call);
const char *describe_call(const struct call *call);

/* Parts of it that other calls need, too: false when a difference was found. */
bool contents_kept(void);
bool counts_equal(const struct expected *want, const struct strictbind_report *report);
/* The last difference in words. */
const char *difference_text(void);
bool differ(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The flags that this process may use, in a table that ends with ~0U. */
const unsigned *flag_sets(void);

#endif
