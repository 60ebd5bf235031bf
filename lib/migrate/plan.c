/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "migrate/plan.h"
#include "core/page.h"
#include "kernel/quirks.h"
#include "pages/rss.h"
#include "work/pace.h"

/* Somebody asks for what takes batches. */
static bool wants_batches(const struct strictbind_options *options)
{
	return options->threads > 1 || options->stall_us || options->progress;
}

struct sb_migrate_situation sb_migrate_situation_of(int pid,
						    const struct strictbind_options *options)
{
	struct sb_migrate_situation situation = {
		.quirks = sb_quirk_if_here(SB_LOCKED_WHILE_MOVING) |
			  sb_quirk_if_here(SB_LEAVES_MOVABLE) |
			  sb_quirk_if_here(SB_UNISOLATED_NOT_COUNTED),
	};

	if (!wants_batches(options) && sb_quirks_have(situation.quirks, SB_LOCKED_WHILE_MOVING))
		situation.resident_bytes = sb_resident_pages(pid) * sb_page_size();
	return situation;
}

struct sb_migrate_plan sb_plan_migrate(const struct strictbind_options *options, bool wants_report,
				       const struct sb_migrate_situation *situation)
{
	bool locked = sb_quirks_have(situation->quirks, SB_LOCKED_WHILE_MOVING);
	struct sb_migrate_plan plan = {
		.pair_by_pair = situation->chain,
		.batches = wants_batches(options) ||
			   (locked && situation->resident_bytes > SB_STALL_BYTES),
		.only_together = !options->progress && !options->stall_us && !locked,
		.one_thread = locked,
		.again = sb_quirks_have(situation->quirks, SB_LEAVES_MOVABLE),
		.counts_always = wants_report ||
				 sb_quirks_have(situation->quirks, SB_UNISOLATED_NOT_COUNTED),
	};

	plan.arguments_first = plan.batches || plan.pair_by_pair;
	return plan;
}
