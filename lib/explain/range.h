/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_EXPLAIN_RANGE_H
#define SB_EXPLAIN_RANGE_H

#include "explain/failure.h"

/*
 * Each of these says STRICTBIND_CAUSE_UNKNOWN when it is not the cause. The first two and the last
 * add no words then; the others say what was looked at.
 */
enum strictbind_cause sb_explain_start(const struct sb_failure *failure);
enum strictbind_cause sb_explain_wrap(const struct sb_failure *failure);
enum strictbind_cause sb_explain_hole(const struct sb_failure *failure);
enum strictbind_cause sb_explain_no_memory(const struct sb_failure *failure);
enum strictbind_cause sb_explain_cut(const struct sb_failure *failure);

#endif
