/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every case of a kind: each call on the kernel alone, and by the library in each way. */
#ifndef TESTS_KINDS_RUN_H
#define TESTS_KINDS_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "due.h"
#include "kinds.h"

struct tally {
	size_t cases; /* calls of the library */
	size_t off;
	size_t kernel_cases;
	size_t kernel_off;
	size_t worse;  /* the kernel alone was right, the library is wrong */
	size_t unmade; /* could not be set up, though the first could */
};

struct choice {
	const char *only; /* a case, or what its name begins with; NULL: all */
	bool verbose;	  /* print what the kernel alone does wrong, too */
	unsigned part;	  /* of so many parts this one: combinations of modes and flags in turn */
	unsigned parts;	  /* 1: all of it */
};

/* Where things are on the stage. */
struct place {
	size_t lead, first, end, count;
};

/* NULL, or why it cannot be made here. */
const char *build_stage(const struct kind *kind, struct place *place);

/* The name of the case that is just being run, for who wants to know what it died of. */
extern char *case_name;
enum { CASE_NAME = 96, WAY_NAME = 16 };

void run_kind(const struct kind *kind, const struct choice *choice, struct tally *tally);

/* migrate_pages from home to target. */
void clear_home_of_files(void);
bool home_is_clear(void);
struct expected expect_migration(void);
struct answer do_migration(const struct way *way);
enum difference compare_migration(const struct expected *want, const struct answer *answer);

#endif
