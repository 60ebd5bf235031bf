/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <string.h>

#include "core/nodeset.h"
#include "core/page.h"
#include "core/syscall.h"

#define MEMS_ALLOWED (1U << 2) /* MPOL_F_MEMS_ALLOWED */

bool sb_nodeset_equal(const struct sb_nodeset *a, const struct sb_nodeset *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

bool sb_nodeset_is_empty(const struct sb_nodeset *set)
{
	for (int i = 0; i < SB_NODESET_LONGS; i++)
		if (set->bits[i])
			return false;
	return true;
}

int sb_nodeset_weight(const struct sb_nodeset *set)
{
	int weight = 0;

	for (int i = 0; i < SB_NODESET_LONGS; i++)
		weight += __builtin_popcountl(set->bits[i]);
	return weight;
}

int sb_nodeset_nth(const struct sb_nodeset *set, int n)
{
	for (int node = 0; node < SB_MAX_NODES; node++)
		if (sb_nodeset_has(set, node) && n-- == 0)
			return node;
	return -1;
}

static unsigned long bits_named(const unsigned long *mask, unsigned long maxnode)
{
	/* maxnode 0 names no bit here; with a mask the kernel refuses it. */
	return mask && maxnode > 0 ? sb_min(maxnode - 1, SB_MAX_NODES) : 0;
}

void sb_nodeset_read(struct sb_nodeset *set, const unsigned long *mask, unsigned long maxnode)
{
	unsigned long bits = bits_named(mask, maxnode);
	unsigned long longs = bits / SB_BITS_PER_LONG;
	unsigned long rest = bits % SB_BITS_PER_LONG;

	memset(set, 0, sizeof(*set));
	if (bits == 0)
		return;
	/* The mask need not be aligned for the kernel, so neither for us. */
	memcpy(set->bits, mask, (longs + (rest != 0)) * sizeof(long));
	if (rest)
		set->bits[longs] &= (1UL << rest) - 1;
}

/* sigprocmask reads its set before it looks at how, and refuses this how: nothing else happens. */
static bool long_readable(const unsigned long *word)
{
	/* A bit for each signal, of which MIPS has twice as many as others. */
	return sb_sys_rt_sigprocmask(-1, word, NULL, _NSIG / 8) != -EFAULT;
}

bool sb_nodeset_too_long(unsigned long maxnode)
{
	return maxnode - 1 > sb_page_size() * 8;
}

bool sb_nodeset_readable(const unsigned long *mask, unsigned long maxnode)
{
	unsigned long bits = mask && maxnode > 0 ? maxnode - 1 : 0;

	/* It is no longer than a page: its ends lie on all pages it touches. */
	return bits == 0 ||
	       (long_readable(mask) && long_readable(mask + (bits - 1) / SB_BITS_PER_LONG));
}

long sb_nodeset_allowed(struct sb_nodeset *set)
{
	memset(set, 0, sizeof(*set));
	return sb_sys_get_mempolicy(NULL, set->bits, SB_MAX_NODES, 0, MEMS_ALLOWED);
}

int sb_nodeset_other_allowed(int taken)
{
	struct sb_nodeset allowed;

	if (sb_nodeset_allowed(&allowed) < 0)
		return -1;
	for (int node = 0; node < SB_MAX_NODES; node++)
		if (node != taken && sb_nodeset_has(&allowed, node))
			return node;
	return -1;
}
