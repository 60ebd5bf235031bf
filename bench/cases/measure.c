/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"

#define MOST_PAIRS 2000
/* A case that is slower than this has to do with fewer pairs. */
#define PATIENCE_S 30

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

double measure_median(double *values, int count)
{
	qsort(values, (size_t)count, sizeof(*values), by_value);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/*
 * Both sides twice, as A B B A: pages that move to and fro lie in two places by turns, and one of
 * these may be the faster one.
 */
static void take_pair(const struct comparison *comparison, double *ours, double *theirs)
{
	*theirs = comparison->theirs(comparison->context);
	*ours = comparison->ours(comparison->context);
	*ours = (*ours + comparison->ours(comparison->context)) / 2;
	*theirs = (*theirs + comparison->theirs(comparison->context)) / 2;
}

static bool enough(const struct comparison *comparison, int taken, int pairs, uint64_t since)
{
	double seconds = (double)(now_ns() - since) / 1e9;

	if (taken == MOST_PAIRS || (taken > 0 && seconds > PATIENCE_S))
		return true;
	return taken >= pairs && seconds >= comparison->seconds;
}

struct ratio measure_pairs(const struct comparison *comparison, int pairs)
{
	static double ours[MOST_PAIRS], theirs[MOST_PAIRS], ratios[MOST_PAIRS],
		differences[MOST_PAIRS];
	uint64_t since = now_ns();
	struct ratio ratio;
	int n;

	/* Once for nothing: the caches are cold. */
	take_pair(comparison, &ours[0], &theirs[0]);
	for (n = 0; !enough(comparison, n, pairs, since); n++) {
		take_pair(comparison, &ours[n], &theirs[n]);
		ratios[n] = ours[n] / theirs[n];
		differences[n] = ours[n] - theirs[n];
	}
	ratio.pairs = n;
	ratio.median = measure_median(ratios, n);
	ratio.low = ratios[n / 10];
	ratio.high = ratios[n - 1 - n / 10];
	ratio.ours = measure_median(ours, n);
	ratio.theirs = measure_median(theirs, n);
	ratio.difference = measure_median(differences, n);
	return ratio;
}

/* ---- output ---- */

void report_begin(struct output output, int nodes)
{
	struct utsname name;
	long page = sysconf(_SC_PAGESIZE);
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	uname(&name);
	if (output.json)
		printf("{\"kernel\": \"%s\", \"page_size\": %ld, \"cpus\": %ld, \"nodes\": %d}\n",
		       name.release, page, cpus, nodes);
	if (output.table)
		printf("Linux %s, %ld-byte pages, %ld processors, %d memory node(s). "
		       "Ratio: strictbind / other, median of pairs,\n"
		       "each taken as A B B A; spread: without the lowest and the highest tenth of them.\n"
		       "%-20s %8s %12s %10s %9s %9s %10s %5s  %s\n",
		       name.release, page, cpus, nodes, "case", "ratio", "spread", "aim",
		       "strictbind", "other", "difference", "pairs", "what");
	fflush(stdout);
}

/* A time in a unit that suits it, into a buffer of 16 bytes. */
static const char *print_time(char *text, double ns)
{
	double size = ns < 0 ? -ns : ns;

	if (size < 10e3)
		snprintf(text, 16, "%.0f ns", ns);
	else if (size < 10e6)
		snprintf(text, 16, "%.1f us", ns / 1e3);
	else
		snprintf(text, 16, "%.1f ms", ns / 1e6);
	return text;
}

static const char *print_aim(char *text, const struct comparison *comparison)
{
	if (comparison->aim == 0 && comparison->aim_ns != 0)
		return print_time(text, comparison->aim_ns);
	if (comparison->aim == 0)
		snprintf(text, 16, "-");
	else if (comparison->aim_ns == 0)
		snprintf(text, 16, "%.3g", comparison->aim);
	else
		snprintf(text, 16, "%.3g|%.0fns", comparison->aim, comparison->aim_ns);
	return text;
}

static void print_row(const struct comparison *comparison, const struct ratio *ratio)
{
	char aim[16], spread[32], ours[16], theirs[16], difference[16];

	snprintf(spread, sizeof(spread), "%.2f-%.2f", ratio->low, ratio->high);
	printf("%-20s %8.3f %12s %10s %9s %9s %10s %5d  %s, against %s\n", comparison->name,
	       ratio->median, spread, print_aim(aim, comparison), print_time(ours, ratio->ours),
	       print_time(theirs, ratio->theirs), print_time(difference, ratio->difference),
	       ratio->pairs, comparison->what, comparison->against);
}

static void print_json(const struct comparison *comparison, const struct ratio *ratio)
{
	printf("{\"name\": \"%s\", \"what\": \"%s\", \"against\": \"%s\", \"median\": %.6g, "
	       "\"low\": %.6g, \"high\": %.6g, \"aim\": %g, \"aim_ns\": %.0f, \"ours_ns\": %.0f, "
	       "\"theirs_ns\": %.0f, \"difference_ns\": %.0f, \"pairs\": %d}\n",
	       comparison->name, comparison->what, comparison->against, ratio->median, ratio->low,
	       ratio->high, comparison->aim, comparison->aim_ns, ratio->ours, ratio->theirs,
	       ratio->difference, ratio->pairs);
}

void report_ratio(struct output output, const struct comparison *comparison,
		  const struct ratio *ratio)
{
	if (output.json)
		print_json(comparison, ratio);
	if (output.table)
		print_row(comparison, ratio);
	fflush(stdout);
}

void report_skipped(struct output output, const char *name, const char *why)
{
	if (output.json)
		printf("{\"name\": \"%s\", \"skipped\": \"%s\"}\n", name, why);
	if (output.table)
		printf("%-20s skipped: %s\n", name, why);
	fflush(stdout);
}

void report_calls(struct output output, const char *name, unsigned total, const char *which)
{
	if (output.json)
		printf("{\"name\": \"%s-calls\", \"system_calls\": %u, \"which\": \"%s\"}\n", name,
		       total, which);
	if (output.table)
		printf("%-20s %u system calls: %s\n", name, total, which);
	fflush(stdout);
}
