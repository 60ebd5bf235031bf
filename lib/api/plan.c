/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <limits.h>

#include "api/abi.h"
#include "mbind/plan.h"

/* A range as large as any. */
#define LARGE (1UL << 40)

static struct sb_request request_of(int mode, unsigned flags)
{
	/* Which nodes, no plan depends on. */
	static const unsigned long some_node = 1;
	struct sb_request request = sb_request_of(NULL, LARGE, mode, &some_node, 2, flags);

	if (request.bare_mode == SB_MPOL_DEFAULT || request.bare_mode == SB_MPOL_LOCAL) {
		request.mask = NULL;
		request.maxnode = 0;
	}
	return request;
}

SB_EXPORT const char *strictbind_plan(unsigned index, int mode, unsigned flags,
				      const struct strictbind_options *options, int counted)
{
	struct strictbind_options known;
	struct sb_request request = request_of(mode, flags);
	struct sb_situation situation;
	const struct sb_step *step;

	if (flags & ~SB_MF_VALID)
		return NULL;
	if (sb_take_options(options, NULL, &known) < 0)
		sb_take_options(NULL, NULL, &known);
	situation = sb_situation_of(&request, &known, counted != 0);
	situation.resident_bytes = ULONG_MAX;
	sb_plan_mbind(&request.plan, &request, &known, counted != 0, &situation);
	step = sb_plan_step(&request.plan, index);
	return step ? step->sentence : NULL;
}
