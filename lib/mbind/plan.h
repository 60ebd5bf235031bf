/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a call of mbind is turned into on this kernel. It is decided once, before anything is done,
 * from the arguments and from what the kernel is known to do; everything after it carries it out
 * and asks no quirk.
 */
#ifndef SB_MBIND_PLAN_H
#define SB_MBIND_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "mbind/request.h"
#include "strictbind.h"

/* What the arguments do not say and the plan depends on. */
struct sb_situation {
	unsigned quirks;	      /* a bit for each enum sb_fact that matters to the call */
	bool frames_told;	      /* page frames are told; false where they do not matter */
	unsigned long resident_bytes; /* of the process; 0 where it does not matter */
};

/* Asks for all of it that matters to this call, and for nothing else. */
struct sb_situation sb_situation_of(const struct sb_request *request,
				    const struct strictbind_options *options, bool wants_report);

/*
 * Pure: the same arguments make the same plan. It is made where it will be read, as every call
 * makes one and copying takes longer than that.
 */
void sb_plan_mbind(struct sb_plan *plan, const struct sb_request *request,
		   const struct strictbind_options *options, bool wants_report,
		   const struct sb_situation *situation);

/*
 * The step number index of a plan: a name and a sentence. NULL behind the last. For people; nothing
 * is carried out by it.
 */
struct sb_step {
	const char *name;
	const char *sentence;
};

const struct sb_step *sb_plan_step(const struct sb_plan *plan, unsigned index);

#endif
