/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "migrate/plan.h"
#include "core/page.h"
#include "kernel/quirks.h"
#include "pages/rss.h"
#include "work/pace.h"

static bool has(const struct sb_migrate_situation *situation, enum sb_fact quirk)
{
	return situation->quirks >> quirk & 1;
}

static unsigned ask(enum sb_fact quirk)
{
	return (unsigned)sb_has(quirk) << quirk;
}

/* Somebody asks for what takes batches. */
static bool wants_batches(const struct strictbind_options *options)
{
	return options->threads > 1 || options->stall_us || options->progress;
}

struct sb_migrate_situation sb_migrate_situation_of(int pid,
						    const struct strictbind_options *options)
{
	struct sb_migrate_situation situation = {
		.quirks = ask(SB_LOCKED_WHILE_MOVING) | ask(SB_LEAVES_MOVABLE) |
			  ask(SB_UNISOLATED_NOT_COUNTED),
	};

	if (!wants_batches(options) && has(&situation, SB_LOCKED_WHILE_MOVING))
		situation.resident_bytes = sb_resident_pages(pid) * sb_page_size();
	return situation;
}

struct sb_migrate_plan sb_plan_migrate(const struct strictbind_options *options, bool wants_report,
				       const struct sb_migrate_situation *situation)
{
	bool locked = has(situation, SB_LOCKED_WHILE_MOVING);
	struct sb_migrate_plan plan = {
		.pair_by_pair = situation->chain,
		.batches = wants_batches(options) ||
			   (locked && situation->resident_bytes > SB_STALL_BYTES),
		.only_together = !options->progress && !options->stall_us && !locked,
		.one_thread = locked,
		.again = has(situation, SB_LEAVES_MOVABLE),
		.counts_always = wants_report || has(situation, SB_UNISOLATED_NOT_COUNTED),
	};

	plan.arguments_first = plan.batches || plan.pair_by_pair;
	return plan;
}
