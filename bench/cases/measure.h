/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Timing two ways of doing one thing, in turn, and what came of it. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdbool.h>
#include <stdint.h>

/* One side of a comparison: does the thing once and returns the nanoseconds that count. */
typedef double side_fn(void *context);

struct comparison {
	const char *name;    /* short, for --only */
	const char *what;    /* one line for people */
	const char *against; /* what the other side is */
	side_fn *ours;
	side_fn *theirs;
	void *context;
	double aim;	/* the ratio aimed at, 0: none; only printed */
	double aim_ns;	/* a difference in nanoseconds that is as good, or, without aim, what is
			   aimed at */
	double seconds; /* more pairs are taken for as long */
};

struct ratio {
	double median; /* of ours / theirs */
	double low;    /* a tenth of the pairs are below, and above high */
	double high;
	double ours; /* medians, in nanoseconds */
	double theirs;
	double difference;
	int pairs;
};

/*
 * Pairs of which each has both sides twice, as A B B A, and the means of these; a first one is not
 * counted.
 */
struct ratio measure_pairs(const struct comparison *comparison, int pairs);

/* Sorts the values. */
double measure_median(double *values, int count);

uint64_t now_ns(void);

/* A table for people, JSON with one object on a line for programs, or both. */
struct output {
	bool table;
	bool json;
};

void report_begin(struct output output, int nodes);
void report_ratio(struct output output, const struct comparison *comparison,
		  const struct ratio *ratio);
void report_skipped(struct output output, const char *name, const char *why);
/* System calls that were counted. */
void report_calls(struct output output, const char *name, unsigned total, const char *which);

#endif
