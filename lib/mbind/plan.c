/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mbind/plan.h"
#include "core/page.h"
#include "kernel/quirks.h"
#include "pages/pfn.h"
#include "pages/rss.h"
#include "work/pace.h"

/* So often somebody who watches sees progress. */
#define PROGRESS_INTERVAL_US 50000

static bool moves(const struct sb_request *request)
{
	return request->flags & SB_MF_ANY_MOVE;
}

/* The kernel forgets the mode flags of MPOL_DEFAULT before it looks at anything. */
static bool is_default(const struct sb_request *request)
{
	return request->bare_mode == SB_MPOL_DEFAULT;
}

/*
 * Whether N is empty, at a glance: then the node of a page does not tell whether it was moved. The
 * mask is not read, as the kernel has not judged it yet.
 */
static bool names_no_node(const struct sb_request *request)
{
	return !request->mask || request->maxnode <= 1;
}

/* ---- what has to be known ---- */

static unsigned quirks_of_move(const struct sb_request *request)
{
	unsigned quirks = sb_quirk_if_here(SB_LEAVES_MOVABLE) |
			  sb_quirk_if_here(SB_LOCKED_WHILE_MOVING) |
			  sb_quirk_if_here(SB_STOPS_WITHOUT_ROOM);

	if (is_default(request))
		return quirks;
	return quirks | sb_quirk_if_here(SB_STOPS_AT_UNMOVABLE) |
	       sb_quirk_if_here(SB_MISSES_UNMOVABLE) | sb_quirk_if_here(SB_HALF_DONE_BEFORE_HOLE) |
	       sb_quirk_if_here(SB_PLACES_OUTSIDE) | sb_quirk_if_here(SB_QUERY_MISSES_PROT_NONE);
}

static unsigned quirks_of(const struct sb_request *request)
{
	unsigned quirks = sb_quirk_if_here(SB_MISSES_TAIL_HOLE);

	if (!is_default(request))
		quirks |= sb_quirk_if_here(SB_DEVICE_TAKEN_FOR_HOLE);
	if (!is_default(request) && request->flags)
		quirks |= sb_quirk_if_here(SB_STRICT_IGNORES_MISPLACED) |
			  sb_quirk_if_here(SB_STRICT_IGNORES_HUGETLB);
	if (sb_quirks_have(quirks, SB_STRICT_IGNORES_HUGETLB))
		quirks |= sb_quirk_if_here(SB_QUERY_MISSES_PROT_NONE);
	if (!is_default(request) && request->flags == SB_MF_STRICT)
		quirks |= sb_quirk_if_here(SB_EIO_HIDES_HOLE);
	return moves(request) ? quirks | quirks_of_move(request) : quirks;
}

/* Whether the library bounds by itself how long others are kept waiting. */
static bool wants_bound(const struct sb_request *request, const struct strictbind_options *options,
			const struct sb_situation *situation)
{
	return moves(request) && !options->stall_us && !is_default(request) &&
	       sb_quirks_have(situation->quirks, SB_LOCKED_WHILE_MOVING) &&
	       request->len > SB_STALL_BYTES;
}

struct sb_situation sb_situation_of(const struct sb_request *request,
				    const struct strictbind_options *options, bool wants_report)
{
	struct sb_situation situation = { .quirks = quirks_of(request) };

	if (moves(request) && !is_default(request) && wants_report && names_no_node(request))
		situation.frames_told = sb_frames_told();
	if (wants_bound(request, options, &situation))
		situation.resident_bytes = sb_resident_bytes();
	return situation;
}

/* ---- the plan ---- */

static enum sb_strict strict_of(const struct sb_request *request,
				const struct sb_situation *situation)
{
	if (is_default(request) || !request->flags ||
	    sb_quirks_have(situation->quirks, SB_STRICT_IGNORES_MISPLACED))
		return SB_STRICT_TELLS_NOTHING;
	return sb_quirks_have(situation->quirks, SB_STRICT_IGNORES_HUGETLB)
		       ? SB_STRICT_MISSES_HUGETLB
		       : SB_STRICT_TELLS;
}

/* Every mode but MPOL_BIND moves pages to other nodes when those of N are full. */
static bool may_place_outside(const struct sb_request *request,
			      const struct sb_situation *situation)
{
	return request->bare_mode != SB_MPOL_BIND && request->bare_mode != SB_MPOL_LOCAL &&
	       !names_no_node(request) && sb_quirks_have(situation->quirks, SB_PLACES_OUTSIDE);
}

static enum sb_verdict verdict_of(const struct sb_request *request, bool wants_report,
				  const struct sb_situation *situation)
{
	if (!wants_report && !(request->flags & SB_MF_STRICT))
		return SB_VERDICT_NONE;
	if (!names_no_node(request))
		return SB_VERDICT_BY_NODES;
	return wants_report && situation->frames_told ? SB_VERDICT_BY_FRAMES
						      : SB_VERDICT_BY_SECOND_TRY;
}

/* How the pages of a mode that names nodes, or the caller's own, are moved (rules 8 to 10). */
static void plan_move(struct sb_plan *plan, const struct sb_request *request, bool wants_report,
		      const struct sb_situation *situation)
{
	plan->without_strict = sb_quirks_have(situation->quirks, SB_STOPS_AT_UNMOVABLE) ||
			       sb_quirks_have(situation->quirks, SB_MISSES_UNMOVABLE) ||
			       sb_quirks_have(situation->quirks, SB_HALF_DONE_BEFORE_HOLE);
	plan->again_without = sb_quirks_have(situation->quirks, SB_STOPS_AT_UNMOVABLE);
	plan->outside_again = may_place_outside(request, situation);
	plan->hidden_again = !names_no_node(request) &&
			     sb_quirks_have(situation->quirks, SB_QUERY_MISSES_PROT_NONE) &&
			     plan->strict != SB_STRICT_TELLS_NOTHING;
	plan->verdict = verdict_of(request, wants_report, situation);
	/* STRICT alone would not ask for the privilege that MOVE_ALL takes. */
	plan->strict_first = (plan->outside_again || plan->without_strict) &&
			     !(request->flags & SB_MF_MOVE_ALL) && !names_no_node(request) &&
			     plan->strict != SB_STRICT_TELLS_NOTHING;
	/* Where no node tells what was moved, pages must not be moved twice for the verdict. */
	if (plan->verdict == SB_VERDICT_BY_FRAMES ||
	    (plan->without_strict &&
	     (names_no_node(request) || request->mode & SB_MPOL_F_RELATIVE_NODES)))
		plan->one_call = false;
}

static void plan_chunks(struct sb_plan *plan, const struct sb_request *request,
			const struct strictbind_options *options,
			const struct sb_situation *situation)
{
	unsigned long stall = options->stall_us;

	/* Not when everything the process has would not keep anybody waiting for long. */
	if (wants_bound(request, options, situation) && situation->resident_bytes > SB_STALL_BYTES)
		stall = SB_STALL_US;
	if (stall == 0 && options->progress)
		stall = PROGRESS_INTERVAL_US;
	plan->stall = (uint64_t)stall * 1000;
	plan->one_thread = sb_quirks_have(situation->quirks, SB_LOCKED_WHILE_MOVING);
	plan->stall_chosen = !options->stall_us && plan->one_thread;
	plan->chunks = plan->stall != 0 || options->threads > 1;
}

void sb_plan_mbind(struct sb_plan *plan, const struct sb_request *request,
		   const struct strictbind_options *options, bool wants_report,
		   const struct sb_situation *situation)
{
	bool governed = !is_default(request);

	*plan = (struct sb_plan){
		.governed = governed,
		.holes_first = sb_quirks_have(situation->quirks, SB_MISSES_TAIL_HOLE),
		.parts_at_devices =
			governed && sb_quirks_have(situation->quirks, SB_DEVICE_TAKEN_FOR_HOLE),
		.holes_after_eio = governed && request->flags == SB_MF_STRICT &&
				   sb_quirks_have(situation->quirks, SB_EIO_HIDES_HOLE),
		.default_tells_holes =
			!governed && !sb_quirks_have(situation->quirks, SB_MISSES_TAIL_HOLE),
		.strict = strict_of(request, situation),
		.counts = governed && request->flags && wants_report,
	};
	plan->nodes_told = plan->strict == SB_STRICT_MISSES_HUGETLB &&
			   !sb_quirks_have(situation->quirks, SB_QUERY_MISSES_PROT_NONE);
	plan->looks_first = governed && request->flags == SB_MF_STRICT &&
			    plan->strict == SB_STRICT_TELLS_NOTHING;
	if (!moves(request))
		return;
	plan->always_again = sb_quirks_have(situation->quirks, SB_LEAVES_MOVABLE);
	plan->failed_again = sb_quirks_have(situation->quirks, SB_STOPS_WITHOUT_ROOM);
	plan->one_call = true;
	if (governed)
		plan_move(plan, request, wants_report, situation);
	plan_chunks(plan, request, options, situation);
	/* STRICT alone over all of it would keep others waiting for long. */
	if (plan->chunks)
		plan->one_call = plan->strict_first = false;
	plan->maps_again = plan->without_strict || !plan->one_call;
}

/* ---- in words ---- */

struct described {
	bool (*holds)(const struct sb_plan *plan);
	struct sb_step step;
};

#define WHEN(name, condition)                                                                      \
	static bool name(const struct sb_plan *plan)                                               \
	{                                                                                          \
		return condition;                                                                  \
	}

static bool moving(const struct sb_plan *plan)
{
	return plan->one_call || plan->chunks || plan->always_again || plan->failed_again;
}

static bool by_nodes(const struct sb_plan *plan)
{
	return moving(plan) && plan->verdict == SB_VERDICT_BY_NODES;
}

/* The kernel's own EIO is true of every page that had to move. */
static bool hears_kernel(const struct sb_plan *plan)
{
	return !plan->without_strict && !plan->outside_again && !plan->always_again;
}

WHEN(holes_first, plan->holes_first)
WHEN(parts_at_devices, plan->parts_at_devices)
WHEN(looks_first, plan->looks_first)
WHEN(strict_first, plan->strict_first)
WHEN(one_call, plan->one_call && !plan->without_strict)
WHEN(one_call_without_strict, plan->one_call && plan->without_strict)
WHEN(policy_first, moving(plan) && !plan->one_call)
WHEN(chunks, plan->chunks)
WHEN(repeated, moving(plan) && !plan->one_call && !plan->chunks && plan->again_without)
WHEN(always_again, plan->always_again)
WHEN(outside_again, plan->outside_again)
WHEN(failed_again, plan->failed_again && !plan->always_again)
WHEN(maps_again, plan->maps_again)
WHEN(hidden_again,
     plan->hidden_again && (plan->always_again || plan->outside_again || plan->failed_again))
WHEN(hugetlb_by_nodes, plan->strict == SB_STRICT_MISSES_HUGETLB)
WHEN(kernel_tells, by_nodes(plan) && plan->one_call && hears_kernel(plan))
WHEN(strict_checks, by_nodes(plan) && plan->strict != SB_STRICT_TELLS_NOTHING &&
			    !(plan->one_call && hears_kernel(plan)))
WHEN(nodes_check, by_nodes(plan) && plan->strict == SB_STRICT_TELLS_NOTHING)
WHEN(second_try, plan->verdict == SB_VERDICT_BY_SECOND_TRY)
WHEN(frames_check, plan->verdict == SB_VERDICT_BY_FRAMES)
WHEN(holes_after, plan->holes_after_eio && !moving(plan))
WHEN(counted, plan->counts)

static const struct described steps[] = {
	{ holes_first, { "holes-first", "The range is checked for holes with msync." } },
	{ looks_first,
	  { "look-first", "The nodes of the pages are asked for before the policy is set." } },
	{ hugetlb_by_nodes,
	  { "hugetlb-by-nodes",
	    "Mappings that may be of hugetlb are looked at with move_pages: STRICT tells nothing of "
	    "them." } },
	{ strict_first,
	  { "strict-first",
	    "mbind with STRICT alone is tried: where no page is misplaced, that was all." } },
	{ one_call, { "one-call", "One mbind sets the policy and moves the pages." } },
	{ one_call_without_strict,
	  { "one-call-without-strict",
	    "One mbind sets the policy and moves the pages, without STRICT." } },
	{ policy_first, { "policy-first", "The policy is set first, all or nothing." } },
	{ parts_at_devices,
	  { "parts-at-devices", "If device mappings are taken for holes, it is set in parts." } },
	{ chunks,
	  { "chunks", "The pages are moved in chunks, so that others need not wait for long." } },
	{ repeated,
	  { "repeat-without-strict", "If that ends early, the rest is moved without STRICT." } },
	{ maps_again,
	  { "map-again",
	    "Huge pages of files that the kernel takes out of the page table are mapped again." } },
	{ always_again, { "again", "Pages that the kernel has left are moved with move_pages." } },
	{ outside_again,
	  { "again-outside",
	    "Pages that the kernel has put outside the nodes asked for are moved with move_pages "
	    "to one that has room." } },
	{ failed_again,
	  { "again-after-failure",
	    "If some page fails, those behind it are moved with move_pages." } },
	{ hidden_again,
	  { "again-hidden",
	    "Those that move_pages does not find are moved with mbind, bound to the nodes asked "
	    "for." } },
	{ kernel_tells, { "kernel-tells", "The kernel's answer tells whether a page was left." } },
	{ strict_checks,
	  { "checked-by-strict", "mbind with STRICT alone tells whether a page is misplaced." } },
	{ nodes_check,
	  { "checked-by-nodes", "The nodes of the pages tell whether one is misplaced." } },
	{ second_try,
	  { "second-try",
	    "No node tells whether a page was moved: if the kernel says that some was not, it is "
	    "asked to move each part once more." } },
	{ frames_check,
	  { "checked-by-frames",
	    "The page frames before and after tell which pages have moved." } },
	{ holes_after,
	  { "holes-after-eio",
	    "If the answer is EIO, the range is checked for holes with msync." } },
	{ counted, { "counted", "If pages were left they are counted, page by page." } },
};

const struct sb_step *sb_plan_step(const struct sb_plan *plan, unsigned index)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		if (steps[i].holds(plan) && index-- == 0)
			return &steps[i].step;
	return NULL;
}
