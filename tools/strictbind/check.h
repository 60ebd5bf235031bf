/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of strictbind check share. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stdio.h>

#include "finding.h"
#include "table.h"

struct check {
	bool json;
	bool map;
	bool misplaced_only;
	bool openmetrics;
	bool all;	    /* every process, or all of a cgroup */
	bool watch;	    /* again and again */
	unsigned seconds;   /* between two looks */
	const char *cgroup; /* only its processes; NULL: any */
	int pid;	    /* if it is one process */
	size_t rows;	    /* no more rows of a table are wanted; 0: all */
	unsigned long patience;
	struct look_options look;
};

/* ---- one process ---- */

/* Tables and sentences. */
void check_one_print(const struct check *check, const struct finding *finding, FILE *file);
/* The same for a screen: what matters most comes first. before: what was found the last time. */
void check_one_watch(const struct check *check, const struct finding *finding,
		     const struct finding *before, FILE *file);
void check_one_json(const struct check *check, const struct finding *finding, FILE *file);

/* Pages that are on another node than they were, as far as numbers of pages tell. */
unsigned long pages_moved(const unsigned long *now, const unsigned long *before, int nodes);

void json_pages(struct json *json, int nodes, const unsigned long *pages);
void json_reasons(struct json *json, const struct reasons *reasons);

/* Nodes that have a column of their own in a table. */
bool node_has_column(int nodes, const unsigned long *pages, int node);

/* ---- all of them ---- */

struct survey {
	struct finding *findings; /* shortened, the one with most misplaced pages first */
	size_t count;
	unsigned long refused; /* processes that one may not look at */
	unsigned long lost;    /* that kept the kernel waiting for too long */
	struct reasons total;
	unsigned long present;
	unsigned long misplaced;
};

/* Looks at every process, or at those of the cgroup. */
void survey_make(const struct check *check, struct survey *survey);
void survey_forget(struct survey *survey);
void survey_print(const struct check *check, const struct survey *survey, FILE *file);
void survey_watch(const struct check *check, const struct survey *survey,
		  const struct survey *before, FILE *file);
void survey_json(const struct check *check, const struct survey *survey, FILE *file);
void survey_openmetrics(const struct survey *survey, FILE *file);

/* ---- again and again ---- */

/* Until it is told to end. Returns whether pages were misplaced at the end. */
bool check_watch(const struct check *check);

#endif
