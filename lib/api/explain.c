/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explain/explain.h"
#include "api/abi.h"

/* The longest sentence, with its zero. */
#define LONGEST 512

SB_EXPORT int strictbind_explain(const struct strictbind_arguments *arguments, int error,
				 char *text, unsigned long size)
{
	struct sb_line line = sb_line_in(text, text && size < LONGEST ? size : LONGEST);
	struct sb_failure failure = { .error = error, .line = &line };
	int result = sb_take_arguments(arguments, &failure.call);

	if (!text)
		line.size = 0;
	if (result < 0)
		return (int)sb_result(result);
	if (failure.call.call != STRICTBIND_CALL_MBIND &&
	    failure.call.call != STRICTBIND_CALL_MIGRATE_PAGES)
		return (int)sb_result(-EINVAL);
	result = (int)sb_explain(&failure);
	sb_line_end(&line, '\0');
	return result;
}

SB_EXPORT const char *strictbind_cause_name(int cause)
{
	static const char *const names[] = {
		[STRICTBIND_CAUSE_UNKNOWN] = "unknown",
		[STRICTBIND_CAUSE_NODE_MISSING] = "node-missing",
		[STRICTBIND_CAUSE_NODE_WITHOUT_MEMORY] = "node-without-memory",
		[STRICTBIND_CAUSE_NODE_NOT_ALLOWED] = "node-not-allowed",
		[STRICTBIND_CAUSE_MASK_EMPTY] = "mask-empty",
		[STRICTBIND_CAUSE_MASK_UNWANTED] = "mask-unwanted",
		[STRICTBIND_CAUSE_MASK_UNREADABLE] = "mask-unreadable",
		[STRICTBIND_CAUSE_MAXNODE_SMALL] = "maxnode-small",
		[STRICTBIND_CAUSE_MAXNODE_LARGE] = "maxnode-large",
		[STRICTBIND_CAUSE_MODE_MISSING] = "mode-missing",
		[STRICTBIND_CAUSE_MODE_INVALID] = "mode-invalid",
		[STRICTBIND_CAUSE_MODE_FLAG_MISSING] = "mode-flag-missing",
		[STRICTBIND_CAUSE_MODE_FLAGS] = "mode-flags",
		[STRICTBIND_CAUSE_FLAG_INVALID] = "flag-invalid",
		[STRICTBIND_CAUSE_ADDRESS] = "address",
		[STRICTBIND_CAUSE_RANGE_WRAPS] = "range-wraps",
		[STRICTBIND_CAUSE_HOLE] = "hole",
		[STRICTBIND_CAUSE_HUGE_PAGE_CUT] = "huge-page-cut",
		[STRICTBIND_CAUSE_PRIVILEGE] = "privilege",
		[STRICTBIND_CAUSE_SECCOMP] = "seccomp",
		[STRICTBIND_CAUSE_NOT_BUILT] = "not-built",
		[STRICTBIND_CAUSE_MAP_COUNT] = "map-count",
		[STRICTBIND_CAUSE_NODES_FULL] = "nodes-full",
		[STRICTBIND_CAUSE_MISPLACED] = "misplaced",
		[STRICTBIND_CAUSE_NO_PROCESS] = "no-process",
		[STRICTBIND_CAUSE_PROCESS_WITHOUT_MEMORY] = "process-without-memory",
		[STRICTBIND_CAUSE_CANCELED] = "canceled",
		[STRICTBIND_CAUSE_NEWER_STRUCTURE] = "newer-structure",
	};

	if (cause < 0 || (size_t)cause >= sizeof(names) / sizeof(*names))
		cause = STRICTBIND_CAUSE_UNKNOWN;
	return names[cause];
}
