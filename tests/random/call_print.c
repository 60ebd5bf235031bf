/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls and what came of them in words. */
#include "call.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "raw.h"

const char *mode_name(int mode)
{
	static const char *const names[] = {
		"DEFAULT",	  "PREFERRED",		"BIND", "INTERLEAVE", "LOCAL",
		"PREFERRED_MANY", "WEIGHTED_INTERLEAVE"
	};

	mode &= ~(MODE_FLAGS | MODE_NUMA_BALANCING);
	return mode >= 0 && mode < 7 ? names[mode] : "other";
}

static const char *options_text(bool with_options, const struct strictbind_options *options)
{
	static char text[100];

	if (!with_options)
		return "";
	snprintf(text, sizeof(text), " with %lu threads, %lu us%s", options->threads,
		 options->stall_us, options->progress ? ", progress" : "");
	return text;
}

void flags_print(unsigned flags, char *buf, size_t size)
{
	static const char *const names[] = { "STRICT", "MOVE", "MOVE_ALL" };
	size_t used = 0;

	for (unsigned bit = 0; bit < 3; bit++)
		if (flags >> bit & 1)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? "|" : "",
						 names[bit]);
	if (flags & ~(STRICT | MOVE | MOVE_ALL))
		snprintf(buf, size, "0x%x", flags);
	else if (!flags)
		snprintf(buf, size, "0");
}

void mbind_print(const struct mbind_call *call, char *buf, size_t size)
{
	char nodes[128], flags[64];

	nodes_print(&call->mask, nodes, sizeof(nodes));
	flags_print(call->flags, flags, sizeof(flags));
	snprintf(buf, size, "mbind(pages %zu..%zu%s%s, %s%s%s%s(%d), {%s}%s, maxnode %lu, %s)%s%s",
		 call->first, call->end,
		 (unsigned long)call->addr % machine()->page ? " unaligned" : "",
		 call->len % machine()->page ? " short" : "", mode_name(call->mode),
		 call->mode & MODE_STATIC_NODES ? "|STATIC" : "",
		 call->mode & MODE_RELATIVE_NODES ? "|RELATIVE" : "",
		 call->mode & MODE_NUMA_BALANCING ? "|BALANCING" : "", call->mode, nodes,
		 call->no_mask ? "NULL" : "", call->maxnode, flags,
		 call->report ? " with report" : "",
		 options_text(call->with_options, &call->options));
}

void migrate_print(const struct migrate_call *call, char *buf, size_t size)
{
	char from[128], to[128];

	nodes_print(&call->from, from, sizeof(from));
	nodes_print(&call->to, to, sizeof(to));
	snprintf(buf, size, "migrate_pages(%s, maxnode %lu, {%s}, {%s})%s%s",
		 call->pid ? "child" : "0", call->maxnode, from, to,
		 call->report ? " with report" : "",
		 options_text(call->with_options, &call->options));
}

void outcome_print(long result, int error, char *buf, size_t size)
{
	switch (result < 0 ? error : 0) {
	case 0:
		snprintf(buf, size, "%ld", result);
		break;
	case EIO:
		snprintf(buf, size, "EIO");
		break;
	case EFAULT:
		snprintf(buf, size, "EFAULT");
		break;
	case EINVAL:
		snprintf(buf, size, "EINVAL");
		break;
	case EPERM:
		snprintf(buf, size, "EPERM");
		break;
	case ENOMEM:
		snprintf(buf, size, "ENOMEM");
		break;
	default:
		snprintf(buf, size, "errno %d", error);
	}
}
