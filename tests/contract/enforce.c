/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What strictbind_enforce() and strictbind_move() do beyond moving a page to a node: pages go to
 * interleaved nodes in turn, huge pages that belong on two nodes are split, and files without a
 * device are told from memory.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include "common.h"

enum { PAGES = 16, HUGE_MOST = 4 << 20 };

#define NEED_PROC() SKIP_IF(access("/proc/self/numa_maps", R_OK) != 0, "no /proc")

static long enforce(char *at, size_t pages, bool spread, struct strictbind_report *report)
{
	struct strictbind_options options = STRICTBIND_OPTIONS_INIT;

	options.spread = spread;
	*report = new_report();
	return answer(strictbind_enforce(0, at, pages * PAGE, &options, report));
}

/* ---- interleaving ---- */

static struct nodes nodes_of_two(int a, int b)
{
	struct nodes nodes = nodes_one(a);

	nodes_add(&nodes, b);
	return nodes;
}

/* Pages of an interleaved mapping go to its nodes in turn. */
START_TEST(interleaved)
{
	struct nodes nodes =
		nodes_of_two(NODE(1 % machine()->node_count), NODE(2 % machine()->node_count));
	struct strictbind_report report;
	char *at = pages_on(PAGES, NODE(0));

	NEED_NODES(3);
	NEED_PROC();
	ck_assert_int_eq(
		raw_mbind(at, PAGES * PAGE, MPOL_INTERLEAVE, nodes.words, NODES_MAXNODE, 0), 0);
	ck_assert_int_eq(enforce(at, PAGES, false, &report), 0);
	ck_assert_uint_eq(count_on(at, PAGES, NODE(1)), PAGES / 2);
	ck_assert_uint_eq(count_on(at, PAGES, NODE(2)), PAGES / 2);
	ck_assert(intact(at, PAGES));
	unmap(at, PAGES);
}
END_TEST

/* Where the kernel gives the pages out, by the policy that is set. */
static void touch_anew(char *at, int *nodes)
{
	madvise(at, PAGES * PAGE, MADV_DONTNEED);
	memset(at, 1, PAGES * PAGE);
	nodes_of(at, PAGES, nodes);
}

#define WEIGHTS "/sys/kernel/mm/mempolicy/weighted_interleave/"

/* Returns what it was. Setting one may have ended that the kernel finds them itself. */
static long set_weight(int node, long weight)
{
	char path[96], text[24];
	long before;

	snprintf(path, sizeof(path), WEIGHTS "node%d", node);
	before = number_in(path, 1);
	snprintf(text, sizeof(text), "%ld", weight);
	ck_assert(write_word(path, text) || getuid() != 0);
	return before;
}

/* Each page where the kernel gives it out when it is touched anew, by what weights there are. */
START_TEST(interleaved_by_weight)
{
	struct nodes nodes =
		nodes_of_two(NODE(1 % machine()->node_count), NODE(2 % machine()->node_count));
	char *at = pages_on(PAGES, NODE(0));
	struct strictbind_report report;
	bool automatic = file_holds(WEIGHTS "auto", "true");
	int enforced[PAGES], touched[PAGES];
	long before, bound, stayed;

	NEED_NODES(3);
	NEED_PROC();
	SKIP_IF(!has_mode(MODE_WEIGHTED_INTERLEAVE), "no weighted interleaving");
	before = set_weight(NODE(1), 3);
	bound = raw_mbind(at, PAGES * PAGE, MODE_WEIGHTED_INTERLEAVE, nodes.words, NODES_MAXNODE,
			  0);
	stayed = enforce(at, PAGES, false, &report);
	nodes_of(at, PAGES, enforced);
	touch_anew(at, touched);
	set_weight(NODE(1), before);
	if (automatic)
		write_word(WEIGHTS "auto", "true");
	ck_assert(bound == 0 && stayed == 0);
	ck_assert(memcmp(enforced, touched, sizeof(touched)) == 0);
	ck_assert(getuid() != 0 || count_on(at, PAGES, NODE(1)) == PAGES / 4 * 3);
	unmap(at, PAGES);
}
END_TEST

/* Of all pages: on nodes of the policy, but not spread, they are moved when that is asked for. */
START_TEST(spread)
{
	struct nodes nodes = nodes_of_two(NODE(0), NODE(1 % machine()->node_count));
	char *at = pages_on(PAGES, NODE(0));
	struct strictbind_report report;
	int enforced[PAGES], touched[PAGES];

	NEED_NODES(2);
	NEED_PROC();
	ck_assert_int_eq(
		raw_mbind(at, PAGES * PAGE, MPOL_INTERLEAVE, nodes.words, NODES_MAXNODE, 0), 0);
	ck_assert_int_eq(enforce(at, PAGES, false, &report), 0);
	ck_assert_uint_eq(count_on(at, PAGES, NODE(0)), PAGES);
	ck_assert_int_eq(enforce(at, PAGES, true, &report), 0);
	ck_assert_uint_eq(count_on(at, PAGES, NODE(1)), PAGES / 2);
	ck_assert(intact(at, PAGES));
	nodes_of(at, PAGES, enforced);
	touch_anew(at, touched);
	ck_assert(memcmp(enforced, touched, sizeof(touched)) == 0);
	unmap(at, PAGES);
}
END_TEST

/* A page that is held stays, and is on a node of the policy: it is not counted. */
START_TEST(spread_held)
{
	struct nodes nodes = nodes_of_two(NODE(0), NODE(1 % machine()->node_count));
	char *at = pages_on(PAGES, NODE(0));
	struct strictbind_report report;
	struct pins pins;
	int before[PAGES], after[PAGES];

	NEED_NODES(2);
	NEED_PROC();
	ck_assert(pins_open(&pins));
	for (size_t i = 4; i < 6; i++)
		ck_assert(pin(&pins, at + i * PAGE));
	ck_assert_int_eq(
		raw_mbind(at, PAGES * PAGE, MPOL_INTERLEAVE, nodes.words, NODES_MAXNODE, 0), 0);
	ck_assert_int_eq(enforce(at, PAGES, true, &report), 0);
	ck_assert_uint_eq(report.unmoved, 0);
	/* One of the two had to go. */
	ck_assert_uint_eq(count_on(at, PAGES, NODE(1)), PAGES / 2 - 1);
	nodes_of(at, PAGES, before);
	unpin_all(&pins);
	ck_assert_int_eq(enforce(at, PAGES, true, &report), 0);
	nodes_of(at, PAGES, after);
	ck_assert_uint_eq(count_on(at, PAGES, NODE(1)), PAGES / 2);
	ck_assert(memcmp(before, after, 4 * sizeof(*before)) == 0);
	unmap(at, PAGES);
}
END_TEST

/* Huge pages, all on a node; NULL when they cannot be had. */
static char *huge_pages_on(size_t count, int node)
{
	size_t pages = count * HUGE_PAGES;
	struct nodes set = nodes_one(node);
	char *at = space(pages);

	if (!has_thp() || machine()->huge > HUGE_MOST ||
	    mmap(at, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		 -1, 0) != at)
		return NULL;
	madvise(at, pages * PAGE, MADV_HUGEPAGE);
	raw_mbind(at, pages * PAGE, MPOL_BIND, set.words, NODES_MAXNODE, 0);
	for (size_t i = 0; i < count; i++) {
		at[i * machine()->huge] = (char)(i + 1);
		/* One touch has populated all of it, or it is not huge. */
		if (node_of(at + (i + 1) * machine()->huge - PAGE) != node)
			return NULL;
	}
	/* Newer kernels give up pages of zeros when they split a huge one. */
	for (size_t i = 0; i < pages; i++)
		at[i * PAGE] = (char)(i / HUGE_PAGES + 1);
	raw_mbind(at, pages * PAGE, MPOL_DEFAULT, NULL, 0, 0);
	return at;
}

/* Each as a whole, in turn: to the nodes that they are not on, and to those that they are on. */
static void spread_huge(int a, int b, bool all)
{
	struct nodes nodes = nodes_of_two(a, b);
	struct strictbind_report report;
	size_t count = 4, pages = count * HUGE_PAGES;
	char *at = huge_pages_on(count, NODE(0));

	SKIP_IF(!at, "no huge pages");
	ck_assert_int_eq(
		raw_mbind(at, pages * PAGE, MPOL_INTERLEAVE, nodes.words, NODES_MAXNODE, 0), 0);
	ck_assert_int_eq(enforce(at, pages, all, &report), 0);
	for (size_t i = 0; i < count; i++) {
		char *page = at + i * machine()->huge;

		ck_assert_uint_eq(count_on(page, HUGE_PAGES, node_of(page)), HUGE_PAGES);
		ck_assert_int_eq(node_of(page), node_of(at + i % 2 * machine()->huge));
		ck_assert_int_eq(*page, (int)(i + 1));
	}
	ck_assert_uint_eq(count_on(at, pages, a), pages / 2);
	ck_assert_uint_eq(count_on(at, pages, b), pages / 2);
	unmap(at, pages);
}

START_TEST(interleaved_huge)
{
	NEED_NODES(3);
	NEED_PROC();
	spread_huge(NODE(1), NODE(2), false);
}
END_TEST

START_TEST(spread_of_huge)
{
	NEED_NODES(2);
	NEED_PROC();
	spread_huge(NODE(0), NODE(1), true);
}
END_TEST

/* Folios smaller than a huge page, too, where the kernel has them; of base pages else. */
START_TEST(spread_of_folios)
{
	struct nodes nodes = nodes_of_two(NODE(0), NODE(1 % machine()->node_count));
	size_t pages = HUGE_PAGES, half = machine()->huge / 2;
	struct nodes set = nodes_one(NODE(0));
	struct strictbind_report report;
	/* Between two addresses where a huge page could begin. */
	char *at = space(2 * HUGE_PAGES) + half;

	NEED_NODES(2);
	NEED_PROC();
	SKIP_IF(machine()->huge > HUGE_MOST, "huge pages are too large");
	large_pages_on();
	ck_assert(mmap(at, pages * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at);
	madvise(at, pages * PAGE, MADV_HUGEPAGE);
	raw_mbind(at, pages * PAGE, MPOL_BIND, set.words, NODES_MAXNODE, 0);
	memset(at, 1, pages * PAGE);
	ck_assert_uint_eq(count_on(at, pages, NODE(0)), pages);
	ck_assert_int_eq(
		raw_mbind(at, pages * PAGE, MPOL_INTERLEAVE, nodes.words, NODES_MAXNODE, 0), 0);
	ck_assert_int_eq(enforce(at, pages, true, &report), 0);
	large_pages_back();
	ck_assert_uint_eq(count_on(at, pages, NODE(0)), pages / 2);
	ck_assert_uint_eq(count_on(at, pages, NODE(1)), pages / 2);
	unmap(at, pages);
}
END_TEST

/* ---- huge pages that belong on two nodes ---- */

/* They are split where the kernel can be made to (5.4). */
START_TEST(cut)
{
	char *at = huge_pages_on(1, NODE(0));
	size_t half = HUGE_PAGES / 2;
	struct strictbind_report report;

	NEED_NODES(2);
	NEED_PROC();
	SKIP_IF(!at, "no huge pages");
	ck_assert_int_eq(bind_to(at, half, NODE(0), 0), 0);
	ck_assert_int_eq(bind_to(at + half * PAGE, half, NODE(1), 0), 0);
	ck_assert_int_eq(enforce(at, HUGE_PAGES, false, &report), 0);
	ck_assert_uint_eq(count_on(at, half, NODE(0)), half);
	ck_assert_uint_eq(count_on(at + half * PAGE, half, NODE(1)), half);
	ck_assert_int_eq(*at, 1);
	unmap(at, HUGE_PAGES);
}
END_TEST

/* Of one that has no policies, a part is asked to move. */
START_TEST(part_of_huge)
{
	char *at = huge_pages_on(1, NODE(0));
	struct strictbind_report report = new_report();

	NEED_NODES(2);
	SKIP_IF(!at, "no huge pages");
	ck_assert_int_eq(
		answer(strictbind_move(0, at + 3 * PAGE, 5 * PAGE, NODE(1), NULL, &report)), 0);
	ck_assert_uint_eq(count_on(at + 3 * PAGE, 5, NODE(1)), 5);
	ck_assert_uint_eq(count_on(at, HUGE_PAGES, NODE(0)), HUGE_PAGES - 5);
	unmap(at, HUGE_PAGES);
}
END_TEST

/* ---- files without a device ---- */

/* A file of a file system that is in no device and not in memory, as btrfs and overlayfs are. */
static char *ramfs_page(void)
{
	char directory[] = "/tmp/ramfs.XXXXXX", path[64];
	char *at = MAP_FAILED;
	int fd = -1;

	if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    !mkdtemp(directory))
		return NULL;
	snprintf(path, sizeof(path), "%s/file", directory);
	if (mount("none", directory, "ramfs", 0, NULL) == 0)
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0 && ftruncate(fd, (off_t)PAGE) == 0)
		at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	/* It is there as long as it is mapped, and in the list of mounts as long as it is used. */
	unlink(path);
	return at == MAP_FAILED ? NULL : at;
}

static int use_ramfs(void *arg)
{
	struct strictbind_report report = new_report();
	struct strictbind_options options = STRICTBIND_OPTIONS_INIT;
	struct strictbind_range range;
	char *at = ramfs_page();

	(void)arg;
	if (!at)
		return -1;
	run_on_node(NODE(0));
	*at = 1;
	options.ranges = &range;
	options.range_room = 1;
	EXPECT(bind_to(at, 1, NODE(1), 0) == 0);
	EXPECT(strictbind_check(0, at, PAGE, NULL, 0, &options, &report) == 1);
	EXPECT(range.reason == STRICTBIND_REASON_FILE_CACHE);
	/* It cannot be moved, as there is nothing to write it to. */
	EXPECT(strictbind_enforce(0, at, PAGE, &options, &report) == 1);
	EXPECT(range.reason == STRICTBIND_REASON_FILE_CACHE);
	return 0;
}

/* Its pages are known for page cache, which policies do not govern when a file is read. */
START_TEST(file_without_device)
{
	int line;

	NEED_NODES(2);
	NEED_PROC();
	SKIP_IF(getuid() != 0, "only root mounts file systems");
	line = in_child(use_ramfs, NULL);
	SKIP_IF(line == -1, "no ramfs");
	ck_assert_msg(line == 0, "line %d", line);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, interleaved);
	tcase_add_test(tests, interleaved_by_weight);
	tcase_add_test(tests, spread);
	tcase_add_test(tests, spread_held);
	tcase_add_test(tests, interleaved_huge);
	tcase_add_test(tests, spread_of_huge);
	tcase_add_test(tests, spread_of_folios);
	tcase_add_test(tests, cut);
	tcase_add_test(tests, part_of_huge);
	tcase_add_test(tests, file_without_device);
}

int main(void)
{
	return run_suite_here("enforce", add);
}
