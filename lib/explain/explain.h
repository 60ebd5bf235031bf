/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a call failed. */
#ifndef SB_EXPLAIN_EXPLAIN_H
#define SB_EXPLAIN_EXPLAIN_H

#include "explain/failure.h"

/*
 * Finds the cause, and adds a sentence about it to the line; also where the cause is not known.
 */
enum strictbind_cause sb_explain(const struct sb_failure *failure);

#endif
