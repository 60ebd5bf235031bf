/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explain/modes.h"

#include "core/call_words.h"
#include "explain/try.h"

#define NUMA_BALANCING (1 << 13)
#define EXCLUSIVE (SB_MPOL_F_STATIC_NODES | SB_MPOL_F_RELATIVE_NODES)

/* The mainline release that each mode came with, from MPOL_DEFAULT on. */
static const char *const since[] = { "2.6.7", "2.6.7", "2.6.7", "2.6.7", "3.8", "5.15", "6.9" };

static enum strictbind_cause missing_mode(const struct sb_failure *failure, int mode)
{
	struct sb_line *line = failure->line;
	bool known = mode >= 0 && (size_t)mode < sizeof(since) / sizeof(*since);

	if (!known) {
		sb_line_add(line, "Mode ");
		sb_line_mode(line, mode);
		sb_line_add(line, " is none that any kernel known to this library has.");
		return STRICTBIND_CAUSE_MODE_INVALID;
	}
	sb_line_add(line, "This kernel does not have the mode ");
	sb_line_mode(line, mode);
	sb_line_add(line, ", which came with Linux ");
	sb_line_add(line, since[mode]);
	sb_line_add(line, ".");
	return STRICTBIND_CAUSE_MODE_MISSING;
}

enum strictbind_cause sb_explain_mode(const struct sb_failure *failure)
{
	struct sb_line *line = failure->line;
	int mode = failure->call.mode;
	int bare = mode & ~SB_MPOL_MODE_FLAGS;

	if (sb_try_mode(mode) != -EINVAL)
		return STRICTBIND_CAUSE_UNKNOWN;
	if (sb_try_mode(bare) == -EINVAL)
		return missing_mode(failure, bare);
	if ((mode & EXCLUSIVE) == EXCLUSIVE) {
		sb_line_add(line, "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each "
				  "other.");
		return STRICTBIND_CAUSE_MODE_FLAGS;
	}
	if (!(mode & NUMA_BALANCING))
		return STRICTBIND_CAUSE_UNKNOWN;
	if (sb_try_mode(SB_MPOL_BIND | NUMA_BALANCING) == -EINVAL) {
		sb_line_add(line, "This kernel does not have the mode flag MPOL_F_NUMA_BALANCING, "
				  "which came with Linux 5.12.");
		return STRICTBIND_CAUSE_MODE_FLAG_MISSING;
	}
	sb_line_add(line, "MPOL_F_NUMA_BALANCING does not go with ");
	sb_line_mode(line, bare);
	sb_line_add(line, ", though it does with MPOL_BIND.");
	return STRICTBIND_CAUSE_MODE_FLAGS;
}

enum strictbind_cause sb_explain_flags(const struct sb_failure *failure)
{
	unsigned odd = failure->call.flags & ~SB_MF_VALID;
	struct sb_line *line = failure->line;

	if (!odd || sb_try_flags(odd) != -EINVAL)
		return STRICTBIND_CAUSE_UNKNOWN;
	sb_line_add(line, "Flag ");
	sb_line_flags(line, odd);
	sb_line_add(line, " is none that mbind takes; there are ");
	sb_line_flags(line, SB_MF_VALID);
	sb_line_add(line, ".");
	return STRICTBIND_CAUSE_FLAG_INVALID;
}
