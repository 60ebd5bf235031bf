/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How an outcome differs from the contract. */
#ifndef RANDOM_VERDICT_H
#define RANDOM_VERDICT_H

#include <stdbool.h>

enum sort {
	SORT_NONE,
	SORT_RESULT, /* return value or errno */
	SORT_POLICY,
	SORT_NOT_MOVED, /* a page that had to move */
	SORT_MOVED,	/* a page that had to stay */
	SORT_COUNT,	/* of a report; of a raw migrate_pages its result */
	SORT_CONTENTS,
	SORT_ERRNO, /* errno changed by a successful call */
	SORT_COUNT_OF_SORTS,
};

struct verdict {
	enum sort sort;
	char text[200];
};

extern const char *const sort_names[SORT_COUNT_OF_SORTS];

/* The first difference that is found is the one that is told. */
void differ(struct verdict *verdict, enum sort sort, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
