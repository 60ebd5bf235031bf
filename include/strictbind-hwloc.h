/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For users of hwloc: sets of nodes as hwloc has them, for the functions of <strictbind.h>. All of
 * it is inline, as hwloc's own <hwloc/linux-libnuma.h>; a program links strictbind and hwloc, of
 * version 2 or later. For C from C99 on, and all of C++.
 *
 * A nodeset numbers nodes as the kernel does. A set without an end, as hwloc_bitmap_fill() makes
 * one, stands for those of its nodes that the topology has: the complete ones, also where the
 * process may not use them. NULL is an empty set. A set with an end that names node 1024 or above
 * is refused, with EINVAL: no kernel has such nodes, and none is left out without a word.
 *
 * Thread-safe as far as nobody changes the set meanwhile. Nothing allocates memory or keeps
 * anything, but for strictbind_hwloc_from_mask() and strictbind_hwloc_locate(), which may have
 * hwloc enlarge the set that they fill. Beyond what is said here, values, errors and rules are
 * those of the functions without hwloc in their names.
 */
#ifndef STRICTBIND_HWLOC_H
#define STRICTBIND_HWLOC_H

#include <errno.h>
#include <string.h>

#include <hwloc.h>
#include <strictbind.h>

#if HWLOC_API_VERSION < 0x00020000
#error "<strictbind-hwloc.h> is for hwloc 2.0 and later"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* More than any kernel has. */
#define STRICTBIND_HWLOC_NODES 1024

/* What the calls take as nodemask: pass .bits, and STRICTBIND_HWLOC_MAXNODE as maxnode. */
struct strictbind_hwloc_mask {
	unsigned long bits[STRICTBIND_HWLOC_NODES / (8 * sizeof(unsigned long))];
};

/* The number of bits plus one, as the kernel ignores the last one that maxnode names. */
#define STRICTBIND_HWLOC_MAXNODE (STRICTBIND_HWLOC_NODES + 1UL)

/*
 * Makes a mask of a nodeset.
 *
 * - topology: of this machine, loaded; is looked at only when the set has no end
 * - nodeset: the set, or NULL
 * - mask: is filled
 *
 * Returns 0, or -1 with errno EINVAL: the set names a node above 1023, or has no end and topology
 * is NULL. The mask is then empty.
 */
static inline int strictbind_hwloc_to_mask(hwloc_topology_t topology, hwloc_const_nodeset_t nodeset,
					   struct strictbind_hwloc_mask *mask)
{
	const int bits = (int)(8 * sizeof(unsigned long));
	int endless = nodeset && hwloc_bitmap_weight(nodeset) < 0;
	hwloc_const_nodeset_t complete =
		endless && topology ? hwloc_topology_get_complete_nodeset(topology) : NULL;
	int node = nodeset ? hwloc_bitmap_first(nodeset) : -1;

	memset(mask, 0, sizeof(*mask));
	for (; node >= 0 && node < STRICTBIND_HWLOC_NODES; node = hwloc_bitmap_next(nodeset, node))
		if (!endless || (complete && hwloc_bitmap_isset(complete, (unsigned)node)))
			mask->bits[node / bits] |= 1UL << (node % bits);
	if (endless ? complete != NULL : node < 0)
		return 0;
	memset(mask, 0, sizeof(*mask));
	errno = EINVAL;
	return -1;
}

/*
 * Makes a nodeset of a mask.
 *
 * - nodeset: becomes the nodes of the mask, and no other
 * - mask: bit set of nodes, or NULL
 * - maxnode: number of bits in mask plus one, as for mbind(2)
 *
 * Returns 0, or -1 with errno ENOMEM.
 */
static inline int strictbind_hwloc_from_mask(hwloc_nodeset_t nodeset, const unsigned long *mask,
					     unsigned long maxnode)
{
	const unsigned long bits = 8 * sizeof(unsigned long);

	hwloc_bitmap_zero(nodeset);
	for (unsigned long node = 0; mask && node + 1 < maxnode; node++)
		if (mask[node / bits] >> (node % bits) & 1 &&
		    hwloc_bitmap_set(nodeset, (unsigned)node) < 0) {
			errno = ENOMEM;
			return -1;
		}
	return 0;
}

/*
 * strictbind_mbind_opt() with a nodeset in place of nodemask and maxnode. Also fails with EINVAL
 * where strictbind_hwloc_to_mask() does; nothing was done then, and the report is cleared.
 */
static inline long strictbind_hwloc_mbind(hwloc_topology_t topology, void *addr, unsigned long len,
					  int mode, hwloc_const_nodeset_t nodeset, unsigned flags,
					  const struct strictbind_options *options,
					  struct strictbind_report *report)
{
	struct strictbind_hwloc_mask mask;

	/* No node has this number: EINVAL, and a report that says so. */
	if (strictbind_hwloc_to_mask(topology, nodeset, &mask) < 0)
		return strictbind_bind_node(addr, len, -1, options, report);
	return strictbind_mbind_opt(addr, len, mode, mask.bits, STRICTBIND_HWLOC_MAXNODE, flags,
				    options, report);
}

/* strictbind_migrate_pages_opt() with nodesets, in the same way. */
static inline long strictbind_hwloc_migrate_pages(hwloc_topology_t topology, int pid,
						  hwloc_const_nodeset_t old_nodes,
						  hwloc_const_nodeset_t new_nodes,
						  const struct strictbind_options *options,
						  struct strictbind_report *report)
{
	struct strictbind_hwloc_mask from, to;

	if (strictbind_hwloc_to_mask(topology, old_nodes, &from) < 0 ||
	    strictbind_hwloc_to_mask(topology, new_nodes, &to) < 0)
		return strictbind_bind_node(NULL, 0, -1, options, report);
	return strictbind_migrate_pages_opt(pid, STRICTBIND_HWLOC_MAXNODE, from.bits, to.bits,
					    options, report);
}

/*
 * Tells which nodes hold pages of a range, as strictbind_locate_bitmask() does: nodeset becomes
 * these nodes, and no other. Takes 8 KiB of stack.
 *
 * Returns 0, or -1 with the errors of strictbind_locate(), EIO when the node of a present page is
 * not known, or ENOMEM; the set is then as it was, but after ENOMEM.
 */
static inline int strictbind_hwloc_locate(int pid, const void *addr, unsigned long len,
					  hwloc_nodeset_t nodeset)
{
	unsigned long pages[STRICTBIND_HWLOC_NODES], unknown;

	if (strictbind_locate(pid, addr, len, pages, STRICTBIND_HWLOC_NODES, &unknown) < 0)
		return -1;
	if (unknown) {
		errno = EIO;
		return -1;
	}
	hwloc_bitmap_zero(nodeset);
	for (unsigned node = 0; node < STRICTBIND_HWLOC_NODES; node++)
		if (pages[node] && hwloc_bitmap_set(nodeset, node) < 0) {
			errno = ENOMEM;
			return -1;
		}
	return 0;
}

#ifdef __cplusplus
}
#endif

#endif /* STRICTBIND_HWLOC_H */
