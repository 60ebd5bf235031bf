/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies of the simulated kernel: what a caller may ask for, and the nodes that it means. */
#ifndef FAKE_POLICY_H
#define FAKE_POLICY_H

#include "space.h"

enum {
	FAKE_DEFAULT,
	FAKE_PREFERRED,
	FAKE_BIND,
	FAKE_INTERLEAVE,
	FAKE_LOCAL,
	FAKE_PREFERRED_MANY,
	FAKE_WEIGHTED_INTERLEAVE,
};

/* 0 or -EFAULT or -EINVAL. */
long fake_read_mask(struct fake_nodes *nodes, long mask, unsigned long maxnode);

/* 0 or -EINVAL: of the mode and its flags alone, and then with the nodes. */
long fake_judge_mode(int mode);
long fake_judge_policy(const struct fake_policy *policy);

/* Without the mode flags that this release knows. */
int fake_bare_mode(int mode);

/* Nodes that a policy may use in the end. Relative ones are numbered among those. */
struct fake_nodes fake_usable(const struct fake_policy *policy);

#endif
