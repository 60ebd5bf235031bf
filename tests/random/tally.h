/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What came of a run, for people and for programs. */
#ifndef RANDOM_TALLY_H
#define RANDOM_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "kinds.h"
#include "verdict.h"

enum { MAX_GROUPS = 48, MAX_LABELS = 24 };

/* One case, judged: the kernel alone and the library on equal layouts, or one of them. */
struct result {
	char call; /* 'r' for a range, 'm' for a migration */
	uint64_t number;
	const struct verdict *raw, *library; /* NULL: not tried */
	unsigned long worse_pages; /* that the kernel alone would have moved and the library left */
	const char *mode, *flags;  /* of a range */
	const bool *kinds;	   /* which kinds of memory are in its range */
	const char *what, *scene;  /* in words */
	const char *raw_outcome, *outcome;
};

/* Cases, and how many of them were off the contract. */
struct count {
	unsigned long cases, raw_off, off, worse;
};

struct labelled {
	char label[32];
	struct count count;
};

struct tally {
	uint64_t seed;
	bool raw, json, verbose;
	const char *through; /* --through, or NULL */
	struct count ranges, migrations;
	struct count kinds[2][KIND_COUNT]; /* of ranges, of migrations */
	struct labelled modes[MAX_LABELS], flags[MAX_LABELS];
	unsigned long left_out; /* scenes that could not be made */
	unsigned long excused;	/* pages that there was no room for, or that were busy just then */
	unsigned long unknown;	/* counts that the kernel gives no way to tell */
	unsigned long repeated; /* cases that were off, and were tried once more */
	int groups;
	struct {
		char call;
		char name[64];
		unsigned long times;
	} group[MAX_GROUPS];
};

/* The kernel alone was right and the library was not, or it left what the kernel moves. */
bool result_is_worse(const struct result *result);

/*
 * Adds a case. One that is off for the library is not added the first time, but told and to be
 * tried once more: true. A busy or nearly full kernel may leave what it moves a moment later.
 */
bool tally_add(struct tally *tally, const struct result *result, bool repeated);
void tally_end(const struct tally *tally, double seconds);

#endif
