/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What came of a run, for people and for programs. */
#ifndef RANDOM_TALLY_H
#define RANDOM_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "verdict.h"

enum { MAX_GROUPS = 48 };

struct tally {
	uint64_t seed;
	bool raw, json, verbose;
	const char *through; /* --through, or NULL */
	unsigned long ranges, migrations;         /* compared */
	unsigned long ranges_off, migrations_off; /* off the contract */
	unsigned long left_out;                   /* scenes that could not be made */
	unsigned long excused;                    /* pages that the kernel could not move just then */
	unsigned long unknown;                    /* counts that the kernel gives no way to tell */
	int groups;
	struct {
		char call;
		char name[64];
		unsigned long times;
	} group[MAX_GROUPS];
};

/* One case was off. call is 'r' for a range, 'm' for a migration. */
void tally_off(struct tally *tally, char call, uint64_t number, const struct verdict *verdict,
	       const char *what, const char *scene);
void tally_end(const struct tally *tally, double seconds);

#endif
