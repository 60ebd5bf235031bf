/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_EXPLAIN_REFUSED_H
#define SB_EXPLAIN_REFUSED_H

#include "explain/failure.h"

/*
 * Whether the call as such is refused, whatever its arguments are. False, and no words, when it is
 * not; else *cause, which may be unknown all the same.
 */
bool sb_explain_refused(const struct sb_failure *failure, enum strictbind_cause *cause);

/* Whether a right is missing. STRICTBIND_CAUSE_UNKNOWN, and no words: none, as far as is known. */
enum strictbind_cause sb_explain_privilege(const struct sb_failure *failure);

#endif
