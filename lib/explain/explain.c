/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explain/explain.h"

#include "core/call_words.h"
#include "core/syscall.h"
#include "explain/masks.h"
#include "explain/modes.h"
#include "explain/range.h"
#include "explain/refused.h"
#include "explain/try.h"
#include "pages/room.h"

static enum strictbind_cause say(const struct sb_failure *failure, const char *sentence,
				 enum strictbind_cause cause)
{
	sb_line_add(failure->line, sentence);
	return cause;
}

/* ---- mbind ---- */

/* In the order in which the kernel comes to them. */
static enum strictbind_cause explain_mbind_argument(const struct sb_failure *failure)
{
	enum strictbind_cause cause = sb_explain_mode(failure);

	if (!cause)
		cause = sb_explain_mask(failure, failure->call.nodemask, "nodemask");
	if (!cause)
		cause = sb_explain_flags(failure);
	if (!cause)
		cause = sb_explain_start(failure);
	if (!cause)
		cause = sb_explain_wrap(failure);
	if (!cause)
		cause = sb_explain_policy(failure);
	if (!cause)
		cause = sb_explain_cut(failure);
	if (cause)
		return cause;
	return say(
		failure,
		"The mode, the flags, the nodes and the address are such that this kernel takes "
		"them now, and no page of hugetlb is seen to be cut; options and report were not "
		"looked at.",
		STRICTBIND_CAUSE_UNKNOWN);
}

static enum strictbind_cause explain_mbind_fault(const struct sb_failure *failure)
{
	enum strictbind_cause cause =
		sb_explain_unreadable(failure, failure->call.nodemask, "nodemask");

	return cause ? cause : sb_explain_hole(failure);
}

static enum strictbind_cause explain_misplaced(const struct sb_failure *failure)
{
	unsigned flags = failure->call.flags;

	if (!(flags & SB_MF_STRICT))
		return say(failure, "Without MPOL_MF_STRICT misplaced pages are no failure.",
			   STRICTBIND_CAUSE_UNKNOWN);
	if (flags & SB_MF_ANY_MOVE)
		return say(
			failure,
			"The policy is set, and pages that had to move could not be moved to the "
			"nodes that were named; a report tells how many.",
			STRICTBIND_CAUSE_MISPLACED);
	return say(failure,
		   "Pages of the range are on other nodes than those that were named, and without "
		   "MPOL_MF_MOVE nothing was done.",
		   STRICTBIND_CAUSE_MISPLACED);
}

static enum strictbind_cause explain_mbind(const struct sb_failure *failure)
{
	switch (failure->error) {
	case EINVAL:
		return explain_mbind_argument(failure);
	case EFAULT:
		return explain_mbind_fault(failure);
	case EIO:
		return explain_misplaced(failure);
	case ENOMEM:
		return sb_explain_no_memory(failure);
	case EPERM:
		return sb_explain_privilege(failure);
	default:
		return STRICTBIND_CAUSE_UNKNOWN;
	}
}

/* ---- migrate_pages ---- */

static enum strictbind_cause explain_no_mm(const struct sb_failure *failure)
{
	if (sb_try_process(0) != 0 || sb_try_process(failure->call.pid) != -EINVAL)
		return STRICTBIND_CAUSE_UNKNOWN;
	sb_line_add(failure->line, "Process ");
	sb_line_signed(failure->line, failure->call.pid);
	sb_line_add(failure->line, " has no memory of its own: it is a kernel thread or a zombie.");
	return STRICTBIND_CAUSE_PROCESS_WITHOUT_MEMORY;
}

static enum strictbind_cause explain_migrate_argument(const struct sb_failure *failure)
{
	enum strictbind_cause cause = sb_explain_mask(failure, failure->call.nodemask, "old_nodes");

	if (!cause)
		cause = sb_explain_mask(failure, failure->call.new_nodes, "new_nodes");
	if (!cause)
		cause = sb_explain_new_nodes(failure, 0, false);
	if (!cause)
		cause = explain_no_mm(failure);
	if (cause)
		return cause;
	return say(
		failure,
		"The nodes are such that this kernel takes them now, and the process has memory; "
		"options and report were not looked at.",
		STRICTBIND_CAUSE_UNKNOWN);
}

static enum strictbind_cause explain_migrate_fault(const struct sb_failure *failure)
{
	enum strictbind_cause cause =
		sb_explain_unreadable(failure, failure->call.nodemask, "old_nodes");

	if (!cause)
		cause = sb_explain_unreadable(failure, failure->call.new_nodes, "new_nodes");
	return cause ? cause
		     : say(failure, "Both masks can be read now.", STRICTBIND_CAUSE_UNKNOWN);
}

static enum strictbind_cause explain_full(const struct sb_failure *failure)
{
	struct sb_line *line = failure->line;
	struct sb_nodeset full;

	sb_mask_read(&full, failure->call.new_nodes, failure->call.maxnode);
	for (int node = 0; node < SB_MAX_NODES; node++)
		if (sb_nodeset_has(&full, node) && sb_has_room(node, 1))
			sb_nodeset_remove(&full, node);
	if (sb_nodeset_is_empty(&full))
		return say(
			failure,
			"A node of new_nodes had no room; each of them has room for a small page "
			"now.",
			STRICTBIND_CAUSE_UNKNOWN);
	sb_line_add(line, "Nodes of new_nodes are full: ");
	sb_line_nodes(line, &full);
	sb_line_add(line, ".");
	return STRICTBIND_CAUSE_NODES_FULL;
}

static enum strictbind_cause explain_no_process(const struct sb_failure *failure)
{
	sb_line_add(failure->line, "There is no process ");
	sb_line_signed(failure->line, failure->call.pid);
	sb_line_add(failure->line, ", as this process sees them.");
	return STRICTBIND_CAUSE_NO_PROCESS;
}

static enum strictbind_cause explain_migrate(const struct sb_failure *failure)
{
	switch (failure->error) {
	case EINVAL:
		return explain_migrate_argument(failure);
	case EFAULT:
		return explain_migrate_fault(failure);
	case ENOMEM:
		return explain_full(failure);
	case EPERM:
		return sb_explain_privilege(failure);
	case ESRCH:
		return explain_no_process(failure);
	case ENOSYS:
		return say(failure,
			   "migrate_pages is there, but cannot move pages: the kernel was built "
			   "without CONFIG_MIGRATION.",
			   STRICTBIND_CAUSE_NOT_BUILT);
	default:
		return STRICTBIND_CAUSE_UNKNOWN;
	}
}

/* ---- either ---- */

static enum strictbind_cause explain(const struct sb_failure *failure)
{
	enum strictbind_cause cause;

	if (failure->error == ECANCELED)
		return say(failure, "The progress function of the options asked for it.",
			   STRICTBIND_CAUSE_CANCELED);
	if (failure->error == E2BIG)
		return say(
			failure,
			"options has a field set that this version of the library does not know, "
			"or the size that options or report begin with is wrong.",
			STRICTBIND_CAUSE_NEWER_STRUCTURE);
	if (sb_explain_refused(failure, &cause))
		return cause;
	return sb_failure_of_mbind(failure) ? explain_mbind(failure) : explain_migrate(failure);
}

enum strictbind_cause sb_explain(const struct sb_failure *failure)
{
	enum strictbind_cause cause = explain(failure);
	struct sb_line *line = failure->line;

	if (cause || line->used || line->cut)
		return cause;
	sb_line_add(line, sb_failure_name(failure));
	sb_line_add(line, " as such is not refused now, and nothing is seen that it would fail for "
			  "with ");
	sb_line_error(line, failure->error);
	sb_line_add(line, ".");
	return cause;
}
