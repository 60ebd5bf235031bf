/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A call that failed. */
#ifndef SB_EXPLAIN_FAILURE_H
#define SB_EXPLAIN_FAILURE_H

#include <stdbool.h>

#include "core/line.h"
#include "strictbind.h"

struct sb_failure {
	struct strictbind_arguments call;
	int error;
	struct sb_line *line; /* for the sentence */
};

static inline bool sb_failure_of_mbind(const struct sb_failure *failure)
{
	return failure->call.call == STRICTBIND_CALL_MBIND;
}

static inline const char *sb_failure_name(const struct sb_failure *failure)
{
	return sb_failure_of_mbind(failure) ? "mbind" : "migrate_pages";
}

#endif
