/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a call failed. */
#ifndef SB_EXPLAIN_EXPLAIN_H
#define SB_EXPLAIN_EXPLAIN_H

#include "core/line.h"
#include "strictbind.h"

struct sb_failure {
	struct strictbind_arguments call;
	int error;
	struct sb_line *line; /* for the sentence */
};

/*
 * Finds the cause, and adds a sentence about it to the line; also where the cause is not known.
 */
enum strictbind_cause sb_explain(const struct sb_failure *failure);

static inline bool sb_failure_of_mbind(const struct sb_failure *failure)
{
	return failure->call.call == STRICTBIND_CALL_MBIND;
}

static inline const char *sb_failure_name(const struct sb_failure *failure)
{
	return sb_failure_of_mbind(failure) ? "mbind" : "migrate_pages";
}

#endif
