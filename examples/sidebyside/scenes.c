/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/mempolicy.h>

#include "scene.h"

#define STRICT MPOL_MF_STRICT
#define MOVE MPOL_MF_MOVE

/* One below the other, so that pages can be compared. */
/* clang-format off */
const struct scene scenes[] = {
	{
		.title = "Pages that cannot move, then pages that can",
		.quirk = "stops-at-unmovable",
		.call = MBIND, .flags = STRICT | MOVE, .to = 1,
		.pages  = "mmmmRRmmmmmmmmmm",
		.before = "0000000000000000",
		.after  = "1111001111111111",
		.policy = "1111111111111111",
		.error = EIO,
		.rule = "EIO, the policy is set, and everything that can move has moved (rules 8, 9)",
	},
	{
		.title = "Pages that cannot move, and a hole after them",
		.quirk = "half-done-before-hole",
		.call = MBIND, .flags = STRICT | MOVE, .to = 1,
		.pages  = "mmmmRRmmmm--mmmm",
		.before = "0000000000--0000",
		.after  = "0000000000--0000",
		.policy = "..........--....",
		.error = EFAULT,
		.rule = "EFAULT, no policy is set and no page moves (rule 3)",
	},
	{
		.title = "A misplaced page, then another mapping, then a hole",
		.quirk = "eio-hides-hole",
		.call = MBIND, .flags = STRICT, .to = 1,
		.pages  = "mmmmrrrr--mmmmmm",
		.before = "01111111--111111",
		.after  = "01111111--111111",
		.policy = "........--......",
		.error = EFAULT,
		.rule = "EFAULT: the range is judged before its pages (rule 3)",
	},
	{
		.title = "The same in one mapping",
		.call = MBIND, .flags = STRICT, .to = 1,
		.pages  = "mmmmmmmm--mmmmmm",
		.before = "01111111--111111",
		.after  = "01111111--111111",
		.policy = "........--......",
		.error = EFAULT,
		.rule = "EFAULT again: where mappings begin and end makes no difference (rule 3)",
	},
	{
		.title = "migrate_pages, and pages that cannot move",
		.quirk = "unisolated-not-counted",
		.call = MIGRATE, .from = 1, .to = 0,
		.pages  = "mmmmRRRmmmmmmmmm",
		.before = "1111111111111111",
		.after  = "0000111000000000",
		.policy = "................",
		.rule = "the number of pages that had to move and could not (rule 12)",
	},
	{
		.title = "migrate_pages, and a huge page that cannot move",
		.quirk = "count-unit-varies",
		.call = MIGRATE, .from = 1, .to = 0, .huge = true,
		.pages  = "HHHHHHHH",
		.before = "11111111",
		.after  = "11111111",
		.policy = "........",
		.rule = "the number of base pages that had to move and could not (rule 12)",
	},
	{
		.title = "Counting what stayed in a PROT_NONE mapping",
		.quirk = "query-misses-prot-none",
		.call = MBIND, .flags = STRICT | MOVE, .to = 1, .count_after = true,
		.pages  = "mmmmNNNNmmmmmmmm",
		.before = "0000000000000000",
		.after  = "1111000011111111",
		.policy = "1111111111111111",
		.error = EIO,
		.rule = "EIO, and an exact count for who asks (rule 9)",
	},
	{
		.title = "Pages that a pipe points at",
		.call = MBIND, .flags = STRICT | MOVE, .to = 1,
		.pages  = "mmmmPPuummmmmmmm",
		.before = "000000..00000000",
		.after  = "111100..11111111",
		.policy = "1111111111111111",
		.error = EIO,
		.rule = "EIO, the policy is set, and everything that can move has moved (rules 8, 9)",
	},
	{
		.title = "Pages that are mapped twice",
		.call = MBIND, .flags = STRICT | MOVE, .to = 1,
		.pages  = "mmmmSSmmmmmmmmmm",
		.before = "0000000000000000",
		.after  = "1111001111111111",
		.policy = "1111111111111111",
		.rule = "0: without MOVE_ALL shared pages stay, and that is no failure (rule 10)",
	},
	{
		.title = "Every page can move",
		.call = MBIND, .flags = STRICT | MOVE, .to = 1,
		.pages  = "mmmmmmmmmmmmmmmm",
		.before = "0101010101010101",
		.after  = "1111111111111111",
		.policy = "1111111111111111",
		.rule = "0, the policy is set, and every page has moved (rules 8, 9)",
	},
};
/* clang-format on */

const size_t scene_count = sizeof(scenes) / sizeof(scenes[0]);
