/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What calls of mbind are turned into, by what a kernel does: kernel x call -> plan. */
#include "mbind/plan.h"

#include <stdio.h>
#include <string.h>

#include "core/syscall.h"
#include "kernels.h"
#include "run.h"

enum {
	STRICT = SB_MF_STRICT,
	MOVE = SB_MF_MOVE,
	MOVE_ALL = SB_MF_MOVE_ALL,
};

/* How a call is made. */
enum {
	REPORT = 1,
	LARGE = 2, /* a range and a process that large moves are bounded for */
	FRAMES = 4,
	STALL = 8,
};

static const struct row {
	const char *kernel;
	int mode;
	unsigned flags;
	unsigned how;
	const char *steps;
} table[] = {
	{ "4.20", SB_MPOL_BIND, 0, 0, "holes-first parts-at-devices" },
	{ "4.20", SB_MPOL_BIND, STRICT, 0,
	  "holes-first look-first parts-at-devices holes-after-eio" },
	{ "4.20", SB_MPOL_BIND, MOVE, 0,
	  "holes-first one-call-without-strict parts-at-devices map-again again" },
	{ "4.20", SB_MPOL_BIND, STRICT | MOVE, 0,
	  "holes-first one-call-without-strict parts-at-devices map-again again checked-by-nodes" },
	{ "4.20", SB_MPOL_BIND, STRICT | MOVE, LARGE | REPORT,
	  "holes-first policy-first parts-at-devices chunks map-again again checked-by-nodes counted" },
	{ "4.20", SB_MPOL_PREFERRED, STRICT | MOVE, REPORT,
	  "holes-first one-call-without-strict parts-at-devices map-again again again-outside checked-by-nodes counted" },
	{ "4.20", SB_MPOL_LOCAL, MOVE, REPORT | FRAMES,
	  "holes-first policy-first parts-at-devices map-again again checked-by-frames counted" },
	{ "4.20", SB_MPOL_DEFAULT, MOVE, LARGE, "holes-first one-call again" },
	{ "el8.10", SB_MPOL_BIND, 0, 0, "" },
	{ "el8.10", SB_MPOL_BIND, STRICT, 0, "hugetlb-by-nodes holes-after-eio" },
	{ "el8.10", SB_MPOL_BIND, MOVE, 0,
	  "hugetlb-by-nodes strict-first one-call-without-strict map-again again" },
	{ "el8.10", SB_MPOL_BIND, STRICT | MOVE, 0,
	  "hugetlb-by-nodes strict-first one-call-without-strict map-again again checked-by-strict" },
	{ "el8.10", SB_MPOL_BIND, STRICT | MOVE, LARGE | REPORT,
	  "hugetlb-by-nodes policy-first chunks map-again again checked-by-strict counted" },
	{ "el8.10", SB_MPOL_PREFERRED, STRICT | MOVE, REPORT,
	  "hugetlb-by-nodes strict-first one-call-without-strict map-again again again-outside checked-by-strict counted" },
	{ "el8.10", SB_MPOL_LOCAL, MOVE, REPORT | FRAMES,
	  "hugetlb-by-nodes policy-first repeat-without-strict map-again again checked-by-frames counted" },
	{ "el8.10", SB_MPOL_DEFAULT, MOVE, LARGE, "one-call again" },
	{ "5.4", SB_MPOL_BIND, 0, 0, "holes-first parts-at-devices" },
	{ "5.4", SB_MPOL_BIND, STRICT, 0,
	  "holes-first hugetlb-by-nodes parts-at-devices holes-after-eio" },
	{ "5.4", SB_MPOL_BIND, MOVE, 0,
	  "holes-first hugetlb-by-nodes strict-first one-call-without-strict parts-at-devices map-again again" },
	{ "5.4", SB_MPOL_BIND, STRICT | MOVE, 0,
	  "holes-first hugetlb-by-nodes strict-first one-call-without-strict parts-at-devices map-again again checked-by-strict" },
	{ "5.4", SB_MPOL_BIND, STRICT | MOVE, LARGE | REPORT,
	  "holes-first hugetlb-by-nodes policy-first parts-at-devices chunks map-again again checked-by-strict counted" },
	{ "5.4", SB_MPOL_PREFERRED, STRICT | MOVE, REPORT,
	  "holes-first hugetlb-by-nodes strict-first one-call-without-strict parts-at-devices map-again again again-outside checked-by-strict counted" },
	{ "5.4", SB_MPOL_LOCAL, MOVE, REPORT | FRAMES,
	  "holes-first hugetlb-by-nodes policy-first parts-at-devices repeat-without-strict map-again again checked-by-frames counted" },
	{ "5.4", SB_MPOL_DEFAULT, MOVE, LARGE, "holes-first one-call again" },
	{ "5.10", SB_MPOL_BIND, 0, 0, "" },
	{ "5.10", SB_MPOL_BIND, STRICT, 0, "holes-after-eio" },
	{ "5.10", SB_MPOL_BIND, MOVE, 0, "strict-first one-call-without-strict map-again again" },
	{ "5.10", SB_MPOL_BIND, STRICT | MOVE, 0,
	  "strict-first one-call-without-strict map-again again checked-by-strict" },
	{ "5.10", SB_MPOL_BIND, STRICT | MOVE, LARGE | REPORT,
	  "policy-first chunks map-again again checked-by-strict counted" },
	{ "5.10", SB_MPOL_PREFERRED, STRICT | MOVE, REPORT,
	  "strict-first one-call-without-strict map-again again again-outside checked-by-strict counted" },
	{ "5.10", SB_MPOL_LOCAL, MOVE, REPORT | FRAMES,
	  "policy-first repeat-without-strict map-again again checked-by-frames counted" },
	{ "5.10", SB_MPOL_DEFAULT, MOVE, LARGE, "one-call again" },
	{ "6.1", SB_MPOL_BIND, 0, 0, "" },
	{ "6.1", SB_MPOL_BIND, STRICT, 0, "holes-after-eio" },
	{ "6.1", SB_MPOL_BIND, MOVE, 0,
	  "strict-first one-call-without-strict map-again again again-hidden" },
	{ "6.1", SB_MPOL_BIND, STRICT | MOVE, 0,
	  "strict-first one-call-without-strict map-again again again-hidden checked-by-strict" },
	{ "6.1", SB_MPOL_BIND, STRICT | MOVE, LARGE | REPORT,
	  "policy-first chunks map-again again again-hidden checked-by-strict counted" },
	{ "6.1", SB_MPOL_PREFERRED, STRICT | MOVE, REPORT,
	  "strict-first one-call-without-strict map-again again again-outside again-hidden checked-by-strict counted" },
	{ "6.1", SB_MPOL_LOCAL, MOVE, REPORT | FRAMES,
	  "policy-first map-again again checked-by-frames counted" },
	{ "6.1", SB_MPOL_DEFAULT, MOVE, LARGE, "one-call again" },
	{ "el9.6", SB_MPOL_BIND, 0, 0, "" },
	{ "el9.6", SB_MPOL_BIND, STRICT, 0, "holes-after-eio" },
	{ "el9.6", SB_MPOL_BIND, MOVE, 0, "one-call again" },
	{ "el9.6", SB_MPOL_BIND, STRICT | MOVE, 0, "one-call again checked-by-strict" },
	{ "el9.6", SB_MPOL_BIND, STRICT | MOVE, LARGE | REPORT,
	  "policy-first chunks map-again again checked-by-strict counted" },
	{ "el9.6", SB_MPOL_PREFERRED, STRICT | MOVE, REPORT,
	  "strict-first one-call again again-outside checked-by-strict counted" },
	{ "el9.6", SB_MPOL_LOCAL, MOVE, REPORT | FRAMES,
	  "policy-first map-again again checked-by-frames counted" },
	{ "el9.6", SB_MPOL_DEFAULT, MOVE, LARGE, "one-call again" },
	{ "6.12", SB_MPOL_BIND, 0, 0, "" },
	{ "6.12", SB_MPOL_BIND, STRICT, 0, "holes-after-eio" },
	{ "6.12", SB_MPOL_BIND, MOVE, 0, "one-call again-after-failure" },
	{ "6.12", SB_MPOL_BIND, STRICT | MOVE, 0, "one-call again-after-failure kernel-tells" },
	{ "6.12", SB_MPOL_BIND, STRICT | MOVE, LARGE | REPORT,
	  "one-call again-after-failure kernel-tells counted" },
	{ "6.12", SB_MPOL_PREFERRED, STRICT | MOVE, REPORT,
	  "strict-first one-call again-outside again-after-failure checked-by-strict counted" },
	{ "6.12", SB_MPOL_LOCAL, MOVE, REPORT | FRAMES,
	  "policy-first map-again again-after-failure checked-by-frames counted" },
	{ "6.12", SB_MPOL_DEFAULT, MOVE, LARGE, "one-call again-after-failure" },
	{ "6.12", SB_MPOL_PREFERRED, STRICT | MOVE_ALL, 0,
	  "one-call again-outside again-after-failure checked-by-strict" },
	{ "6.12", SB_MPOL_BIND, MOVE, STALL, "policy-first chunks map-again again-after-failure" },
	{ "5.10", SB_MPOL_LOCAL, STRICT | MOVE, REPORT,
	  "policy-first repeat-without-strict map-again again second-try counted" },
	{ "6.12", SB_MPOL_LOCAL, STRICT | MOVE, 0, "one-call again-after-failure second-try" },
};

static struct sb_plan plan_of(const struct row *row)
{
	static const unsigned long nodes[] = { 2 };
	const struct strictbind_options options = {
		.size = sizeof(options),
		.stall_us = row->how & STALL ? 100 : 0,
	};
	bool named = row->mode != SB_MPOL_DEFAULT && row->mode != SB_MPOL_LOCAL;
	struct sb_request request =
		sb_request_of(NULL, row->how & LARGE ? 1UL << 30 : 1UL << 20, row->mode,
			      named ? nodes : NULL, named ? 65 : 0, row->flags);
	const struct sb_situation situation = {
		.quirks = quirks_of_kernel(row->kernel),
		.frames_told = row->how & FRAMES,
		.resident_bytes = row->how & LARGE ? 1UL << 30 : 1UL << 20,
	};
	struct sb_plan plan;

	sb_plan_mbind(&plan, &request, &options, row->how & REPORT, &situation);
	return plan;
}

static const char *steps_of(const struct sb_plan *plan)
{
	static char text[512];
	const struct sb_step *step;

	text[0] = '\0';
	for (unsigned i = 0; (step = sb_plan_step(plan, i)); i++) {
		ck_assert(step->sentence[0] && strchr(step->sentence, '.'));
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			 step->name);
	}
	return text;
}

START_TEST(plan_is_as_in_the_table)
{
	const struct row *row = &table[_i];
	struct sb_plan plan = plan_of(row);

	ck_assert_msg(!strcmp(steps_of(&plan), row->steps),
		      "%s, mode %d, flags 0x%x, how 0x%x:\n  planned %s\n  must be %s", row->kernel,
		      row->mode, row->flags, row->how, steps_of(&plan), row->steps);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("plan");

	tcase_add_loop_test(tests, plan_is_as_in_the_table, 0, sizeof(table) / sizeof(*table));
	return run_tests("plan", tests);
}
