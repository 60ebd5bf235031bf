/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The other calls, with any process, range, mask and options, on every release that is simulated:
 * migrate_pages by the contract; check, locate and extents by the pages that are there; move by
 * those that are left.
 */
#include "scene_input.h"

#include <errno.h>

#include "core/page.h"
#include "judge.h"

enum { CALLS_MOST = 4, NODES = 16, EXTENTS_MOST = 12 };

static struct fake_space before;

/* ---- the range ---- */

struct range {
	int pid;
	unsigned long addr, len;
	unsigned long start, end; /* of the pages that it touches */
	int error;		  /* that is due for these, or 0 */
};

static struct range input_range(struct input *input)
{
	static const int pids[] = { 0, 0, FAKE_PID, 77, -1 };
	struct range range = { .pid = pids[input_below(input, 5)] };
	unsigned long end;

	range.addr = input_address(input);
	range.len = input_length(input);
	/* A tag is none of the address. */
	end = sb_untag(range.addr) + range.len;
	range.start = sb_untag(range.addr) / FAKE_PAGE * FAKE_PAGE;
	range.end = range.len ? (end + FAKE_PAGE - 1) / FAKE_PAGE * FAKE_PAGE : range.start;
	if (end < sb_untag(range.addr) || end + FAKE_PAGE - 1 < end)
		range.error = EINVAL;
	else if (range.pid != 0 && range.pid != FAKE_PID)
		range.error = ESRCH;
	return range;
}

/* Without PAGEMAP_SCAN it takes a step for so many pages, mapped or not: as the kernel's files. */
enum { PAGES_MOST = 1 << 18 };

static bool takes_too_long(const struct range *range)
{
	return !fake.kernel.pagemap_scan && range->end > range->start &&
	       (range->end - range->start) / FAKE_PAGE > PAGES_MOST;
}

static const void *address_of(const struct range *range)
{
	return (const void *)range->addr; // NOLINT(performance-no-int-to-ptr)
}

/* Addresses where the kernel has no memory of programs, and where the vdso of this program is. */
static bool is_plain(const struct range *range)
{
	return range->start >= SCENE && range->end <= SCENE + (1UL << 40);
}

/* Pages of a range on each node; of a node that is told by no call, when it is hidden, as well. */
struct census {
	unsigned long pages[FAKE_MAX_NODES];
	unsigned long all;
	unsigned long hidden;
};

static bool is_hidden(const struct fake_page *page)
{
	const struct fake_vma *vma = fake_vma_at(&fake.space, page->address);

	return (vma->prot == 0 && vma->kind != FAKE_HUGETLB &&
		fake.kernel.query_misses_prot_none) ||
	       (vma->kind == FAKE_SECRET && fake.kernel.query_misses_secret);
}

static void take_census(const struct range *range, struct census *census)
{
	memset(census, 0, sizeof(*census));
	for (unsigned i = 0; i < fake.space.page_count; i++) {
		const struct fake_page *page = &fake.space.pages[i];
		unsigned long start = page->address, end = fake_page_end(page), pages;

		if (judge_is_nobodys(page) || end <= range->start || start >= range->end)
			continue;
		start = start > range->start ? start : range->start;
		end = end < range->end ? end : range->end;
		pages = (end - start) / FAKE_PAGE;
		census->pages[page->node] += pages;
		census->all += pages;
		census->hidden += is_hidden(page) ? pages : 0;
	}
}

static unsigned long outside(const struct census *census, const struct fake_nodes *nodes)
{
	unsigned long pages = 0;

	for (int node = 0; node < FAKE_MAX_NODES; node++)
		pages += fake_has(nodes, node) ? 0 : census->pages[node];
	return pages;
}

/* -1 with this errno, or anything without one. */
static bool is_due(long result, int error)
{
	return error ? result == -1 && errno == error : result >= 0 && errno == 0;
}

static void require_unchanged(const char *what)
{
	require(unchanged(&before, &fake.space), "%s has changed something", what);
}

/* ---- looking ---- */

static void check_locate(struct input *input)
{
	static struct census there;
	unsigned long pages[NODES + 1], unknown = 0, sum = 0;
	unsigned long nodes = input_below(input, NODES + 1);
	struct range range = input_range(input);
	long result;

	memset(pages, 0x5a, sizeof(pages));
	take_census(&range, &there);
	errno = 0;
	result =
		strictbind_locate(range.pid, address_of(&range), range.len, pages, nodes, &unknown);
	require_unchanged("locate");
	require(is_due(result, range.error), "locate of %d, %lx+%lx: %ld, errno %d", range.pid,
		range.addr, range.len, result, errno);
	require(pages[nodes] == 0x5a5a5a5a5a5a5a5aUL, "written behind the array");
	if (result || !is_plain(&range))
		return;
	for (unsigned long node = 0; node < nodes; node++) {
		require(pages[node] <= there.pages[node], "node %lu: %lu pages, not %lu", node,
			pages[node], there.pages[node]);
		sum += pages[node];
	}
	require(sum + unknown <= there.all && sum + unknown + there.hidden >= there.all,
		"%lu pages and %lu unknown, of %lu", sum, unknown, there.all);
}

static void check_ranges(const struct wishes *wishes, const struct range *range)
{
	unsigned long last = range->start;

	for (unsigned long i = 0; i < wishes->report.ranges && i < wishes->options.range_room;
	     i++) {
		const struct strictbind_range *told = &wishes->ranges[i];
		unsigned long start = (unsigned long)told->address;

		require(start >= last && told->length && start + told->length <= range->end,
			"range %lu: %lx+%lx", i, start, told->length);
		require(strictbind_reason_name(told->reason), "reason %d", told->reason);
		last = start + told->length;
		for (; told->node >= 0 && start < last; start += FAKE_PAGE) {
			const struct fake_page *page = fake_page_at(&fake.space, start);

			require(page && page->node == told->node, "%lx is not on node %d", start,
				told->node);
		}
	}
}

static void check_check(struct input *input)
{
	static struct wishes wishes;
	static struct census there;
	struct range range = input_range(input);
	struct mask mask = input_mask(input);
	const struct strictbind_report *report = &wishes.report;
	unsigned long misplaced;
	bool by_policy = input_below(input, 8) == 0;
	long result;

	input_wishes(input, &wishes);
	wishes.has_options &= wishes.options.ranges == NULL || wishes.has_report;
	take_census(&range, &there);
	misplaced = by_policy ? there.all : outside(&there, &mask.nodes);
	errno = 0;
	result = strictbind_check(range.pid, address_of(&range), range.len,
				  by_policy ? NULL : mask.nodes.bits, mask.maxnode,
				  options_of(&wishes), report_of(&wishes));
	require_unchanged("check");
	require_room_kept(&wishes);
	if (by_policy && fake.kernel.told_exclusive && result == -1)
		return;
	if (!by_policy && mask.maxnode == 0)
		/* The kernel refuses that; nobody asks it. */
		return;
	if (!by_policy || result >= 0)
		require(is_due(result, range.error), "check: %ld, errno %d, not %d", result, errno,
			range.error);
	if (result < 0 || !is_plain(&range))
		return;
	require((unsigned long)result <= misplaced, "%ld misplaced pages of %lu", result,
		misplaced);
	if (!by_policy && !there.hidden)
		require((unsigned long)result == misplaced, "%ld misplaced pages, not %lu", result,
			misplaced);
	if (!wishes.has_report)
		return;
	if (report->unmoved != STRICTBIND_UNKNOWN)
		require(report->unmoved == (unsigned long)result, "%lu, and %ld are returned",
			report->unmoved, result);
	if (report->shared != STRICTBIND_UNKNOWN && report->unmoved != STRICTBIND_UNKNOWN)
		require(report->shared <= report->unmoved, "%lu shared ones of %lu", report->shared,
			report->unmoved);
	if (wishes.has_options)
		check_ranges(&wishes, &range);
}

static void check_extents(struct input *input)
{
	static struct census there;
	static struct strictbind_range extents[EXTENTS_MOST + 1];
	struct range range = input_range(input);
	unsigned long room = input_below(input, EXTENTS_MOST + 1);
	unsigned long last = range.start, told = 0;
	long result;

	if (takes_too_long(&range))
		return;
	memset(extents, 0x5a, sizeof(extents));
	take_census(&range, &there);
	errno = 0;
	result = strictbind_extents(range.pid, address_of(&range), range.len, extents, room);
	require_unchanged("extents");
	require(is_due(result, range.error), "extents: %ld, errno %d", result, errno);
	require(extents[room].length == 0x5a5a5a5a5a5a5a5aUL, "written behind the array");
	require(result <= (long)room, "%ld extents in room for %lu", result, room);
	for (long i = 0; i < result; i++) {
		unsigned long start = (unsigned long)extents[i].address;

		require(start >= last && extents[i].length && extents[i].length % FAKE_PAGE == 0 &&
				start + extents[i].length <= range.end,
			"extent %ld: %lx+%lx", i, start, extents[i].length);
		last = start + extents[i].length;
		told += extents[i].length / FAKE_PAGE;
	}
	if (result >= 0 && result < (long)room && is_plain(&range))
		require(told <= there.all && told + there.hidden >= there.all,
			"%lu pages of %lu, %lu hidden", told, there.all, there.hidden);
}

/* ---- moving ---- */

static void check_migrate(struct input *input)
{
	static const int pids[] = { 0, FAKE_PID, 77, -1 };
	struct migration migration = { .pid = pids[input_below(input, 4)] };
	struct outcome outcome;
	const char *broken;
	unsigned leeway = 0;

	migration.from = mask_of(fake_no_nodes());
	migration.to = mask_of(fake_no_nodes());
	migration.from.nodes.bits[0] = input_number(input, 1) & fake.memory.bits[0];
	migration.to.nodes.bits[0] = input_number(input, 1) & fake.memory.bits[0];
	migration.counted = input_below(input, 2);
	/* Where there is little room the order of moves would matter, and nodes do not exist that
	   are none. */
	migration.to.nodes.bits[0] &= ~migration.from.nodes.bits[0];
	if (fake_is_empty(&migration.to.nodes) || fake_is_empty(&migration.from.nodes))
		return;
	if (!fake.kernel.told_exclusive || fake.kernel.query_misses_prot_none)
		leeway = COUNTS_MAY_BE_UNKNOWN | (fake.nice ? 0 : COUNT_BY_KERNEL);
	broken = judge_new_migration(&migration, &outcome, leeway);
	require(!broken, "%s: %s: from %#lx to %#lx: %ld, errno %d, unmoved %ld",
		fake.kernel.release, broken, migration.from.nodes.bits[0],
		migration.to.nodes.bits[0], outcome.result, outcome.error,
		(long)outcome.report.unmoved);
}

/* Pages that can be moved, and are elsewhere though there is room. */
static void check_left(const struct range *range, int node)
{
	for (unsigned i = 0; i < fake.space.page_count; i++) {
		const struct fake_page *page = &fake.space.pages[i];
		const struct fake_vma *vma = fake_vma_at(&fake.space, page->address);

		if (page->address < range->start || fake_page_end(page) > range->end ||
		    page->node == node || !judge_may_move(&fake.space, page) ||
		    page->mapcount > 1 || page->kind != FAKE_MOVABLE || is_hidden(page) ||
		    vma->kind == FAKE_HUGETLB || judge_room(&fake.space, page, node) != -1)
			continue;
		require(0, "%s: %lx has stayed on node %d", fake.kernel.release, page->address,
			page->node);
	}
}

static void check_move(struct input *input)
{
	static struct wishes wishes;
	struct range range = input_range(input);
	int node = (int)input_number(input, 1) - 4;
	long result;

	input_wishes(input, &wishes);
	if (!wishes.has_report)
		wishes.options.ranges = NULL;
	errno = 0;
	result = strictbind_move(range.pid, address_of(&range), range.len, node,
				 options_of(&wishes), report_of(&wishes));
	require_room_kept(&wishes);
	if (node < 0) {
		require(result == -1 && errno == EINVAL, "node %d: %ld", node, result);
		require_unchanged("move");
		return;
	}
	if (result == -1 && errno == ECANCELED) {
		require(wishes.stop_at, "nobody asked for it");
		return;
	}
	require(is_due(result, range.error), "move: %ld, errno %d, not %d", result, errno,
		range.error);
	if (result < 0 || range.start >= range.end)
		require_unchanged("move");
	else if (fake_has(&fake.allowed, node) && fake_has(&fake.memory, node) && is_plain(&range))
		check_left(&range, node);
	if (result >= 0 && wishes.has_report && wishes.has_options)
		check_ranges(&wishes, &range);
}

/* What the policies want is not the simulated process's to tell: that it ends, and no more. */
static void check_enforce(struct input *input)
{
	static struct wishes wishes;
	struct range range = input_range(input);
	long result;

	input_wishes(input, &wishes);
	errno = 0;
	result = strictbind_enforce(range.pid, address_of(&range), range.len, options_of(&wishes),
				    report_of(&wishes));
	require_room_kept(&wishes);
	require(result >= 0 || errno, "enforce: no errno");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const checks[])(struct input *) = {
		check_locate, check_check, check_extents, check_migrate, check_move, check_enforce
	};
	struct input input = input_of(data, size);

	char *meminfo;

	boot_a_scene(&input);
	/* What is free on a node, for reasons why pages are where they are. */
	meminfo = give_short_text(&input, FAKE_MEMINFO);
	fake.text_of[FAKE_FREE_HUGEPAGES] = meminfo;
	for (int i = 0; i < CALLS_MOST && input.left; i++) {
		copy_space(&before, &fake.space);
		fake_count();
		checks[input_below(&input, sizeof(checks) / sizeof(*checks))](&input);
		require_nothing_left();
	}
	free(meminfo);
	return 0;
}
