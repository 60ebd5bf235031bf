/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy.h"

#include <errno.h>
#include <string.h>

#include "calls.h"
#include "kernel.h"

enum { STATIC_NODES = 1 << 15, RELATIVE_NODES = 1 << 14, NUMA_BALANCING = 1 << 13 };

/* ---- masks ---- */

static long read_long(unsigned long address, unsigned long *word)
{
	if (!fake_readable(address, sizeof(*word)))
		return -EFAULT;
	memcpy(word, fake_pointer((long)address), sizeof(*word));
	return 0;
}

/* The bits from kernel_nodes on must be zero, the others make the set. */
static long take_word(struct fake_nodes *nodes, unsigned long index, unsigned long word)
{
	for (int bit = 0; bit < FAKE_LONG_BITS; bit++) {
		unsigned long node = index * FAKE_LONG_BITS + (unsigned long)bit;

		if (!(word >> bit & 1))
			continue;
		if (node >= (unsigned long)fake.kernel_nodes)
			return -EINVAL;
		fake_add(nodes, (int)node);
	}
	return 0;
}

long fake_read_mask(struct fake_nodes *nodes, long mask, unsigned long maxnode)
{
	unsigned long bits = maxnode - 1;
	unsigned long longs;

	*nodes = fake_no_nodes();
	if (bits == 0 || !mask)
		return 0;
	if (bits > FAKE_PAGE * 8)
		return -EINVAL;
	longs = (bits + FAKE_LONG_BITS - 1) / FAKE_LONG_BITS;
	/* From behind, so that nodes that do not exist are noticed first. */
	for (unsigned long i = longs; i-- > 0;) {
		unsigned long word;
		long result = read_long((unsigned long)mask + i * 8, &word);

		if (result == 0 && i == longs - 1 && bits % FAKE_LONG_BITS)
			word &= (1UL << bits % FAKE_LONG_BITS) - 1;
		if (result == 0)
			result = take_word(nodes, i, word);
		if (result < 0)
			return result;
	}
	return 0;
}

/* ---- modes ---- */

static int mode_flags(void)
{
	return STATIC_NODES | RELATIVE_NODES |
	       (fake.kernel.numa_balancing_flag ? NUMA_BALANCING : 0);
}

int fake_bare_mode(int mode)
{
	return mode & ~mode_flags();
}

long fake_judge_mode(int mode)
{
	int flags = mode & mode_flags();
	int bare = fake_bare_mode(mode);

	if (bare < 0 || bare >= fake.kernel.modes)
		return -EINVAL;
	if ((flags & STATIC_NODES) && (flags & RELATIVE_NODES))
		return -EINVAL;
	return flags & NUMA_BALANCING && bare != FAKE_BIND ? -EINVAL : 0;
}

struct fake_nodes fake_usable(const struct fake_policy *policy)
{
	struct fake_nodes present = fake_and(&fake.allowed, &fake.memory);
	struct fake_nodes folded = fake_no_nodes();
	int weight = fake_weight(&present);

	if (!(policy->mode & RELATIVE_NODES) || weight == 0)
		return fake_and(&policy->nodes, &present);
	for (int node = 0; node < FAKE_MAX_NODES; node++) {
		int rank = node % weight;

		if (!fake_has(&policy->nodes, node))
			continue;
		for (int target = 0; target < FAKE_MAX_NODES; target++)
			if (fake_has(&present, target) && rank-- == 0)
				fake_add(&folded, target);
	}
	return folded;
}

long fake_judge_policy(const struct fake_policy *policy)
{
	struct fake_nodes nodes;
	bool empty = fake_is_empty(&policy->nodes);
	bool flagged = policy->mode & (STATIC_NODES | RELATIVE_NODES);

	switch (fake_bare_mode(policy->mode)) {
	case FAKE_DEFAULT:
		return empty ? 0 : -EINVAL;
	case FAKE_LOCAL:
		return empty && !flagged ? 0 : -EINVAL;
	case FAKE_PREFERRED:
		if (empty)
			return flagged ? -EINVAL : 0;
		break;
	default:
		break;
	}
	nodes = fake_usable(policy);
	return empty || fake_is_empty(&nodes) ? -EINVAL : 0;
}
