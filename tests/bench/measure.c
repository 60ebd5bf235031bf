/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"

#define MOST_PAIRS 101

static int reported;

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median_of(double *values, int count)
{
	qsort(values, (size_t)count, sizeof(*values), by_value);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

struct ratio measure_pairs(const struct comparison *comparison, int pairs)
{
	double ours[MOST_PAIRS], theirs[MOST_PAIRS], ratios[MOST_PAIRS];
	struct ratio ratio;

	if (pairs > MOST_PAIRS)
		pairs = MOST_PAIRS;
	for (int i = -1; i < pairs; i++) {
		double a, b;

		if (i % 2) {
			a = comparison->ours(comparison->context);
			b = comparison->theirs(comparison->context);
		} else {
			b = comparison->theirs(comparison->context);
			a = comparison->ours(comparison->context);
		}
		if (i < 0)
			continue;
		ours[i] = a;
		theirs[i] = b;
		ratios[i] = a / b;
	}
	ratio.pairs = pairs;
	ratio.median = median_of(ratios, pairs);
	ratio.low = ratios[0];
	ratio.high = ratios[pairs - 1];
	ratio.ours = median_of(ours, pairs);
	ratio.theirs = median_of(theirs, pairs);
	return ratio;
}

void report_begin(bool json)
{
	struct utsname name;

	uname(&name);
	if (json)
		printf("{\"kernel\": \"%s\", \"page_size\": %ld, \"cpus\": %ld, \"ratios\": [", name.release,
		       sysconf(_SC_PAGESIZE), sysconf(_SC_NPROCESSORS_ONLN));
	else
		printf("kernel %s, %ld-byte pages, %ld processors; ratio strictbind / other, median of "
		       "pairs taken in turn\n%-22s %7s %15s %9s %11s %11s  %s\n",
		       name.release, sysconf(_SC_PAGESIZE), sysconf(_SC_NPROCESSORS_ONLN), "case", "ratio",
		       "spread", "aim", "strictbind", "other", "what");
	fflush(stdout);
}

void report_ratio(bool json, const struct comparison *comparison, const struct ratio *ratio)
{
	if (json)
		printf("%s\n{\"name\": \"%s\", \"what\": \"%s\", \"against\": \"%s\", \"ratio\": %.4f, "
		       "\"low\": %.4f, \"high\": %.4f, \"aim\": %.3f, \"ours_us\": %.3f, "
		       "\"theirs_us\": %.3f, \"pairs\": %d}",
		       reported++ ? "," : "", comparison->name, comparison->what, comparison->against,
		       ratio->median, ratio->low, ratio->high, comparison->at_most, ratio->ours / 1e3,
		       ratio->theirs / 1e3, ratio->pairs);
	else
		printf("%-22s %7.3f %7.3f-%7.3f <= %5.2f %8.1f us %8.1f us  %s, against %s\n",
		       comparison->name, ratio->median, ratio->low, ratio->high, comparison->at_most,
		       ratio->ours / 1e3, ratio->theirs / 1e3, comparison->what, comparison->against);
	fflush(stdout);
}

void report_end(bool json)
{
	if (json)
		printf("\n]}\n");
}
