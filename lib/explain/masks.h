/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_EXPLAIN_MASKS_H
#define SB_EXPLAIN_MASKS_H

#include "core/nodeset.h"
#include "explain/failure.h"

/*
 * Each of these says STRICTBIND_CAUSE_UNKNOWN, and adds no words, when it is not the cause.
 */

/* Whether the kernel can read the mask: for EFAULT. name: what the call names it. */
enum strictbind_cause sb_explain_unreadable(const struct sb_failure *failure,
					    const unsigned long *mask, const char *name);

/* Whether the kernel takes it for a mask at all: its length, and the nodes beyond the last. */
enum strictbind_cause sb_explain_mask(const struct sb_failure *failure, const unsigned long *mask,
				      const char *name);

/* Whether the mode takes these nodes. */
enum strictbind_cause sb_explain_policy(const struct sb_failure *failure);

/*
 * Whether pages can be moved to new_nodes, of which process pid has to be allowed all, or one.
 */
enum strictbind_cause sb_explain_new_nodes(const struct sb_failure *failure, int pid, bool all);

/* Reads a mask as the kernel does, whatever it points to. False when it cannot be read. */
bool sb_mask_read(struct sb_nodeset *set, const unsigned long *mask, unsigned long maxnode);

#endif
