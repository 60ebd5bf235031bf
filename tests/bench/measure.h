/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Timing two ways of doing one thing, in turn, and what came of it. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdbool.h>
#include <stdint.h>

/* One side of a comparison: does the thing once and returns the nanoseconds (or whatever) it took. */
typedef double side_fn(void *context);

struct comparison {
	const char *name;    /* short, for --only */
	const char *what;    /* one line for people */
	const char *against; /* what the other side is */
	side_fn *ours;
	side_fn *theirs;
	void *context;
	double at_most;      /* the ratio aimed at; only printed */
};

struct ratio {
	double median;
	double low;
	double high;
	double ours;   /* medians */
	double theirs;
	int pairs;
};

/* Both sides in turn, the one that begins changing from pair to pair; a first pair is not counted. */
struct ratio measure_pairs(const struct comparison *comparison, int pairs);

uint64_t now_ns(void);

void report_begin(bool json);
void report_ratio(bool json, const struct comparison *comparison, const struct ratio *ratio);
void report_end(bool json);

#endif
