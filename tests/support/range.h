/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A range with one specimen between ordinary pages, and a call on it that is compared with the contract
 * in all that can be seen: result, errno, policies, nodes, counts.
 */
#ifndef TESTS_RANGE_H
#define TESTS_RANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "nodes.h"
#include "observe.h"
#include "specimens.h"

enum { RANGE_MAX = 600, RANGE_AROUND = 2 };

struct range {
	char *at;
	size_t pages;
	const struct specimen *specimen; /* its first page is number RANGE_AROUND */
	int home;                        /* node of all pages */
	struct policy policy;            /* of all pages */
	int before[RANGE_MAX];           /* node of each page, as observed */
};

/* What a call asks for. */
struct request {
	int mode;
	struct nodes nodes;
	unsigned flags;
};

/* NULL, or why the specimen cannot be had. All pages are on home. */
const char *range_make(struct range *range, const struct specimen *specimen, int home);
void range_drop(struct range *range);
void range_look(const struct range *range, int *nodes);

/* Call strictbind_mbind_opt() on the whole range and fail the test where it is off the contract. */
void range_check_mbind(const struct range *range, const struct request *request);

/* The node of this CPU, and any other; -1 when there is none. */
int home_node(void);
int other_node(void);

#endif
