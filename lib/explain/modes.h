/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_EXPLAIN_MODES_H
#define SB_EXPLAIN_MODES_H

#include "explain/failure.h"

/* Whether the kernel refuses the mode or its flags. STRICTBIND_CAUSE_UNKNOWN, and no words: no. */
enum strictbind_cause sb_explain_mode(const struct sb_failure *failure);

/* The same of the flags. */
enum strictbind_cause sb_explain_flags(const struct sb_failure *failure);

#endif
