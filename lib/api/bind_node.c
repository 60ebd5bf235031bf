/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/abi.h"
#include "core/nodeset.h"
#include "core/syscall.h"

/* Nothing is done, but the structures are judged as those of every call. */
static long no_such_node(const struct strictbind_options *options, struct strictbind_report *report)
{
	struct strictbind_options known;
	int result = sb_take_options(options, report, &known);

	return sb_result(result < 0 ? result : -EINVAL);
}

SB_EXPORT long strictbind_bind_node(void *addr, unsigned long len, int node,
				    const struct strictbind_options *options,
				    struct strictbind_report *report)
{
	struct sb_nodeset nodes = { { 0 } };

	if (node < 0 || node >= SB_MAX_NODES)
		return no_such_node(options, report);
	sb_nodeset_add(&nodes, node);
	return strictbind_mbind_opt(addr, len, SB_MPOL_BIND, nodes.bits, SB_MAX_NODES + 1,
				    SB_MF_STRICT | SB_MF_MOVE, options, report);
}
