/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "migrate/batches.h"
#include "core/page.h"
#include "kernel/quirks.h"
#include "pages/numa_maps.h"
#include "pages/scan.h"
#include "work/node_cpus.h"

/* Mappings that are gone through together; they are kept on the stack. */
#define STRETCHES 32
/* Pages moved by one call, which drains the lists of all processors first. */
#define PAGES_A_CALL 4096
/*
 * A mapping of which less than this share is on the node costs more to look through than its pages
 * to move, unless what is not populated can be skipped.
 */
#define LEAST_SHARE 256
/* Threads are not worth starting for fewer bytes. */
#define WORTH_THREADS (16UL << 20)

/* Part of the address space. at is where it lies in the work of the threads. */
struct stretch {
	unsigned long start;
	unsigned long end;
	unsigned long at;
};

/* Pages to move; one for each thread, in memory mapped for that. */
struct batch {
	unsigned long count;
	unsigned long seen; /* pages on the source since the last call */
	unsigned long addresses[PAGES_A_CALL];
	int nodes[PAGES_A_CALL];
	int status[PAGES_A_CALL];
};

struct job {
	const struct sb_batches *batches;
	struct sb_threads *threads;
	int source;
	int target;
	struct batch *batch; /* one for each thread */
	unsigned stretches;
	unsigned long pages; /* in them, on the source */
	struct stretch stretch[STRETCHES];
};

struct sb_batches sb_batches_of(const struct sb_migration *migration, bool moves_shared,
				unsigned long total)
{
	struct sb_batches batches = {
		.pid = migration->pid,
		.moves_shared = moves_shared,
		.one_thread = migration->plan.one_thread,
		.only_together = migration->plan.only_together,
		.threads = sb_threads_of(migration->options),
	};

	batches.threads.total = total;
	return batches;
}

/* ---- pages ---- */

/* Leaves in the batch the pages that are still on the source. */
static void keep_unmoved(const struct job *job, struct batch *batch)
{
	unsigned long kept = 0;

	if (sb_sys_move_pages(job->batches->pid, batch->count, batch->addresses, NULL,
			      batch->status, 0) == 0)
		for (unsigned long i = 0; i < batch->count; i++)
			if (batch->status[i] == job->source)
				batch->addresses[kept++] = batch->addresses[i];
	batch->count = kept;
}

/*
 * When a page could not be moved, the kernel may not have come to those behind it, and does not
 * tell which these are. As long as half of the pages move it is worth another try.
 */
static void move_batch(const struct job *job, struct batch *batch)
{
	unsigned flags = job->batches->moves_shared ? SB_MF_MOVE_ALL : SB_MF_MOVE;
	unsigned long before;
	long result;

	do {
		before = batch->count;
		result = sb_sys_move_pages(job->batches->pid, batch->count, batch->addresses,
					   batch->nodes, batch->status, flags);
		if (result > 0)
			keep_unmoved(job, batch);
	} while (result > 0 && batch->count > 0 && batch->count <= before / 2);
	/* Such as a full target. What comes of it, migrate_pages will say. */
	if (result < 0)
		sb_threads_stop(job->threads, result);
}

static void flush(struct job *job, unsigned long number)
{
	struct batch *batch = &job->batch[number];
	unsigned long moved = batch->count;
	unsigned long seen = batch->seen;

	if (batch->count > 0)
		move_batch(job, batch);
	batch->count = batch->seen = 0;
	if (seen > 0)
		sb_threads_tell(job->threads, number, seen, moved);
}

static void add_page(struct job *job, unsigned long number, const struct sb_extent *page)
{
	struct batch *batch = &job->batch[number];

	if (page->seen != SB_SEEN_PRESENT || page->node != job->source)
		return;
	batch->seen++;
	/* Where that is not told, the kernel knows which pages are shared, and refuses. */
	if (page->sharing == SB_SHARED && !job->batches->moves_shared)
		return;
	batch->nodes[batch->count] = job->target;
	batch->addresses[batch->count++] = page->address;
	if (batch->count == PAGES_A_CALL)
		flush(job, number);
}

static void add_range(struct job *job, unsigned long number, unsigned long start, unsigned long end)
{
	struct sb_extent page;
	struct sb_scan scan;

	sb_scan_pages(&scan, job->batches->pid, start, end);
	while (sb_threads_result(job->threads) == 0 && sb_scan_next(&scan, &page))
		add_page(job, number, &page);
	sb_scan_close(&scan);
}

static void work(struct sb_threads *threads, unsigned long number, unsigned long start,
		 unsigned long end)
{
	struct job *job = threads->job;

	for (unsigned i = 0; i < job->stretches && sb_threads_result(threads) == 0; i++) {
		const struct stretch *stretch = &job->stretch[i];
		unsigned long at_end = stretch->at + (stretch->end - stretch->start);
		unsigned long from = sb_max(start, stretch->at);
		unsigned long to = sb_min(end, at_end);

		if (from < to)
			add_range(job, number, stretch->start + (from - stretch->at),
				  stretch->start + (to - stretch->at));
	}
	if (sb_threads_result(threads) == 0)
		flush(job, number);
}

/* ---- mappings ---- */

static void run(struct job *job)
{
	struct sb_threads *threads = job->threads;
	unsigned long count = threads->count;

	if (job->pages * sb_page_size() < WORTH_THREADS)
		threads->count = 1;
	if (job->stretches > 0 && !(job->batches->only_together && threads->count == 1))
		sb_threads_run(threads);
	threads->count = count;
	threads->end = 0;
	job->stretches = 0;
	job->pages = 0;
}

static void add(struct job *job, const struct sb_vmas *vma)
{
	unsigned long grain = job->threads->grain;
	/* Shares are cut where huge pages end. */
	unsigned long at = ((job->threads->end + grain - 1) & -grain) + vma->start % grain;

	job->stretch[job->stretches++] = (struct stretch){ vma->start, vma->end, at };
	job->threads->end = at + (vma->end - vma->start);
	job->pages += vma->pages;
	if (job->stretches == STRETCHES)
		run(job);
}

static bool is_sparse(const struct sb_vmas *vma)
{
	return (vma->end - vma->start) / sb_page_size() / LEAST_SHARE > vma->pages &&
	       !sb_has(SB_CAN_PAGEMAP_SCAN);
}

static void run_all(struct job *job, struct sb_vmas *vmas)
{
	while (sb_threads_result(job->threads) == 0 && sb_vmas_next(vmas)) {
		if (is_sparse(vmas))
			sb_threads_tell(job->threads, 0, vmas->pages, 0);
		else
			add(job, vmas);
	}
	if (sb_threads_result(job->threads) == 0)
		run(job);
}

/* ---- a pair of nodes ---- */

static unsigned long threads_for(const struct sb_batches *batches)
{
	const struct strictbind_options *options = batches->threads.options;
	cpu_set_t cpus;

	if (options->threads <= 1 || batches->one_thread || !sb_cpus_allowed(&cpus))
		return 1;
	return sb_threads_worth(options->threads, &cpus);
}

bool sb_move_batches(struct sb_batches *batches, int source, int target)
{
	struct sb_threads *threads = &batches->threads;
	struct job job = {
		.batches = batches, .threads = threads, .source = source, .target = target
	};
	struct sb_nodeset sources = { .bits = { 0 } };
	struct sb_vmas vmas;
	unsigned long size;
	long mapped;

	threads->count = threads_for(batches);
	if (batches->only_together && threads->count == 1)
		return true;
	threads->work = work;
	threads->job = &job;
	size = threads->count * sizeof(struct batch);
	mapped = sb_sys_map_scratch(size);
	if (sb_sys_no_address(mapped))
		return true;
	job.batch = (struct batch *)mapped; // NOLINT
	sb_nodeset_add(&sources, source);
	if (sb_vmas_open(&vmas, batches->pid, &sources) == 0) {
		run_all(&job, &vmas);
		sb_vmas_close(&vmas);
	}
	sb_sys_munmap((unsigned long)mapped, size);
	if (sb_threads_result(threads) == -ECANCELED)
		return false;
	atomic_store(&threads->result, 0);
	return true;
}
