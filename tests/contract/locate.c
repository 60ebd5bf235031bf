/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* strictbind_locate() and strictbind_locate_bitmask(). */
#include <errno.h>
#include <limits.h>
#include <numa.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common.h"
#include "fullnode.h"

enum { PAGES = 32, NODES = 64 };

struct found {
	unsigned long pages[NODES];
	unsigned long unknown;
};

static long locate(int pid, const void *at, unsigned long len, struct found *found)
{
	memset(found, 0xee, sizeof(*found));
	return answer(strictbind_locate(pid, at, len, found->pages, NODES, &found->unknown));
}

/* That many pages on a node, and none on others. */
static void check_only(const struct found *found, int node, unsigned long pages)
{
	for (int i = 0; i < NODES; i++)
		ck_assert_uint_eq(found->pages[i], i == node ? pages : 0);
	ck_assert_uint_eq(found->unknown, 0);
}

START_TEST(own_pages)
{
	struct found found;

	for (int i = 0; i < machine()->node_count; i++) {
		char *at = pages_on(PAGES, NODE(i));

		errno = 0;
		ck_assert_int_eq(locate(0, at, PAGES * PAGE, &found), 0);
		ck_assert_int_eq(errno, 0);
		check_only(&found, NODE(i), PAGES);
		ck_assert_int_eq(locate(getpid(), at, PAGES * PAGE, &found), 0);
		check_only(&found, NODE(i), PAGES);
		unmap(at, PAGES);
	}
}
END_TEST

START_TEST(every_page_touched_counts)
{
	struct found found;
	char *at = pages_on(PAGES, NODE(0));

	ck_assert_int_eq(locate(0, at + 5, 1, &found), 0);
	check_only(&found, NODE(0), 1);
	ck_assert_int_eq(locate(0, at + PAGE - 1, 2, &found), 0);
	check_only(&found, NODE(0), 2);
	ck_assert_int_eq(locate(0, at + 1, PAGE, &found), 0);
	check_only(&found, NODE(0), 2);
	ck_assert_int_eq(locate(0, at, 0, &found), 0);
	check_only(&found, NODE(0), 0);
	unmap(at, PAGES);
}
END_TEST

START_TEST(several_nodes)
{
	struct found found;
	char *at;

	NEED_NODES(4);
	at = pages_on(PAGES, NODE(0));
	for (int i = 1; i < 4; i++)
		pages_at(at + 8L * i * (long)PAGE, (size_t)i, NODE(i), MAP_PRIVATE);
	ck_assert_int_eq(locate(0, at, PAGES * PAGE, &found), 0);
	ck_assert_uint_eq(found.pages[NODE(0)], PAGES - 6);
	for (int i = 1; i < 4; i++)
		ck_assert_uint_eq(found.pages[NODE(i)], (unsigned long)i);
	unmap(at, PAGES);
}
END_TEST

START_TEST(holes_and_untouched)
{
	struct found found;
	char *at = pages_on(PAGES, NODE(0));

	unmap(at + 3 * PAGE, 4);
	madvise(at + 10 * PAGE, 2 * PAGE, MADV_DONTNEED);
	ck_assert_int_eq(locate(0, at - 64 * PAGE, 256 * PAGE, &found), 0);
	check_only(&found, NODE(0), PAGES - 6);
	unmap(at, PAGES);
	ck_assert_int_eq(locate(0, at, PAGES * PAGE, &found), 0);
	check_only(&found, NODE(0), 0);
}
END_TEST

START_TEST(zero_page)
{
	struct found found;
	char *at = mmap(space(PAGES), PAGES * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	for (size_t i = 0; i < PAGES; i++)
		(void)*(volatile char *)(at + i * PAGE);
	/* Some hosted kernels do, at times. */
	SKIP_IF(node_of(at) >= 0, "this kernel gives what is only read pages of its own");
	ck_assert_int_eq(locate(0, at, PAGES * PAGE, &found), 0);
	check_only(&found, NODE(0), 0);
	unmap(at, PAGES);
}
END_TEST

static void check_huge(char *at, size_t pages, int node)
{
	struct found found;

	ck_assert_int_eq(locate(0, at, pages * PAGE, &found), 0);
	check_only(&found, node, pages);
	ck_assert_int_eq(locate(0, at + 3 * PAGE, 5 * PAGE, &found), 0);
	check_only(&found, node, 5);
	unmap(at, pages);
}

START_TEST(thp)
{
	int node = NODE(machine()->node_count - 1);
	char *at = thp_on(node);

	SKIP_IF(!at, "no transparent huge page");
	check_huge(at, HUGE_PAGES, node);
}
END_TEST

START_TEST(hugetlb)
{
	int node = NODE(machine()->node_count - 1);
	char *at = hugetlb_on(node);

	SKIP_IF(!at, "no hugetlb page");
	check_huge(at, HUGETLB_PAGES, node);
}
END_TEST

/* 6.1 does not tell: there they are unknown, if nothing else does. */
START_TEST(inaccessible)
{
	struct found found;
	char *at = pages_on(PAGES, NODE(0));

	mprotect(at + 8 * PAGE, 4 * PAGE, PROT_NONE);
	ck_assert_int_eq(locate(0, at, PAGES * PAGE, &found), 0);
	ck_assert(found.unknown == 0 || found.unknown == 4);
	ck_assert_uint_eq(found.pages[NODE(0)], PAGES - found.unknown);
	if (kernel_at_least(6, 7) || !kernel_at_least(6, 1))
		ck_assert_uint_eq(found.unknown, 0);
	unmap(at, PAGES);
}
END_TEST

START_TEST(terabyte_with_nothing_in_it)
{
	struct found found;
	unsigned long tera = 1UL << 40;
	char *at;

	SKIP_IF(access("/proc/self/maps", R_OK), "without /proc it is done page by page");
	at = mmap(NULL, tera, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		  -1, 0);
	SKIP_IF(at == MAP_FAILED, "no terabyte of addresses");
	madvise(at, tera, MADV_NOHUGEPAGE);
	at[tera / 2] = 1;
	ck_assert_int_eq(locate(0, at, tera, &found), 0);
	ck_assert_uint_eq(found.pages[node_of(at + tera / 2)], 1);
	ck_assert_uint_eq(found.unknown, 0);
	munmap(at, tera);
}
END_TEST

/* All of an address space, of which most is not mapped: on no kernel it is gone over page by page.
 */
START_TEST(all_there_is)
{
	unsigned long pages[1024], unknown, sum = 0;
	char *at = pages_on(3, NODE(0));

	SKIP_IF(access("/proc/self/maps", R_OK) != 0, "no /proc");
	ck_assert_int_eq(strictbind_locate(0, NULL, LONG_MAX, pages, 1024, &unknown), 0);
	for (int node = 0; node < 1024; node++)
		sum += pages[node];
	ck_assert_uint_ge(sum, 3);
	ck_assert_uint_ge(pages[NODE(0)], 3);
	unmap(at, 3);
}
END_TEST

START_TEST(fewer_nodes_than_there_are)
{
	int last = NODE(machine()->node_count - 1);
	char *at = pages_on(PAGES, last);
	unsigned long pages[NODES] = { 0 }, unknown = 99;

	ck_assert_int_eq(
		strictbind_locate(0, at, PAGES * PAGE, pages, (unsigned long)last, &unknown), 0);
	ck_assert_uint_eq(unknown, PAGES);
	ck_assert_int_eq(strictbind_locate(0, at, PAGES * PAGE, NULL, 0, &unknown), 0);
	ck_assert_uint_eq(unknown, PAGES);
	ck_assert_int_eq(strictbind_locate(0, at, PAGES * PAGE, NULL, 0, NULL), 0);
	ck_assert_int_eq(strictbind_locate(0, at, PAGES * PAGE, pages, NODES, NULL), 0);
	ck_assert_uint_eq(pages[last], PAGES);
	unmap(at, PAGES);
}
END_TEST

START_TEST(bad_arguments)
{
	unsigned long pages[NODES], unknown;
	char *at = pages_on(1, NODE(0));

	ck_assert_int_eq(answer(strictbind_locate(0, at, PAGE, NULL, 1, &unknown)), -EINVAL);
	ck_assert_int_eq(answer(strictbind_locate(0, at, ~0UL, pages, NODES, &unknown)), -EINVAL);
	ck_assert_int_eq(
		answer(strictbind_locate(0, (void *)(~0UL - 4095), 8192, pages, NODES, &unknown)),
		-EINVAL);
	unmap(at, 1);
}
END_TEST

START_TEST(child_by_pid)
{
	struct found found;
	char *at = pages_on(PAGES, NODE(machine()->node_count - 1));
	pid_t pid = start_sleeper();

	unmap(at, PAGES);
	ck_assert_int_eq(locate(pid, at, PAGES * PAGE, &found), 0);
	check_only(&found, NODE(machine()->node_count - 1), PAGES);
	ck_assert_int_eq(locate(0, at, PAGES * PAGE, &found), 0);
	check_only(&found, 0, 0);
	end_sleeper(pid);
}
END_TEST

START_TEST(no_such_process)
{
	struct found found;
	char *at = pages_on(1, NODE(0));

	ck_assert_int_eq(locate(0x7ffffff0, at, PAGE, &found), -ESRCH);
	ck_assert_int_eq(locate(0x7ffffff0, at, 64 * PAGE, &found), -ESRCH);
	unmap(at, 1);
}
END_TEST

static int look_at_init(void *arg)
{
	struct found found;
	long result;

	(void)arg;
	EXPECT(become_nobody() == 0);
	result = locate(1, (void *)0x400000, 1UL << 20, &found);
	EXPECT(result == -EPERM || result == -EACCES);
	return 0;
}

START_TEST(no_right_to_look)
{
	ASSERT_CHILD(look_at_init, NULL);
}
END_TEST

START_TEST(bitmask)
{
	int last = NODE(machine()->node_count - 1);
	struct bitmask *nodes = numa_bitmask_alloc(64);
	char *at = pages_on(PAGES, NODE(0));

	pages_at(at + 4 * PAGE, 4, last, MAP_PRIVATE);
	numa_bitmask_setall(nodes);
	ck_assert_int_eq(strictbind_locate_bitmask(0, at, PAGES * PAGE, nodes), 0);
	for (unsigned i = 0; i < 64; i++)
		ck_assert_int_eq(numa_bitmask_isbitset(nodes, i),
				 (int)i == NODE(0) || (int)i == last);
	unmap(at, PAGES);
	ck_assert_int_eq(strictbind_locate_bitmask(0, at, PAGES * PAGE, nodes), 0);
	ck_assert_uint_eq(numa_bitmask_weight(nodes), 0);
	ck_assert_int_eq(answer(strictbind_locate_bitmask(0x7ffffff0, at, PAGE, nodes)), -ESRCH);
	numa_bitmask_free(nodes);
}
END_TEST

START_TEST(bitmask_too_small)
{
	int last = NODE(machine()->node_count - 1);
	struct bitmask *nodes = numa_bitmask_alloc(1);
	char *at;

	NEED_NODES(2);
	at = pages_on(PAGES, last);
	ck_assert_int_eq(answer(strictbind_locate_bitmask(0, at, PAGES * PAGE, nodes)), -ERANGE);
	unmap(at, PAGES);
	numa_bitmask_free(nodes);
}
END_TEST

/* ---- ranges so large that counts are taken from numa_maps where it is readable ---- */

enum { MANY = 12, SMALL = 64 }; /* parts; base pages */

/* Pages of one part: a huge page, unless that is too large for a node to have many of them. */
static size_t part_pages(void)
{
	static size_t pages;

	if (pages == 0)
		pages = nodes_have_room(16 * HUGE_PAGES) ? HUGE_PAGES : 512;
	return pages;
}

static char *map_at(char *at, size_t pages, int flags)
{
	return mmap(at, pages * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | flags, -1, 0);
}

/* A bit of everything. */
static char *build_many(void)
{
	size_t part = part_pages();
	int last = NODE(machine()->node_count - 1);
	char *start = space(MANY * part), *at = start;

	pages_at(at, 3 * part, NODE(0), MAP_PRIVATE);
	madvise(at + 10 * PAGE, 7 * PAGE, MADV_DONTNEED);
	at += (3 * part + 3) * PAGE;
	pages_at(at, part, last, MAP_PRIVATE);
	mprotect(at + 8 * PAGE, 4 * PAGE, PROT_NONE);
	at += part * PAGE;
	pages_at(at, 60, last, MAP_SHARED);
	at = map_at(at + 60 * PAGE, 50, 0);
	for (size_t i = 0; i < 50; i++)
		(void)*(volatile char *)(at + i * PAGE);
	at = map_at(start + 5 * part * PAGE, 2 * part, 0);
	madvise(at, 2 * part * PAGE, MADV_HUGEPAGE);
	memset(at, 1, 2 * part * PAGE);
	at += 2 * part * PAGE;
	if (part == HUGETLB_PAGES && free_hugetlb() > 0 &&
	    map_at(at, part, MAP_HUGETLB) != MAP_FAILED)
		at[0] = 1;
	at = map_at(at + part * PAGE, 4 * part, 0);
	madvise(at, 4 * part * PAGE, MADV_NOHUGEPAGE);
	for (size_t i = 5; i < 4 * part; i += 100)
		at[i * PAGE] = 1;
	return start;
}

static void unmap_many(char *at)
{
	unmap(at, MANY * part_pages());
}

/* Small ranges are looked at page by page. */
static void locate_in_parts(int pid, const char *at, size_t pages, struct found *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (size_t i = 0; i < pages; i += SMALL) {
		size_t count = pages - i < SMALL ? pages - i : SMALL;
		struct found part;

		ck_assert_int_eq(locate(pid, at + i * PAGE, count * PAGE, &part), 0);
		for (int node = 0; node < NODES; node++)
			sum->pages[node] += part.pages[node];
		sum->unknown += part.unknown;
	}
}

/* Of pages that cannot be read the whole may tell more than the parts. */
static void check_parts(int pid, const char *at, size_t pages)
{
	struct found whole, parts;
	unsigned long more = 0;

	ck_assert_int_eq(locate(pid, at, pages * PAGE, &whole), 0);
	locate_in_parts(pid, at, pages, &parts);
	for (int node = 0; node < NODES; node++) {
		ck_assert_uint_ge(whole.pages[node], parts.pages[node]);
		more += whole.pages[node] - parts.pages[node];
	}
	ck_assert_uint_eq(whole.unknown + more, parts.unknown);
}

static void check_cuts(int pid, const char *at)
{
	size_t part = part_pages(), pages = MANY * part;

	check_parts(pid, at, pages);
	check_parts(pid, at - 5 * PAGE, pages + 10);
	check_parts(pid, at + 20 * PAGE, pages - 20);
	check_parts(pid, at + 20 * PAGE, pages - 120);
	check_parts(pid, at, 3 * part - 20);
	check_parts(pid, at + 2 * part * PAGE, pages - 4 * part);
	check_parts(pid, at + (5 * part + 3) * PAGE, pages - 5 * part - 6);
}

START_TEST(whole_and_parts)
{
	char *at = build_many();

	check_cuts(0, at);
	unmap_many(at);
}
END_TEST

START_TEST(whole_and_parts_of_a_child)
{
	char *at = build_many();
	pid_t pid = start_sleeper();

	check_cuts(pid, at);
	check_cuts(0, at);
	unmap_many(at);
	check_cuts(pid, at);
	end_sleeper(pid);
}
END_TEST

START_TEST(large_range_on_one_node)
{
	struct found found;
	int last = NODE(machine()->node_count - 1);
	char *at = pages_on(8 * part_pages(), last);

	ck_assert_int_eq(locate(0, at, 8 * part_pages() * PAGE, &found), 0);
	check_only(&found, last, 8 * part_pages());
	ck_assert_int_eq(locate(0, at + 5 * PAGE, 8 * part_pages() * PAGE - 8 * PAGE, &found), 0);
	check_only(&found, last, 8 * part_pages() - 8);
	unmap(at, 8 * part_pages());
}
END_TEST

START_TEST(bitmask_of_a_large_range)
{
	int last = NODE(machine()->node_count - 1);
	struct bitmask *nodes = numa_bitmask_alloc(64);
	char *at = pages_on(8 * part_pages(), last);

	for (size_t cut = 0; cut < 16; cut += 5) {
		numa_bitmask_setall(nodes);
		ck_assert_int_eq(strictbind_locate_bitmask(0, at + cut * PAGE,
							   8 * part_pages() * PAGE - 2 * cut * PAGE,
							   nodes),
				 0);
		ck_assert_uint_eq(numa_bitmask_weight(nodes), 1);
		ck_assert(numa_bitmask_isbitset(nodes, (unsigned)last));
	}
	unmap(at, 8 * part_pages());
	numa_bitmask_free(nodes);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, own_pages);
	tcase_add_test(tests, every_page_touched_counts);
	tcase_add_test(tests, several_nodes);
	tcase_add_test(tests, holes_and_untouched);
	tcase_add_test(tests, zero_page);
	tcase_add_test(tests, thp);
	tcase_add_test(tests, hugetlb);
	tcase_add_test(tests, inaccessible);
	tcase_add_test(tests, terabyte_with_nothing_in_it);
	tcase_add_test(tests, all_there_is);
	tcase_add_test(tests, fewer_nodes_than_there_are);
	tcase_add_test(tests, bad_arguments);
	tcase_add_test(tests, child_by_pid);
	tcase_add_test(tests, no_such_process);
	tcase_add_test(tests, no_right_to_look);
	tcase_add_test(tests, bitmask);
	tcase_add_test(tests, bitmask_too_small);
	tcase_add_test(tests, whole_and_parts);
	tcase_add_test(tests, whole_and_parts_of_a_child);
	tcase_add_test(tests, large_range_on_one_node);
	tcase_add_test(tests, bitmask_of_a_large_range);
}

int main(void)
{
	run_on_node(NODE(0));
	return run_suite_here("locate", add);
}
