/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mbind/chunks.h"
#include "core/huge_size.h"
#include "core/nodeset.h"
#include "mbind/strict.h"
#include "pages/rss.h"
#include "work/bisect.h"
#include "work/node_cpus.h"
#include "work/pace.h"
#include "work/threads.h"

/* A check whether there is anything to move spans at most this many chunks: it takes the lock too.
 */
#define CHECK_SPAN 64
/* Pages that are populated to see how long that takes, and how often: others may hold the lock. */
#define POPULATED 16
#define POPULATED_TIMES 4
/* How often a call that moves nothing is timed at most. */
#define FIXED_TIMES 3

/* What each thread learns and finds. */
struct part {
	struct sb_pace pace;
	unsigned long check_span; /* bytes that are checked in one go */
	bool dense;		  /* the last chunk had much to move */
	struct sb_tally tally;
};

struct job {
	const struct sb_move *move;
	struct part *parts; /* one for each thread */
	unsigned long bytes;
	bool may_lose_less; /* nobody has asked for chunks of a certain time */
	bool rather_none;   /* nor for chunks */
};

/*
 * What a call costs that has nothing to move, asked of a page that nobody has touched. So much that
 * it matters, and it is asked again: what disturbs makes it longer.
 */
static void learn_fixed_cost(struct sb_pace *pace, const struct sb_request *request)
{
	unsigned long size = sb_page_size();
	long mapped = sb_sys_map_scratch(size);
	unsigned long page = (unsigned long)mapped;
	uint64_t least = UINT64_MAX;

	if (sb_sys_no_address(mapped))
		return;
	for (int i = 0; i < FIXED_TIMES && sb_pace_matters(pace, least); i++) {
		uint64_t before = sb_now();

		sb_bind_part(request, page, page + size, request->flags & ~SB_MF_STRICT);
		least = sb_min(least, sb_now() - before);
	}
	sb_pace_learn_fixed(pace, least);
	sb_sys_munmap(page, size);
}

/* What it takes to populate a page, when nothing disturbs. 0: not known. */
static uint64_t time_populating(void)
{
	unsigned long size = POPULATED * sb_page_size();
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < POPULATED_TIMES; i++) {
		struct sb_took start = sb_took_start(), took;
		long mapped = sb_sys_mmap(0, size, PROT_READ | PROT_WRITE,
					  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1);

		if (sb_sys_no_address(mapped))
			return 0;
		took = sb_took_since(&start);
		sb_sys_munmap((unsigned long)mapped, size);
		if (took.worked < least)
			least = took.worked;
	}
	return least / POPULATED;
}

/* There is something to move. Not before: these questions take longer than a call without. */
static void learn_costs(const struct job *job, struct sb_pace *pace)
{
	learn_fixed_cost(pace, job->move->request);
	if (!job->may_lose_less || pace->losses.most)
		return;
	sb_pace_may_lose_less(pace, sb_min(job->bytes, sb_resident_bytes()), job->rather_none);
	sb_pace_learn_page(pace, time_populating());
}

static long move_chunk(const struct job *job, struct part *part, unsigned long start,
		       unsigned long end)
{
	struct sb_pace *pace = &part->pace;
	struct sb_took before = sb_took_start();
	long result = sb_move_mapped(job->move, start, end, &part->tally);
	struct sb_took took = sb_took_since(&before);

	if (result == 0 && sb_pace_wants_fixed(pace, took.elapsed))
		learn_costs(job, pace);
	sb_pace_learn(pace, end - start, took);
	part->dense = sb_pace_is_dense(pace, took.elapsed);
	return result;
}

/*
 * Whether nothing of the chunk is mapped; told of MPOL_DEFAULT only (rule 4). What has that policy
 * keeps it.
 */
static bool is_hole(const struct sb_request *request, unsigned long start, unsigned long end)
{
	return !request->plan.governed && sb_bind_part(request, start, end, 0) == -EFAULT;
}

/* Whether there is nothing to move in the chunk. Learns how much may be looked at in one go. */
static bool has_nothing_to_move(const struct sb_request *request, struct part *part,
				unsigned long start, unsigned long end)
{
	uint64_t bound = sb_pace_bound(&part->pace);
	uint64_t before = bound ? sb_now() : 0;
	bool nothing = sb_none_misplaced(request, start, end) || is_hole(request, start, end);
	uint64_t took;

	if (!bound || end - start < part->check_span)
		return nothing;
	took = sb_now() - before;
	/* A look ends at the first misplaced page: only one that finds none tells how long it
	 * takes. */
	if (took > bound && part->check_span > part->pace.smallest)
		part->check_span /= 2;
	else if (nothing && took < bound / SB_BISECT_FACTOR)
		part->check_span = sb_min(part->check_span * SB_BISECT_FACTOR, SB_PACE_LARGEST);
	return nothing;
}

/* Bytes to take on next. */
static unsigned long look_ahead(const struct part *part)
{
	return part->dense ? part->pace.size : sb_max(part->check_span, part->pace.size);
}

/*
 * What has been moved is judged in longer stretches: each question takes the lock once more, and
 * who waits for it spins, which makes each page's TLB shootdown go to one more processor.
 */
static void judge_moved(const struct sb_move *move, struct part *part, unsigned long start,
			unsigned long end)
{
	if (move->judged_later && start < end && !sb_is_settled(move, &part->tally) &&
	    !has_nothing_to_move(move->request, part, start, end))
		sb_judge_moved(move, start, end, &part->tally);
}

static void work(struct sb_threads *threads, unsigned long number, unsigned long start,
		 unsigned long end)
{
	struct job *job = threads->job;
	struct part *part = &job->parts[number];
	struct sb_bisect chunks = sb_bisect_of(start, end, part->pace.smallest);
	unsigned long judged = start; /* what comes before has been */

	while (chunks.at < end && sb_threads_result(threads) == 0) {
		unsigned long at = chunks.at;
		unsigned long moved = 0;
		unsigned long chunk_end;

		if (!part->dense || at - judged >= part->check_span) {
			judge_moved(job->move, part, judged, at);
			judged = at;
		}
		chunks.size = sb_min(chunks.size, look_ahead(part));
		chunk_end = sb_bisect_end(&chunks);
		if (!part->dense && has_nothing_to_move(job->move->request, part, at, chunk_end)) {
			sb_bisect_next_grow(&chunks);
			judged = chunk_end;
		} else if (chunk_end - at > part->pace.size) {
			chunks.size = sb_max(chunks.size / SB_BISECT_FACTOR, part->pace.size);
			continue;
		} else {
			long result = move_chunk(job, part, at, chunk_end);

			if (result < 0) {
				sb_threads_stop(threads, result);
				break;
			}
			sb_bisect_next(&chunks);
			chunks.size = part->pace.size;
			moved = chunk_end - at;
		}
		sb_threads_tell(threads, number, (chunk_end - at) / sb_page_size(),
				moved / sb_page_size());
	}
	judge_moved(job->move, part, judged, chunks.at);
	sb_leave_chunk(job->move, chunks.at, end, &part->tally);
}

static int nodes_wanted(const struct sb_request *request)
{
	struct sb_nodeset wanted;

	sb_nodeset_read(&wanted, request->mask, request->maxnode);
	return sb_nodeset_weight(&wanted);
}

/* With one node to move to, every processor places pages alike. */
static bool placed_by_processor(const struct sb_request *request)
{
	return nodes_wanted(request) != 1;
}

/*
 * With an empty N every page moves, also one that has just moved. So a huge page would do that once
 * for each chunk with a part of it.
 */
static unsigned long smallest_chunk(const struct sb_request *request)
{
	return nodes_wanted(request) ? SB_SMALLEST_CHUNK
				     : sb_max(sb_huge_size(), SB_SMALLEST_CHUNK);
}

/* How many threads may work; near becomes the processors that workers have to stay on. */
static void set_threads(struct sb_threads *threads, const struct sb_request *request,
			unsigned long asked, cpu_set_t *near)
{
	if (asked <= 1 || request->plan.one_thread)
		return;
	if (placed_by_processor(request)) {
		if (!sb_cpus_near(near))
			return;
		threads->near = near;
	} else if (!sb_cpus_allowed(near)) {
		return;
	}
	threads->count = sb_threads_worth(asked, near);
}

static void work_together(struct sb_threads *threads, const struct sb_move *move,
			  struct sb_tally *tally)
{
	struct part parts[threads->count];
	const struct strictbind_options *options = threads->options;
	unsigned long smallest = smallest_chunk(move->request);
	struct job job = {
		.move = move,
		.parts = parts,
		.bytes = threads->end - threads->start,
		.may_lose_less = move->request->plan.stall_chosen,
		.rather_none = !options->progress,
	};

	for (unsigned long i = 0; i < threads->count; i++) {
		struct sb_pace pace = sb_pace_of(move->request->plan.stall, smallest);

		/* Then nothing tells before where pages are, and a range may be vast. */
		if (!sb_strict_tells(move->request))
			pace.sparse = SB_PACE_LARGEST;
		parts[i] = (struct part){
			.pace = pace,
			.check_span = pace.target ? pace.size * CHECK_SPAN : pace.size,
		};
	}
	threads->job = &job;
	threads->work = work;
	sb_threads_run(threads);
	for (unsigned long i = 0; i < threads->count; i++)
		sb_tally_add(tally, &parts[i].tally);
}

long sb_move_in_chunks(const struct sb_move *whole, const struct strictbind_options *options,
		       struct sb_tally *tally)
{
	struct sb_threads threads = sb_threads_of(options);
	struct sb_move move = *whole;
	cpu_set_t near;

	move.judged_later = sb_may_judge_later(whole);
	threads.start = move.request->range.start;
	threads.end = move.request->range.end;
	threads.total = (threads.end - threads.start) / sb_page_size();
	set_threads(&threads, move.request, options->threads, &near);
	work_together(&threads, &move, tally);
	sb_leave_chunk(&move, sb_threads_next(&threads), threads.end, tally);
	return sb_threads_result(&threads);
}
