/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Node sets of libnuma. Only its structure is used, none of its functions. */
#include <numa.h>
#include <string.h>

#include "nodeset.h"
#include "result.h"

/* libnuma's size is the number of bits; the kernel ignores the last one that maxnode names. */
static unsigned long maxnode_of(const struct bitmask *nodes)
{
	return nodes ? nodes->size + 1 : 0;
}

static const unsigned long *mask_of(const struct bitmask *nodes)
{
	return nodes ? nodes->maskp : NULL;
}

SB_EXPORT long strictbind_mbind_bitmask(void *addr, unsigned long len, int mode,
					const struct bitmask *nodes, unsigned flags,
					const struct strictbind_options *options,
					struct strictbind_report *report)
{
	return strictbind_mbind_opt(addr, len, mode, mask_of(nodes), maxnode_of(nodes), flags,
				    options, report);
}

/* Both masks as long as the kernel's longest, since they share one maxnode. */
SB_EXPORT long strictbind_migrate_pages_bitmask(int pid, const struct bitmask *old_nodes,
						const struct bitmask *new_nodes,
						const struct strictbind_options *options,
						struct strictbind_report *report)
{
	struct sb_nodeset from, to;

	sb_nodeset_read(&from, mask_of(old_nodes), maxnode_of(old_nodes));
	sb_nodeset_read(&to, mask_of(new_nodes), maxnode_of(new_nodes));
	return strictbind_migrate_pages_opt(pid, SB_MAX_NODES + 1, from.bits, to.bits, options,
					    report);
}

SB_EXPORT int strictbind_locate_bitmask(int pid, const void *addr, unsigned long len,
					struct bitmask *nodes)
{
	unsigned long pages[SB_MAX_NODES];
	unsigned long unknown;

	if (strictbind_locate(pid, addr, len, pages, SB_MAX_NODES, &unknown) < 0)
		return -1;
	if (unknown)
		return (int)sb_result(-EIO);
	for (unsigned long node = nodes->size; node < SB_MAX_NODES; node++)
		if (pages[node])
			return (int)sb_result(-ERANGE);
	memset(nodes->maskp, 0,
	       (nodes->size + 8 * sizeof(long) - 1) / (8 * sizeof(long)) * sizeof(long));
	for (unsigned node = 0; node < SB_MAX_NODES; node++)
		if (pages[node])
			nodes->maskp[node / (8 * sizeof(long))] |= 1UL
								   << (node % (8 * sizeof(long)));
	return 0;
}
