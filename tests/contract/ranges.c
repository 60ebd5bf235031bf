/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which pages stayed, and why: the ranges of a report, strictbind_check(), strictbind_enforce(),
 * strictbind_move() and strictbind_extents().
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common.h"
#include "fullnode.h"
#include "rights.h"

enum { PAGES = 16, ROOM = 8, LARGE = 4096 };

static struct strictbind_range ranges[ROOM];

static struct strictbind_options wanting_ranges(void)
{
	struct strictbind_options options = STRICTBIND_OPTIONS_INIT;

	memset(ranges, 0xff, sizeof(ranges));
	options.ranges = ranges;
	options.range_room = ROOM;
	return options;
}

/* One of the ranges is this one, page by page. */
static void check_range(size_t i, const char *at, size_t pages, int node, int reason)
{
	const struct strictbind_range *range = &ranges[i];

	ck_assert_msg(range->address == at && range->length == pages * PAGE &&
			      range->node == node && range->reason == reason,
		      "range %zu is %p, %lu bytes, node %d, %s; not %p, %zu, %d, %s", i,
		      range->address, range->length, range->node,
		      strictbind_reason_name(range->reason), (const void *)at, pages * PAGE, node,
		      strictbind_reason_name(reason));
}

static long bind_with_ranges(char *at, size_t pages, int node, unsigned flags,
			     struct strictbind_report *report)
{
	struct strictbind_options options = wanting_ranges();
	struct nodes nodes = nodes_one(node);

	*report = new_report();
	return answer(strictbind_mbind_opt(at, pages * PAGE, MPOL_BIND, nodes.words, NODES_MAXNODE,
					   flags, &options, report));
}

static long check_node(int pid, const void *at, size_t pages, int node,
		       struct strictbind_report *report)
{
	struct strictbind_options options = wanting_ranges();
	struct nodes nodes = nodes_one(node);

	*report = new_report();
	return answer(strictbind_check(pid, at, pages * PAGE, nodes.words, NODES_MAXNODE, &options,
				       report));
}

static long enforce(int pid, const void *at, size_t pages, struct strictbind_report *report)
{
	struct strictbind_options options = wanting_ranges();

	*report = new_report();
	return answer(strictbind_enforce(pid, at, pages * PAGE, &options, report));
}

static long move_to(const void *at, size_t pages, int node, struct strictbind_report *report)
{
	struct strictbind_options options = wanting_ranges();

	*report = new_report();
	return answer(strictbind_move(0, at, pages * PAGE, node, &options, report));
}

/* Without /proc nobody tells of what memory pages are, nor the policies in force. */
static bool is_blind(void)
{
	return access("/proc/self/numa_maps", R_OK) != 0;
}

#define NEED_PROC() SKIP_IF(is_blind(), "no /proc")

/* The reason, if there is a /proc. */
static int if_told(int reason)
{
	return is_blind() ? STRICTBIND_REASON_UNTOLD : reason;
}

/* Two stretches of held pages between others. */
static void hold(struct pins *pins, char *at)
{
	ck_assert(pins_open(pins));
	for (size_t i = 4; i < 7; i++)
		ck_assert(pin(pins, at + i * PAGE));
	ck_assert(pin(pins, at + 9 * PAGE));
}

START_TEST(held_pages)
{
	struct strictbind_report report;
	struct pins pins;
	char *at = pages_on(PAGES, NODE(0));

	NEED_NODES(2);
	hold(&pins, at);
	ck_assert_int_eq(bind_with_ranges(at, PAGES, NODE(1), STRICT | MOVE, &report), -EIO);
	ck_assert_uint_eq(report.unmoved, 4);
	ck_assert_uint_eq(report.ranges, 2);
	check_range(0, at + 4 * PAGE, 3, NODE(0), if_told(STRICTBIND_REASON_HELD));
	check_range(1, at + 9 * PAGE, 1, NODE(0), if_told(STRICTBIND_REASON_HELD));
	pins_close(&pins);
	/* Nobody holds them any more. */
	ck_assert_int_eq(move_to(at, PAGES, NODE(1), &report), 0);
	ck_assert_uint_eq(report.ranges, 0);
	ck_assert_uint_eq(count_on(at, PAGES, NODE(1)), PAGES);
	ck_assert(intact(at, PAGES));
	unmap(at, PAGES);
}
END_TEST

/* Where there is no room for all of them the first are told, and how many there are. */
START_TEST(more_than_room)
{
	struct strictbind_options options = wanting_ranges();
	struct strictbind_report report = new_report();
	struct nodes nodes = nodes_one(NODE(1 % machine()->node_count));
	struct pins pins;
	char *at = pages_on(PAGES, NODE(0));

	NEED_NODES(2);
	hold(&pins, at);
	options.range_room = 1;
	ck_assert_int_eq(
		answer(strictbind_mbind_opt(at, PAGES * PAGE, MPOL_BIND, nodes.words, NODES_MAXNODE,
					    STRICT | MOVE, &options, &report)),
		-EIO);
	ck_assert_uint_eq(report.ranges, 2);
	check_range(0, at + 4 * PAGE, 3, NODE(0), if_told(STRICTBIND_REASON_HELD));
	ck_assert_int_eq(ranges[1].reason, -1);
	pins_close(&pins);
	unmap(at, PAGES);
}
END_TEST

/* Ranges are told in a report: without one they are refused, and nothing is done. */
START_TEST(without_report)
{
	struct strictbind_options options = wanting_ranges();
	struct nodes nodes = nodes_one(NODE(0));
	char *at = pages_on(PAGES, NODE(0));

	ck_assert_int_eq(answer(strictbind_mbind_opt(at, PAGES * PAGE, MPOL_BIND, nodes.words,
						     NODES_MAXNODE, 0, &options, NULL)),
			 -EINVAL);
	ck_assert_int_eq(policy_of(at).mode, MPOL_DEFAULT);
	ck_assert_int_eq(answer(strictbind_check(0, at, PAGES * PAGE, NULL, 0, &options, NULL)),
			 -EINVAL);
	unmap(at, PAGES);
}
END_TEST

/* STRICT alone moves nothing (rule 6): the pages were not tried. */
START_TEST(strict_alone)
{
	struct strictbind_report report;
	char *at = pages_on(PAGES, NODE(0));

	NEED_NODES(2);
	ck_assert_int_eq(bind_with_ranges(at, PAGES, NODE(1), STRICT, &report), -EIO);
	ck_assert_uint_eq(report.unmoved, PAGES);
	ck_assert_uint_eq(report.ranges, 1);
	check_range(0, at, PAGES, NODE(0), if_told(STRICTBIND_REASON_NOT_MOVED));
	ck_assert_int_eq(bind_with_ranges(at, PAGES, NODE(0), STRICT, &report), 0);
	ck_assert_uint_eq(report.ranges, 0);
	unmap(at, PAGES);
}
END_TEST

START_TEST(shared_pages)
{
	struct strictbind_report report;
	char *at = space(PAGES);
	pid_t sleeper;

	NEED_NODES(2);
	NEED_PROC();
	pages_at(at, PAGES, NODE(0), MAP_PRIVATE);
	sleeper = start_sleeper();
	memset(at, 1, 3 * PAGE);
	ck_assert_int_eq(bind_with_ranges(at, PAGES, NODE(1), STRICT | MOVE, &report), 0);
	ck_assert_uint_eq(report.shared, PAGES - 3);
	ck_assert_uint_eq(report.ranges, 1);
	check_range(0, at + 3 * PAGE, PAGES - 3, NODE(0), STRICTBIND_REASON_SHARED);
	ck_assert_int_eq(check_node(0, at, PAGES, NODE(1), &report), PAGES - 3);
	ck_assert_uint_eq(report.unmoved, PAGES - 3);
	ck_assert_uint_eq(report.shared, PAGES - 3);
	/* Rule 13: by who may move them they are moved. */
	ck_assert_int_eq(enforce(0, at, PAGES, &report), 0);
	ck_assert_uint_eq(count_on(at, PAGES, NODE(1)), machine()->nice ? PAGES : 3);
	ck_assert_uint_eq(report.shared, machine()->nice ? 0 : PAGES - 3);
	end_sleeper(sleeper);
	unmap(at, PAGES);
}
END_TEST

START_TEST(kernel_memory)
{
	struct strictbind_report report;
	struct ring ring;
	char *at = pages_on(PAGES, NODE(0));

	NEED_NODES(2);
	NEED_PROC();
	SKIP_IF(!ring_open(&ring, RING_PACKET, NODE(0), 1), "no packet rings");
	ck_assert(ring_put(&ring, 0, at + 5 * PAGE));
	ck_assert_int_eq(bind_with_ranges(at, PAGES, NODE(1), STRICT | MOVE, &report), -EIO);
	ck_assert_uint_eq(report.unmoved, 1);
	ck_assert_uint_eq(report.ranges, 1);
	check_range(0, at + 5 * PAGE, 1, NODE(0), STRICTBIND_REASON_KERNEL_MEMORY);
	ring_take(&ring, 0, at + 5 * PAGE);
	ring_close(&ring);
	unmap(at, PAGES);
}
END_TEST

/* A call that is to meet a full node, and pages for the next one, should they find room all the
 * same. */
struct to_full {
	char *at;
	size_t pages;
	char *(*renew)(void);
	struct strictbind_report report;
	long result;
};

static bool find_no_room(void *arg)
{
	struct to_full *to = arg;

	to->result = bind_with_ranges(to->at, to->pages, NODE(1), STRICT | MOVE, &to->report);
	/* Why pages stayed is judged after the call, when memory that lay in the list of a
	 * processor may have come free. How much is not told: such lists are not counted as free.
	 */
	if (to->result != 0 && ranges[0].reason == STRICTBIND_REASON_NO_ROOM)
		return true;
	unmap(to->at, to->pages);
	to->at = to->renew();
	return false;
}

/* Returns the report of a call that has failed. */
static struct strictbind_report fail_for_room(struct to_full *to)
{
	ck_assert(fill_node(NODE(1), 0));
	ck_assert(meets_full_node(find_no_room, to, NODE(1), 0));
	ck_assert_int_eq(to->result, -EIO);
	return to->report;
}

static char *base_pages(void)
{
	return pages_on(LARGE, NODE(0));
}

/* What has just gone may have left a page in the pool. */
static char *huge_page_without_pool(void)
{
	char *at = hugetlb_on(NODE(0));

	ck_assert_ptr_nonnull(at);
	set_pool_hugetlb_on(NODE(1), 0);
	return at;
}

/* Base pages when a node is full; some more may find room while it is looked. */
START_TEST(no_room)
{
	struct strictbind_report report;
	struct to_full to = { .at = base_pages(), .pages = LARGE, .renew = base_pages };
	const char *why = cannot_fill(NODE(1 % machine()->node_count));
	char *at;

	NEED_NODES(2);
	NEED_PROC();
	SKIP_IF(why, "%s", why);
	report = fail_for_room(&to);
	at = to.at;
	ck_assert_uint_ge(report.ranges, 1);
	ck_assert_int_eq(ranges[0].reason, STRICTBIND_REASON_NO_ROOM);
	ck_assert_uint_lt(ranges[0].room, LARGE * PAGE);
	empty_nodes();
	ck_assert_int_eq(enforce(0, at, LARGE, &report), 0);
	ck_assert_uint_eq(count_on(at, LARGE, NODE(1)), LARGE);
	ck_assert(intact(at, LARGE));
	unmap(at, LARGE);
}
END_TEST

/* A pool that is empty on one node, which has no memory to make a huge page of either. */
START_TEST(no_huge_page)
{
	const char *why = cannot_fill(NODE(1 % machine()->node_count));
	struct strictbind_report report;
	struct to_full to;
	char *at;
	size_t pages = machine()->hugetlb / PAGE;
	long before;

	NEED_NODES(2);
	NEED_PROC();
	at = machine()->hugetlb ? hugetlb_on(NODE(0)) : NULL;
	SKIP_IF(!at, "no huge page on node %d", NODE(0));
	before = pool_hugetlb_on(NODE(1));
	set_pool_hugetlb_on(NODE(1), 0);
	SKIP_IF(why, "%s", why);
	SKIP_IF(free_hugetlb_on(NODE(1)), "node %d has free huge pages", NODE(1));
	to = (struct to_full){ .at = at, .pages = pages, .renew = huge_page_without_pool };
	report = fail_for_room(&to);
	at = to.at;
	ck_assert_uint_eq(report.unmoved, pages);
	ck_assert_uint_eq(report.ranges, 1);
	check_range(0, at, pages, NODE(0), STRICTBIND_REASON_NO_ROOM);
	ck_assert_uint_eq(ranges[0].room, 0);
	empty_nodes();
	set_pool_hugetlb_on(NODE(1), before);
	unmap(at, pages);
}
END_TEST

/* By the policies in force, mapping by mapping. */
START_TEST(by_policy)
{
	struct strictbind_report report;
	char *at = pages_on(PAGES, NODE(0));

	NEED_NODES(2);
	NEED_PROC();
	ck_assert_int_eq(bind_to(at + 8 * PAGE, 4, NODE(1), 0), 0);
	ck_assert_int_eq(enforce(0, at, 2, &report), 0);
	ck_assert_int_eq(answer(strictbind_check(0, at, PAGES * PAGE, NULL, 0, NULL, &report)), 4);
	ck_assert_ptr_eq(report.first_unmoved, at + 8 * PAGE);
	ck_assert_int_eq(enforce(0, at, PAGES, &report), 0);
	ck_assert_uint_eq(count_on(at, PAGES, NODE(0)), PAGES - 4);
	ck_assert_uint_eq(count_on(at + 8 * PAGE, 4, NODE(1)), 4);
	ck_assert(intact(at, PAGES));
	unmap(at, PAGES);
}
END_TEST

/* ---- options ---- */

enum { MANY = 8192 };

struct seen {
	unsigned long last;
	bool wrong;
	unsigned long stop_at;
};

static int see(void *user, unsigned long done, unsigned long total)
{
	struct seen *seen = user;

	seen->wrong |= done < seen->last || done > total || total < MANY;
	seen->last = done;
	return done >= seen->stop_at;
}

/* A thread with a policy of its own, which has touched pages of memory that has none. */
struct other_thread {
	char *at;
	int node;
	pthread_t thread;
	pthread_barrier_t turns;
};

static void touch_under(char *at, size_t pages, int node)
{
	struct nodes nodes = nodes_one(node);

	ck_assert_int_eq(raw_set_mempolicy(MPOL_BIND, nodes.words, NODES_MAXNODE), 0);
	for (size_t i = 0; i < pages; i++)
		at[i * PAGE] = 1;
}

static void *live(void *argument)
{
	struct other_thread *other = argument;

	touch_under(other->at, PAGES, other->node);
	pthread_barrier_wait(&other->turns);
	pthread_barrier_wait(&other->turns);
	return NULL;
}

static void other_begin(struct other_thread *other, char *at, int node)
{
	other->at = at;
	other->node = node;
	pthread_barrier_init(&other->turns, NULL, 2);
	ck_assert_int_eq(pthread_create(&other->thread, NULL, live, other), 0);
	pthread_barrier_wait(&other->turns);
}

static void other_end(struct other_thread *other)
{
	pthread_barrier_wait(&other->turns);
	pthread_join(other->thread, NULL);
	pthread_barrier_destroy(&other->turns);
}

/*
 * Memory without a policy of its own has that of the thread which touches it: what any thread wants
 * there is in place. Here the first thread wants node 0, another one node 1.
 */
START_TEST(policies_of_threads)
{
	struct strictbind_report report;
	struct other_thread other;
	char *at = mmap(NULL, 4 * PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);
	char *strange = at + 2 * PAGES * PAGE, *own = at + 3 * PAGES * PAGE;

	NEED_PROC();
	NEED_NODES(3);
	madvise(at, 4 * PAGES * PAGE, MADV_NOHUGEPAGE);
	touch_under(strange, PAGES, NODE(2));
	touch_under(own, PAGES, NODE(1));
	ck_assert_int_eq(bind_to(own, PAGES, NODE(0), 0), 0);
	touch_under(at + PAGES * PAGE, PAGES, NODE(0));
	other_begin(&other, at, NODE(1));
	report = new_report();
	ck_assert_int_eq(answer(strictbind_check(0, at, 4 * PAGES * PAGE, NULL, 0, NULL, &report)),
			 2 * PAGES);
	ck_assert_ptr_eq(report.first_unmoved, strange);
	ck_assert_int_eq(enforce(0, at, 4 * PAGES, &report), 0);
	ck_assert_uint_eq(report.unmoved, 0);
	ck_assert_uint_eq(count_on(at, PAGES, NODE(1)), PAGES);
	ck_assert_uint_eq(count_on(at + PAGES * PAGE, PAGES, NODE(0)), PAGES);
	ck_assert_uint_eq(count_on(strange, PAGES, NODE(2)), 0);
	ck_assert_uint_eq(count_on(own, PAGES, NODE(0)), PAGES);
	other_end(&other);
	raw_set_mempolicy(MPOL_DEFAULT, NULL, 0);
	unmap(at, 4 * PAGES);
}
END_TEST

/* A policy without nodes wants those that are allowed. */
START_TEST(one_thread_with_a_policy)
{
	struct strictbind_report report;
	struct other_thread other;
	char *at = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0);

	NEED_PROC();
	other_begin(&other, at, NODE(0));
	ck_assert_int_eq(enforce(0, at, PAGES, &report), 0);
	ck_assert_uint_eq(report.unmoved, 0);
	other_end(&other);
	ck_assert_uint_eq(count_on(at, PAGES, NODE(0)), PAGES);
	unmap(at, PAGES);
}
END_TEST

START_TEST(with_threads_and_progress)
{
	struct strictbind_options options = wanting_ranges();
	struct strictbind_report report = new_report();
	struct seen seen = { .stop_at = ULONG_MAX };
	char *at = pages_on(MANY, NODE(0));

	NEED_NODES(2);
	options.threads = 4;
	options.progress = see;
	options.user = &seen;
	ck_assert_int_eq(answer(strictbind_move(0, at, MANY * PAGE, NODE(1), &options, &report)),
			 0);
	ck_assert_uint_eq(count_on(at, MANY, NODE(1)), MANY);
	ck_assert(intact(at, MANY) && !seen.wrong);
	ck_assert(is_blind() || seen.last >= MANY);
	unmap(at, MANY);
}
END_TEST

START_TEST(cancelled)
{
	struct strictbind_options options = wanting_ranges();
	struct strictbind_report report = new_report();
	struct seen seen = { .stop_at = 1 };
	char *at = pages_on(MANY, NODE(0));
	size_t moved;

	NEED_NODES(2);
	options.progress = see;
	options.user = &seen;
	ck_assert_int_eq(answer(strictbind_move(0, at, MANY * PAGE, NODE(1), &options, &report)),
			 -ECANCELED);
	moved = count_on(at, MANY, NODE(1));
	ck_assert_uint_gt(moved, 0);
	ck_assert_uint_lt(moved, MANY);
	ck_assert(is_blind() || report.unmoved == MANY - moved);
	ck_assert(intact(at, MANY));
	unmap(at, MANY);
}
END_TEST

START_TEST(move_to_node)
{
	struct strictbind_report report;
	char *at = pages_on(PAGES, NODE(0));

	NEED_NODES(2);
	ck_assert_int_eq(move_to(at, PAGES, NODE(1), &report), 0);
	ck_assert_uint_eq(count_on(at, PAGES, NODE(1)), PAGES);
	ck_assert_int_eq(policy_of(at).mode, MPOL_DEFAULT);
	ck_assert(intact(at, PAGES));
	ck_assert_int_eq(move_to(at, PAGES, -1, &report), -EINVAL);
	ck_assert_int_eq(move_to(at, PAGES, 1024, &report), -EINVAL);
	/* There is no such node here: the pages stay, and no error is told. */
	ck_assert_int_eq(move_to(at, PAGES, 1023, &report),
			 is_blind() && !machine()->nice ? 0 : PAGES);
	/* For who may move shared pages too, whether they are is no reason. */
	check_range(0, at, PAGES, NODE(1),
		    machine()->nice ? STRICTBIND_REASON_CPUSET : if_told(STRICTBIND_REASON_CPUSET));
	unmap(at, PAGES);
}
END_TEST

/* Another process, which has 16 pages bound to one node and on another. */
static char *others;

START_TEST(another_process)
{
	struct strictbind_options options = wanting_ranges();
	struct strictbind_report report;
	pid_t sleeper;

	NEED_NODES(2);
	NEED_PROC();
	others = pages_on(PAGES, NODE(0));
	ck_assert_int_eq(bind_to(others, PAGES, NODE(1), 0), 0);
	sleeper = start_sleeper();
	/* From now on the pages are the other's alone. */
	unmap(others, PAGES);
	ck_assert_int_eq(check_node(sleeper, others, PAGES, NODE(1), &report), PAGES);
	check_range(0, others, PAGES, NODE(0), if_told(STRICTBIND_REASON_NOT_MOVED));
	ck_assert_int_eq(
		answer(strictbind_check(sleeper, others, PAGES * PAGE, NULL, 0, &options, &report)),
		PAGES);
	ck_assert_int_eq(enforce(sleeper, others, PAGES, &report), 0);
	ck_assert_int_eq(check_node(sleeper, others, PAGES, NODE(1), &report), 0);
	ck_assert_uint_eq(report.ranges, 0);
	end_sleeper(sleeper);
	ck_assert_int_eq(check_node(sleeper, others, PAGES, NODE(1), &report), -ESRCH);
	ck_assert_int_eq(enforce(sleeper, others, PAGES, &report), -ESRCH);
}
END_TEST

/* All of a process: strange memory among it, and nothing that ends the walk. */
START_TEST(whole_process)
{
	struct strictbind_report report = new_report();

	NEED_PROC();
	ck_assert_int_eq(answer(strictbind_check(0, NULL, ULONG_MAX / 2, NULL, 0, NULL, &report)),
			 (long)report.unmoved);
}
END_TEST

START_TEST(secret_memory)
{
	struct strictbind_report report;
	int fd = (int)syscall(SYS_memfd_secret, 0);
	char *at;

	NEED_NODES(2);
	NEED_PROC();
	SKIP_IF(fd < 0, "no secret memory");
	ck_assert_int_eq(ftruncate(fd, (off_t)(2 * PAGE)), 0);
	at = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ck_assert_ptr_ne(at, MAP_FAILED);
	run_on_node(NODE(0));
	memset(at, 1, 2 * PAGE);
	ck_assert_int_eq(bind_with_ranges(at, 2, NODE(1), STRICT | MOVE, &report), -EIO);
	ck_assert_uint_eq(report.ranges, 1);
	ck_assert_int_eq(ranges[0].reason, STRICTBIND_REASON_SECRET);
	ck_assert_uint_eq(ranges[0].length, 2 * PAGE);
	munmap(at, 2 * PAGE);
	close(fd);
}
END_TEST

/* Half of a huge page bound to one node, half to another: where all of it is, one half is
 * misplaced. */
START_TEST(cut_huge_page)
{
	struct strictbind_report report;
	char *at = has_thp() ? thp_on(NODE(0)) : NULL;
	size_t half = HUGE_PAGES / 2;

	NEED_NODES(2);
	NEED_PROC();
	SKIP_IF(!at, "no huge pages");
	SKIP_IF(getuid(), "only root is told which pages are of a huge page");
	ck_assert_int_eq(bind_to(at + half * PAGE, half, NODE(1), 0), 0);
	ck_assert_int_eq(check_node(0, at + half * PAGE, half, NODE(1), &report), (long)half);
	check_range(0, at + half * PAGE, half, NODE(0), STRICTBIND_REASON_CUT);
	unmap(at, HUGE_PAGES);
}
END_TEST

/* ---- extents ---- */

START_TEST(extents)
{
	struct strictbind_range found[4];
	char *at = pages_on(PAGES, NODE(0));
	const char *next = at;
	size_t pages = 0;
	long count;

	NEED_NODES(2);
	ck_assert_int_eq(bind_to(at + 4 * PAGE, 2, NODE(1), MOVE), 0);
	munmap(at + 8 * PAGE, PAGE);
	ck_assert_int_eq(strictbind_extents(0, at, PAGES * PAGE, found, 4), 4);
	ck_assert_ptr_eq(found[0].address, at);
	ck_assert_uint_eq(found[0].length, 4 * PAGE);
	ck_assert_int_eq(found[0].node, NODE(0));
	ck_assert_int_eq(found[1].node, NODE(1));
	ck_assert_uint_eq(found[1].length, 2 * PAGE);
	ck_assert_uint_eq(found[2].length, 2 * PAGE);
	ck_assert_ptr_eq(found[3].address, at + 9 * PAGE);
	ck_assert_uint_eq(found[3].length, (PAGES - 9) * PAGE);
	/* One after the other. */
	while ((count = strictbind_extents(0, next, (size_t)(at + PAGES * PAGE - next), found,
					   1)) == 1) {
		pages += found[0].length / PAGE;
		next = (const char *)found[0].address + found[0].length;
	}
	ck_assert_int_eq(count, 0);
	ck_assert_uint_eq(pages, PAGES - 1);
	ck_assert_int_eq(answer(strictbind_extents(0, at, PAGE, NULL, 1)), -EINVAL);
	ck_assert_int_eq(strictbind_extents(0, at, PAGE, NULL, 0), 0);
	unmap(at, PAGES);
}
END_TEST

/* All of an address space, of which most is not mapped: on no kernel it is gone over page by page.
 */
static int find_in_all(void *page)
{
	static struct strictbind_range found[1024];
	const char *next = NULL;
	bool seen = false;
	long count;

	while ((count = strictbind_extents(0, next, LONG_MAX - (size_t)next, found, 1024)) > 0) {
		for (long i = 0; i < count; i++)
			seen = seen || (found[i].address <= page &&
					(char *)found[i].address + found[i].length > (char *)page);
		next = (const char *)found[count - 1].address + found[count - 1].length;
	}
	EXPECT(count == 0);
	EXPECT(seen);
	return 0;
}

START_TEST(extents_of_all)
{
	char *at = pages_on(PAGES, NODE(0));

	NEED_PROC();
	ck_assert_int_eq(find_in_all(at), 0);
	unmap(at, PAGES);
}
END_TEST

/* A process that may not be looked at, as programs with privileges are, may not read its page map.
 */
static int find_without_page_map(void *page)
{
	EXPECT(prctl(PR_SET_DUMPABLE, 0) == 0);
	EXPECT(open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC) < 0);
	return find_in_all(page);
}

START_TEST(extents_without_page_map)
{
	char *at = pages_on(PAGES, NODE(0));

	NEED_PROC();
	SKIP_IF(getuid() == 0, "root may read it");
	ASSERT_CHILD(find_without_page_map, at);
	unmap(at, PAGES);
}
END_TEST

START_TEST(names)
{
	for (int reason = 0; reason <= STRICTBIND_REASON_NOT_MOVED; reason++)
		ck_assert_uint_gt(strlen(strictbind_reason_name(reason)), 3);
	ck_assert_ptr_null(strictbind_reason_name(-1));
	ck_assert_ptr_null(strictbind_reason_name(STRICTBIND_REASON_NOT_MOVED + 1));
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_checked_fixture(tests, NULL, empty_nodes);
	tcase_add_test(tests, held_pages);
	tcase_add_test(tests, more_than_room);
	tcase_add_test(tests, without_report);
	tcase_add_test(tests, strict_alone);
	tcase_add_test(tests, shared_pages);
	tcase_add_test(tests, kernel_memory);
	tcase_add_test(tests, no_room);
	tcase_add_test(tests, no_huge_page);
	tcase_add_test(tests, by_policy);
	tcase_add_test(tests, policies_of_threads);
	tcase_add_test(tests, one_thread_with_a_policy);
	tcase_add_test(tests, with_threads_and_progress);
	tcase_add_test(tests, cancelled);
	tcase_add_test(tests, move_to_node);
	tcase_add_test(tests, another_process);
	tcase_add_test(tests, whole_process);
	tcase_add_test(tests, secret_memory);
	tcase_add_test(tests, cut_huge_page);
	tcase_add_test(tests, extents);
	tcase_add_test(tests, extents_of_all);
	tcase_add_test(tests, extents_without_page_map);
	tcase_add_test(tests, names);
}

int main(void)
{
	return run_suite_here("ranges", add);
}
