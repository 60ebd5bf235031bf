/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages/batches.h"
#include "core/page.h"
#include "core/syscall.h"
#include "kernel/quirks.h"
#include "work/node_cpus.h"

/*
 * Moved by one call, which drains the lists of all processors first. More bytes would gain nothing,
 * and who wants no more, or is told how far it has come, would wait for them.
 */
#define BYTES_A_CALL (16UL << 20)
/* No page is smaller than 4 KiB. */
#define PAGES_A_CALL (BYTES_A_CALL >> 12)
/*
 * Memory of which less than this share is to be moved costs more to look through than its pages to
 * move, unless what is not populated can be skipped.
 */
#define LEAST_SHARE 256
/* Threads are not worth starting for fewer bytes. */
#define WORTH_THREADS (16UL << 20)

/* Parts of the address space that are gone through together. */
#define PARTS 32

/* Part of the address space. at is where it lies in the work of the threads. */
struct sb_batch_part {
	unsigned long start;
	unsigned long end;
	unsigned long at;
};

/* One for each thread. */
struct sb_batch {
	unsigned long count;
	unsigned long seen; /* pages to be moved since the last call, those left alone among them */
	unsigned long addresses[PAGES_A_CALL];
	int nodes[PAGES_A_CALL];
	int status[PAGES_A_CALL];
};

struct sb_batches sb_batches_of(int pid, const struct strictbind_options *options)
{
	return (struct sb_batches){
		.pid = pid,
		.threads = sb_threads_of(options),
	};
}

/* ---- pages ---- */

/* Leaves in the batch the pages that are not where they are to go. */
static void keep_unmoved(const struct sb_batches *batches, struct sb_batch *batch)
{
	unsigned long kept = 0;

	if (sb_sys_move_pages(batches->pid, batch->count, batch->addresses, NULL, batch->status,
			      0) == 0)
		for (unsigned long i = 0; i < batch->count; i++) {
			if (batch->status[i] < 0 || batch->status[i] == batch->nodes[i])
				continue;
			batch->addresses[kept] = batch->addresses[i];
			batch->nodes[kept++] = batch->nodes[i];
		}
	batch->count = kept;
}

/*
 * When a page could not be moved, the kernel may not have come to those behind it, and does not
 * tell which these are. As long as half of the pages move it is worth another try.
 */
static void move_batch(struct sb_batches *batches, struct sb_batch *batch)
{
	unsigned flags = batches->moves_shared ? SB_MF_MOVE_ALL : SB_MF_MOVE;
	unsigned long before;
	long result;

	do {
		before = batch->count;
		result = sb_sys_move_pages(batches->pid, batch->count, batch->addresses,
					   batch->nodes, batch->status, flags);
		if (result > 0)
			keep_unmoved(batches, batch);
	} while (result > 0 && batch->count > 0 && batch->count <= before / 2);
	/* Such as a full target, which other ways of moving will tell, too. */
	if (result < 0)
		sb_threads_stop(&batches->threads, result);
	if (result != 0)
		atomic_store(&batches->left, true);
}

static void flush(struct sb_batches *batches, unsigned long number)
{
	struct sb_batch *batch = &batches->batch[number];
	unsigned long moved = batch->count;
	unsigned long seen = batch->seen;

	if (batch->count > 0)
		move_batch(batches, batch);
	batch->count = batch->seen = 0;
	if (seen > 0)
		sb_threads_tell(&batches->threads, number, seen, moved);
}

static void add_page(struct sb_batches *batches, unsigned long number, const struct sb_extent *page)
{
	struct sb_batch *batch = &batches->batch[number];
	int target =
		page->seen == SB_SEEN_PRESENT ? batches->target_of(batches->context, page) : -1;

	if (target < 0)
		return;
	batch->seen++;
	/* Where that is not told, the kernel knows which pages are shared, and refuses. */
	if (page->sharing == SB_SHARED && !batches->moves_shared)
		return;
	batch->nodes[batch->count] = target;
	batch->addresses[batch->count++] = page->address;
	if (batch->count * sb_page_size() == BYTES_A_CALL)
		flush(batches, number);
}

static void add_range(struct sb_batches *batches, unsigned long number, unsigned long start,
		      unsigned long end)
{
	struct sb_extent page;
	struct sb_scan scan;

	sb_scan_pages(&scan, batches->pid, start, end);
	while (sb_batches_result(batches) == 0 && sb_scan_next(&scan, &page))
		add_page(batches, number, &page);
	sb_scan_close(&scan);
}

static void work(struct sb_threads *threads, unsigned long number, unsigned long start,
		 unsigned long end)
{
	struct sb_batches *batches = threads->job;

	for (unsigned i = 0; i < batches->parts && sb_batches_result(batches) == 0; i++) {
		const struct sb_batch_part *part = &batches->part[i];
		unsigned long at_end = part->at + (part->end - part->start);
		unsigned long from = sb_max(start, part->at);
		unsigned long to = sb_min(end, at_end);

		if (from < to)
			add_range(batches, number, part->start + (from - part->at),
				  part->start + (to - part->at));
	}
	if (sb_batches_result(batches) == 0)
		flush(batches, number);
}

/* ---- parts ---- */

void sb_batches_run(struct sb_batches *batches)
{
	struct sb_threads *threads = &batches->threads;
	unsigned long count = threads->count;

	if (batches->pages * sb_page_size() < WORTH_THREADS)
		threads->count = 1;
	if (batches->parts > 0 && sb_batches_result(batches) == 0 &&
	    !(batches->only_together && threads->count == 1))
		sb_threads_run(threads);
	threads->count = count;
	threads->end = 0;
	batches->parts = 0;
	batches->pages = 0;
}

void sb_batches_add(struct sb_batches *batches, unsigned long start, unsigned long end,
		    unsigned long pages)
{
	unsigned long grain = batches->threads.grain;
	/* Shares are cut where huge pages end. */
	unsigned long at = ((batches->threads.end + grain - 1) & -grain) + start % grain;

	batches->part[batches->parts++] = (struct sb_batch_part){ start, end, at };
	batches->threads.end = at + (end - start);
	batches->pages += pages;
	if (batches->parts == PARTS)
		sb_batches_run(batches);
}

void sb_batches_skip(struct sb_batches *batches, unsigned long pages)
{
	sb_threads_tell(&batches->threads, 0, pages, 0);
}

bool sb_batches_too_sparse(unsigned long start, unsigned long end, unsigned long pages)
{
	return (end - start) / sb_page_size() / LEAST_SHARE > pages && !sb_has(SB_CAN_PAGEMAP_SCAN);
}

unsigned long sb_batches_threads(const struct sb_batches *batches)
{
	const struct strictbind_options *options = batches->threads.options;
	cpu_set_t cpus;

	if (options->threads <= 1 || batches->one_thread || !sb_cpus_allowed(&cpus))
		return 1;
	return sb_threads_worth(options->threads, &cpus);
}

/* What is mapped to work with: the stack may be small. */
static unsigned long scratch_size(const struct sb_batches *batches)
{
	return PARTS * sizeof(struct sb_batch_part) +
	       batches->threads.count * sizeof(struct sb_batch);
}

int sb_batches_begin(struct sb_batches *batches)
{
	struct sb_threads *threads = &batches->threads;
	long mapped;

	threads->count = sb_batches_threads(batches);
	mapped = sb_sys_map_scratch(scratch_size(batches));
	if (sb_sys_no_address(mapped))
		return (int)mapped;
	batches->part = (struct sb_batch_part *)mapped; // NOLINT
	batches->batch = (struct sb_batch *)(batches->part + PARTS);
	threads->work = work;
	threads->job = batches;
	threads->end = 0;
	return 0;
}

void sb_batches_end(struct sb_batches *batches)
{
	sb_sys_munmap((unsigned long)(uintptr_t)batches->part, scratch_size(batches));
}
