/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Node sets of libnuma. Its structure is part of its binary interface; nothing else of it is used.
 */
#include <string.h>

#include "api/abi.h"
#include "core/nodeset.h"
#include "pages/locate.h"

/* As in <numa.h>, which is not wanted for building. */
struct bitmask {
	unsigned long size; /* bits */
	unsigned long *maskp;
};

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

struct found {
	struct sb_nodeset nodes;
	bool unknown;
};

static void clear(void *context)
{
	*(struct found *)context = (struct found){ .unknown = false };
}

static void add(void *context, int node, unsigned long pages)
{
	struct found *found = context;

	(void)pages;
	if (node >= 0 && node < SB_MAX_NODES)
		sb_nodeset_add(&found->nodes, node);
	else
		found->unknown = true;
}

SB_EXPORT int strictbind_locate_bitmask(int pid, const void *addr, unsigned long len,
					struct bitmask *nodes)
{
	struct found found = { .unknown = false };
	struct sb_census census = { .clear = clear, .add = add, .context = &found };
	unsigned long longs = (nodes->size + SB_BITS_PER_LONG - 1) / SB_BITS_PER_LONG;
	int result = sb_locate(pid, addr, len, &census);

	if (result < 0)
		return (int)sb_result(result);
	if (found.unknown)
		return (int)sb_result(-EIO);
	for (int node = 0; node < SB_MAX_NODES; node++)
		if ((unsigned long)node >= nodes->size && sb_nodeset_has(&found.nodes, node))
			return (int)sb_result(-ERANGE);
	memset(nodes->maskp, 0, longs * sizeof(long));
	memcpy(nodes->maskp, found.nodes.bits,
	       (longs < SB_NODESET_LONGS ? longs : SB_NODESET_LONGS) * sizeof(long));
	return 0;
}
