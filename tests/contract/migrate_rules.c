/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migrate_pages: rules 12 to 14. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "common.h"
#include "first.h"

/*
 * Sources are nodes 1 and up wherever the count matters: the program itself runs on node 0, and
 * pages of its own that cannot move would be counted as well.
 */
enum { PAGES = 16 };

static long migrate(int pid, const struct nodes *from, const struct nodes *to,
		    struct strictbind_report *report)
{
	if (!report)
		return strictbind_migrate_pages(pid, NODES_MAXNODE, from->words, to->words);
	*report = new_report();
	return strictbind_migrate_pages_opt(pid, NODES_MAXNODE, from->words, to->words, NULL,
					    report);
}

static long migrate_one(int from, int to, struct strictbind_report *report)
{
	struct nodes old = nodes_one(from), new = nodes_one(to);

	return migrate(0, &old, &new, report);
}

/*
 * On a busy machine Linux 7 now and then fails to move a page that nobody holds, says so, and moves
 * it when it is asked again. So a call that must leave few pages may be made this often.
 */
enum { TRIES = 5 };

static void check_nothing_left(long result, const struct strictbind_report *report)
{
	ck_assert_int_eq(result, 0);
	ck_assert_uint_eq(report->unmoved, 0);
	ck_assert_ptr_null(report->first_unmoved);
	ck_assert_uint_eq(report->first_status, STRICTBIND_FIRST_NONE);
}

static void check_left(long result, const struct strictbind_report *report, size_t unmoved,
		       const char *first)
{
	ck_assert_int_eq(result, (long)unmoved);
	ck_assert_uint_eq(report->unmoved, unmoved);
	ck_assert_ptr_eq(report->first_unmoved, first);
	ck_assert(first_status_agrees(report));
}

START_TEST(rule_12_one_pair)
{
	struct strictbind_report report;
	char *at;

	NEED_NODES(4);
	at = pages_on(PAGES, NODE(2));
	errno = 0;
	check_nothing_left(migrate_one(NODE(2), NODE(3), &report), &report);
	ck_assert_int_eq(errno, 0);
	ck_assert_uint_eq(count_on(at, PAGES, NODE(3)), PAGES);
	ck_assert(intact(at, PAGES));
	unmap(at, PAGES);
}
END_TEST

START_TEST(rule_12_nothing_there)
{
	struct strictbind_report report;

	NEED_NODES(4);
	migrate_one(NODE(2), NODE(3), NULL);
	check_nothing_left(migrate_one(NODE(2), NODE(3), &report), &report);
}
END_TEST

START_TEST(rule_12_same_node)
{
	struct strictbind_report report;

	check_nothing_left(migrate_one(NODE(0), NODE(0), &report), &report);
}
END_TEST

START_TEST(rule_12_no_source)
{
	struct nodes from = nodes_none(), to = nodes_one(NODE(0));
	struct strictbind_report report;

	check_nothing_left(migrate(0, &from, &to, &report), &report);
}
END_TEST

/* Where the kernel puts the pages of a node: migrate_pages(2), and the order of do_migrate_pages().
 */
static int destination(const struct nodes *from, const struct nodes *to, int node)
{
	if (!nodes_has(from, node))
		return node;
	if (nodes_weight(from) != nodes_weight(to) && nodes_has(to, node))
		return node;
	return nodes_nth(to, nodes_rank(from, node) % nodes_weight(to));
}

static struct nodes of_bits(unsigned bits)
{
	struct nodes set = nodes_none();

	for (int i = 0; i < 4; i++)
		if (bits >> i & 1)
			nodes_add(&set, NODE(i));
	return set;
}

/*
 * With sets of unequal weight a node can be the target of a pair that comes before the one it is
 * the source of: only sets where each page moves once are asked about.
 */
static void check_sets(unsigned from_bits, unsigned to_bits)
{
	struct nodes from = of_bits(from_bits), to = of_bits(to_bits);
	char *at[4];
	long left;

	for (int i = 0; i < 4; i++)
		at[i] = pages_on(4, NODE(i));
	left = migrate(0, &from, &to, NULL);
	ck_assert_int_ge(left, 0);
	if (!(from_bits & 1))
		ck_assert_int_eq(left, 0);
	for (int i = 0; i < 4; i++) {
		int node = destination(&from, &to, NODE(i));

		ck_assert_msg(count_on(at[i], 4, node) == 4, "%x to %x: pages of node %d on %d",
			      from_bits, to_bits, i, node_of(at[i]));
		ck_assert(intact(at[i], 4));
		unmap(at[i], 4);
	}
}

START_TEST(rule_14_chain)
{
	NEED_NODES(4);
	check_sets(0x7, 0xe);
	check_sets(0x6, 0xc);
	check_sets(0xe, 0x7);
}
END_TEST

START_TEST(rule_14_pairs_side_by_side)
{
	NEED_NODES(4);
	check_sets(0x3, 0xc);
	check_sets(0xc, 0x3);
	check_sets(0xa, 0x5);
}
END_TEST

START_TEST(rule_14_overlap)
{
	NEED_NODES(4);
	check_sets(0xf, 0xf);
	check_sets(0x6, 0xa);
	check_sets(0xc, 0x5);
}
END_TEST

START_TEST(rule_14_unequal_weights)
{
	NEED_NODES(4);
	check_sets(0xe, 0x1);
	check_sets(0xc, 0x2);
	check_sets(0x8, 0x6);
	check_sets(0xe, 0x3);
	check_sets(0xc, 0x7);
}
END_TEST

START_TEST(rule_12_pinned)
{
	struct strictbind_report report;
	struct pins pins;
	char *at;

	NEED_NODES(4);
	ck_assert(pins_open(&pins));
	at = pages_on(PAGES, NODE(2));
	ck_assert(pin(&pins, at + 5 * PAGE) && pin(&pins, at + 9 * PAGE));
	check_left(migrate_one(NODE(2), NODE(3), &report), &report, 2, at + 5 * PAGE);
	ck_assert_uint_eq(report.shared, 0);
	ck_assert_uint_eq(count_on(at, PAGES, NODE(3)), PAGES - 2);
	ck_assert_int_eq(migrate_one(NODE(2), NODE(3), NULL), 2);
	unpin_all(&pins);
	ck_assert_int_eq(migrate_one(NODE(2), NODE(3), NULL), 0);
	ck_assert_uint_eq(count_on(at, PAGES, NODE(3)), PAGES);
	ck_assert(intact(at, PAGES));
	pins_close(&pins);
	unmap(at, PAGES);
}
END_TEST

START_TEST(rule_12_pinned_in_two_pairs)
{
	struct nodes from, to;
	struct strictbind_report report;
	struct pins pins;
	char *low, *high;

	NEED_NODES(4);
	from = nodes_two(NODE(1), NODE(2));
	to = nodes_two(NODE(2), NODE(3));
	ck_assert(pins_open(&pins));
	low = pages_on(PAGES, NODE(1));
	high = pages_on(PAGES, NODE(2));
	ck_assert(pin(&pins, low + 3 * PAGE) && pin(&pins, high + 4 * PAGE));
	check_left(migrate(0, &from, &to, &report), &report, 2, low + 3 * PAGE);
	ck_assert_uint_eq(count_on(low, PAGES, NODE(2)), PAGES - 1);
	ck_assert_uint_eq(count_on(high, PAGES, NODE(3)), PAGES - 1);
	unpin_all(&pins);
	pins_close(&pins);
	unmap(low, PAGES);
	unmap(high, PAGES);
}
END_TEST

/* What cannot be isolated is not counted by kernels before 6.7. */
START_TEST(rule_12_not_isolatable)
{
	struct strictbind_report report;
	struct ring ring;
	bool have;
	char *at;

	NEED_NODES(4);
	have = ring_open_counted(&ring, NODE(1), 1);
	run_on_node(NODE(0));
	SKIP_IF(!have, "no page that cannot be isolated");
	at = pages_on(PAGES, NODE(1));
	ck_assert(ring_put(&ring, 0, at + 6 * PAGE));
	check_left(migrate_one(NODE(1), NODE(2), &report), &report, 1, at + 6 * PAGE);
	ck_assert_uint_eq(count_on(at, PAGES, NODE(2)), PAGES - 1);
	ck_assert_int_eq(migrate_one(NODE(1), NODE(2), NULL), 1);
	ring_take(&ring, 0, at + 6 * PAGE);
	ring_close(&ring);
	unmap(at, PAGES);
}
END_TEST

enum { MAPPINGS = 64 };

struct code {
	char *at[MAPPINGS];
	size_t pages[MAPPINGS];
	int count;
};

static void find_code(struct code *code)
{
	unsigned long start, end;
	char line[512], file;
	FILE *maps = fopen("/proc/self/maps", "re");

	ck_assert_ptr_nonnull(maps);
	code->count = 0;
	while (code->count < MAPPINGS && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx r-xp %*s %*s %*s %c", &start, &end, &file) == 3 &&
		    file == '/') {
			code->at[code->count] = (char *)start;
			code->pages[code->count++] = (end - start) / PAGE;
		}
	fclose(maps);
}

/* Into the page cache there, whoever else has it mapped. Returns how many pages are there now. */
static size_t put_code_on(const struct code *code, int node)
{
	struct nodes set = nodes_one(node);
	unsigned flags = machine()->nice ? MOVE_ALL : MOVE;
	size_t there = 0;

	for (int i = 0; i < code->count; i++) {
		for (size_t page = 0; page < code->pages[i]; page++)
			*(volatile char *)(code->at[i] + page * PAGE);
		raw_mbind(code->at[i], code->pages[i] * PAGE, MPOL_BIND, set.words, NODES_MAXNODE,
			  flags);
		raw_mbind(code->at[i], code->pages[i] * PAGE, MPOL_DEFAULT, NULL, 0, 0);
		there += count_on(code->at[i], code->pages[i], node);
	}
	return there;
}

/*
 * Code that is run for the first time to count what is left comes from the page cache, and may lie
 * on the very node that was emptied. That is not what could not be moved.
 */
START_TEST(rule_12_code_not_yet_run)
{
	static struct code code;
	struct strictbind_report report;
	struct pins pins;
	long left;
	char *at;

	NEED_NODES(4);
	ck_assert(pins_open(&pins));
	for (int ask = 0; ask < 2; ask++) {
		find_code(&code);
		SKIP_IF(put_code_on(&code, NODE(2)) == 0, "the program's file cannot be moved");
		at = pages_on(PAGES, NODE(2));
		ck_assert(pin(&pins, at + 5 * PAGE));
		for (int i = 0; i < code.count; i++)
			madvise(code.at[i], code.pages[i] * PAGE, MADV_DONTNEED);
		left = migrate_one(NODE(2), NODE(3), ask ? &report : NULL);
		unpin_all(&pins);
		ck_assert_int_eq(left, 1);
		if (ask)
			check_left(left, &report, 1, at + 5 * PAGE);
		unmap(at, PAGES);
	}
	pins_close(&pins);
}
END_TEST

enum { STACK = 1 << 18, STEP = 128 };

struct at_depth {
	size_t depth;
	int from, to;
	long left;
};

/* With stack that lies on the node that is emptied, wherever it is used for the first time. */
static void *migrate_at_depth(void *argument)
{
	struct at_depth *at = argument;
	struct nodes node = nodes_one(at->from);
	char above[at->depth];
	struct strictbind_report report;

	__asm__ volatile("" : : "r"(above) : "memory");
	raw_set_mempolicy(MPOL_BIND, node.words, NODES_MAXNODE);
	at->left = migrate_one(at->from, at->to, &report);
	return NULL;
}

static long migrate_on_fresh_stack(size_t depth, int from, int to)
{
	struct at_depth at = { depth, from, to, -1 };
	void *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_attr_t attr;
	pthread_t thread;

	ck_assert_ptr_ne(stack, MAP_FAILED);
	pthread_attr_init(&attr);
	ck_assert_int_eq(pthread_attr_setstack(&attr, stack, STACK), 0);
	ck_assert_int_eq(pthread_create(&thread, &attr, migrate_at_depth, &at), 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attr);
	munmap(stack, STACK);
	return at.left;
}

/* Each try with other stack: that of the last has been used. */
static void check_on_fresh_stack(size_t depth, int from, int to, long left)
{
	long result = migrate_on_fresh_stack(depth, from, to);

	for (int i = 1; i < TRIES && result > left; i++)
		result = migrate_on_fresh_stack(depth, from, to);
	ck_assert_int_eq(result, left);
}

/*
 * Stack that counting is the first to use is not what could not be moved, either. Linux 7 counts
 * the vdso as well, once it has been run, and its count then is no lower than that of the library.
 */
START_TEST(rule_12_stack_not_yet_used)
{
	struct strictbind_report report;
	struct timespec now;
	struct pins pins;
	int from = node_of((void *)getauxval(AT_SYSINFO_EHDR)); // NOLINT
	int to;
	long left;
	char *at;

	NEED_NODES(2);
	clock_gettime(CLOCK_REALTIME, &now);
	from = from < 0 ? NODE(0) : from;
	to = from == NODE(0) ? NODE(1) : NODE(0);
	at = pages_on(1, from);
	ck_assert(pins_open(&pins) && pin(&pins, at));
	migrate_one(from, to, &report);
	left = migrate_one(from, to, &report);
	ck_assert_int_ge(left, 1);
	for (size_t depth = STEP; depth <= PAGE; depth += STEP)
		check_on_fresh_stack(depth, from, to, left);
	unpin_all(&pins);
	pins_close(&pins);
	unmap(at, 1);
	migrate_one(to, from, NULL);
}
END_TEST

static void check_huge(char *at, size_t pages)
{
	struct strictbind_report report;
	struct pins pins;

	ck_assert(pins_open(&pins));
	ck_assert(pin(&pins, at + 7 * PAGE));
	check_left(migrate_one(NODE(2), NODE(3), &report), &report, pages, at);
	ck_assert_uint_eq(count_on(at, pages, NODE(2)), pages);
	unpin_all(&pins);
	pins_close(&pins);
	check_nothing_left(migrate_one(NODE(2), NODE(3), &report), &report);
	ck_assert_uint_eq(count_on(at, pages, NODE(3)), pages);
	ck_assert(intact(at, pages));
	unmap(at, pages);
}

START_TEST(rule_12_thp_in_base_pages)
{
	char *at;

	NEED_NODES(4);
	at = thp_on(NODE(2));
	SKIP_IF(!at, "no transparent huge page");
	check_huge(at, HUGE_PAGES);
}
END_TEST

START_TEST(rule_12_hugetlb_in_base_pages)
{
	char *at;

	NEED_NODES(4);
	at = hugetlb_on(NODE(2));
	SKIP_IF(!at, "no hugetlb page");
	check_huge(at, HUGETLB_PAGES);
}
END_TEST

START_TEST(rule_12_inaccessible)
{
	struct strictbind_report report;
	struct pins pins;
	int nodes[PAGES];
	char *at;

	NEED_NODES(4);
	ck_assert(pins_open(&pins));
	at = pages_on(PAGES, NODE(2));
	ck_assert(pin(&pins, at + 2 * PAGE));
	mprotect(at, PAGES * PAGE, PROT_NONE);
	ck_assert_int_eq(migrate_one(NODE(2), NODE(3), &report), 1);
	ck_assert_uint_eq(report.unmoved, 1);
	/* On 6.1 the kernel need not tell which page it is. */
	ck_assert(!report.first_unmoved || report.first_unmoved == at + 2 * PAGE);
	ck_assert(first_status_agrees(&report));
	nodes_of_inaccessible(at, PAGES, nodes);
	for (int i = 0; i < PAGES; i++)
		ck_assert_int_eq(nodes[i], i == 2 ? NODE(2) : NODE(3));
	unpin_all(&pins);
	pins_close(&pins);
	unmap(at, PAGES);
}
END_TEST

/* Private pages after a fork. */
START_TEST(rule_13_shared)
{
	struct strictbind_report report;
	char *at;
	pid_t pid;

	NEED_NODES(4);
	/* The pages of the program must not be on that node too: they are shared with the child. */
	migrate_one(NODE(2), NODE(0), NULL);
	at = pages_on(PAGES, NODE(2));
	pid = start_sleeper();
	for (int i = 1; i < TRIES && migrate_one(NODE(2), NODE(3), &report) > 0; i++)
		;
	ck_assert_int_eq(migrate_one(NODE(2), NODE(3), &report), 0);
	ck_assert_uint_eq(report.unmoved, 0);
	if (machine()->nice) {
		ck_assert_uint_eq(count_on(at, PAGES, NODE(3)), PAGES);
		ck_assert_uint_eq(report.shared, 0);
	} else {
		ck_assert_uint_eq(count_on(at, PAGES, NODE(2)), PAGES);
		ck_assert_uint_ge(report.shared, PAGES);
	}
	end_sleeper(pid);
	unmap(at, PAGES);
}
END_TEST

START_TEST(rule_13_shared_and_pinned)
{
	struct strictbind_report report;
	struct pins pins;
	char *at;
	pid_t pid;
	bool nice = machine()->nice;

	NEED_NODES(4);
	ck_assert(pins_open(&pins));
	at = pages_on(PAGES, NODE(2));
	ck_assert(pin(&pins, at + 3 * PAGE));
	pid = start_sleeper();
	ck_assert_int_eq(migrate_one(NODE(2), NODE(3), &report), nice ? 1 : 0);
	ck_assert_uint_eq(report.unmoved, nice ? 1 : 0);
	ck_assert_ptr_eq(report.first_unmoved, nice ? at + 3 * PAGE : NULL);
	end_sleeper(pid);
	unpin_all(&pins);
	pins_close(&pins);
	unmap(at, PAGES);
}
END_TEST

START_TEST(asking_changes_nothing)
{
	struct pins pins;
	long results[2];
	size_t moved[2];

	NEED_NODES(4);
	for (int ask = 0; ask < 2; ask++) {
		struct strictbind_report report;
		char *at = pages_on(PAGES, NODE(2));

		ck_assert(pins_open(&pins));
		ck_assert(pin(&pins, at + 5 * PAGE));
		results[ask] = migrate_one(NODE(2), NODE(3), ask ? &report : NULL);
		moved[ask] = count_on(at, PAGES, NODE(3));
		unpin_all(&pins);
		pins_close(&pins);
		unmap(at, PAGES);
	}
	ck_assert_int_eq(results[0], results[1]);
	ck_assert_uint_eq(moved[0], moved[1]);
}
END_TEST

START_TEST(pid_of_self)
{
	struct nodes from, to;
	char *at;

	NEED_NODES(4);
	from = nodes_one(NODE(2));
	to = nodes_one(NODE(3));
	at = pages_on(PAGES, NODE(2));
	ck_assert_int_eq(migrate(getpid(), &from, &to, NULL), 0);
	ck_assert_uint_eq(count_on(at, PAGES, NODE(3)), PAGES);
	unmap(at, PAGES);
}
END_TEST

/* A child with a page of its own that is pinned, and others that are not. */
START_TEST(pid_of_a_child)
{
	struct strictbind_report report;
	struct nodes from, to;
	struct pins pins;
	void *look[1];
	int status = -1;
	char *at;
	pid_t pid;

	NEED_NODES(4);
	from = nodes_one(NODE(2));
	to = nodes_one(NODE(3));
	ck_assert(pins_open(&pins));
	at = pages_on(PAGES, NODE(2));
	ck_assert(pin(&pins, at + 3 * PAGE));
	pid = start_sleeper();
	/* Now they are the child's alone. */
	unmap(at, PAGES);
	ck_assert_int_eq(migrate(pid, &from, &to, &report), 1);
	ck_assert_uint_eq(report.unmoved, 1);
	ck_assert_ptr_eq(report.first_unmoved, at + 3 * PAGE);
	look[0] = at;
	ck_assert_int_eq(raw_move_pages(pid, 1, look, NULL, &status, 0), 0);
	ck_assert_int_eq(status, NODE(3));
	end_sleeper(pid);
	unpin_all(&pins);
	pins_close(&pins);
}
END_TEST

static int refused_foreign(void *arg)
{
	struct strictbind_report report = new_report();
	struct nodes set = nodes_one(NODE(0));

	EXPECT(become_nobody() == 0);
	report.unmoved = report.shared = 7;
	EXPECT(strictbind_migrate_pages(*(int *)arg, NODES_MAXNODE, set.words, set.words) == -1);
	EXPECT(errno == EPERM);
	EXPECT(strictbind_migrate_pages_opt(*(int *)arg, NODES_MAXNODE, set.words, set.words, NULL,
					    &report) == -1);
	EXPECT(errno == EPERM && !report.unmoved && !report.shared && !report.first_unmoved);
	return 0;
}

START_TEST(rule_14_foreign_process)
{
	int pid = 1;

	ASSERT_CHILD(refused_foreign, &pid);
}
END_TEST

START_TEST(rule_14_no_such_process)
{
	struct strictbind_report report;
	struct nodes set = nodes_one(NODE(0));

	ck_assert_int_eq(answer(migrate(0x7ffffff0, &set, &set, NULL)), -ESRCH);
	ck_assert_int_eq(answer(migrate(-1, &set, &set, &report)), -ESRCH);
	ck_assert_uint_eq(report.unmoved, 0);
	ck_assert_uint_eq(report.shared, 0);
}
END_TEST

static void same_as_raw(int pid, unsigned long maxnode, const unsigned long *from,
			const unsigned long *to)
{
	struct strictbind_report report = new_report();
	long raw = answer(raw_migrate_pages(pid, maxnode, from, to));
	long ours = answer(strictbind_migrate_pages(pid, maxnode, from, to));
	long with = answer(strictbind_migrate_pages_opt(pid, maxnode, from, to, NULL, &report));

	ck_assert_msg(raw == ours && raw == with, "maxnode %lu: raw %ld, library %ld, report %ld",
		      maxnode, raw, ours, with);
	if (raw < 0)
		ck_assert(!report.unmoved && !report.shared && !report.first_unmoved);
}

START_TEST(rule_14_masks)
{
	static const unsigned long sizes[] = { 0,     1,     2,	    3,	       64,
					       65,    100,   1024,  1025,      4097,
					       16384, 32768, 32769, 1UL << 40, ~0UL };
	/* Wide enough for every maxnode that the kernel reads. */
	static unsigned long none[1024], one[1024], far[1024];

	one[0] = 1UL << NODE(0);
	far[0] = one[0];
	far[31] = 1;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		same_as_raw(0, sizes[i], none, one);
		same_as_raw(0, sizes[i], none, none);
		same_as_raw(0, sizes[i], none, far);
		same_as_raw(0, sizes[i], far, one);
		same_as_raw(0, sizes[i], NULL, one);
		same_as_raw(0, sizes[i], none, NULL);
	}
}
END_TEST

START_TEST(rule_14_unreadable_masks)
{
	/* The kernel takes a page of bits at most; what is longer it does not look at. */
	const unsigned long most = PAGE * 8 + 1;
	const unsigned long sizes[] = { 0,    1,    2,	      65,	1024,	   1025,
					2000, most, most + 1, 3 * most, 1UL << 40, ~0UL };
	static unsigned long set[4096];
	unsigned long *bad = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	set[0] = 1UL << NODE(0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		same_as_raw(0, sizes[i], bad, set);
		same_as_raw(0, sizes[i], NULL, bad);
		same_as_raw(0, sizes[i], NULL, (unsigned long *)8);
		same_as_raw(0, sizes[i], NULL, NULL);
	}
	ck_assert_int_eq(answer(strictbind_migrate_pages(0, NODES_MAXNODE, bad, set)), -EFAULT);
	munmap(bad, PAGE);
}
END_TEST

START_TEST(rule_14_mask_at_the_end_of_a_page)
{
	char *two =
		mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long *last = (unsigned long *)(void *)(two + PAGE) - 1;
	struct nodes none = nodes_none();

	munmap(two + PAGE, PAGE);
	*last = 1UL << NODE(0);
	same_as_raw(0, 65, none.words, last);
	same_as_raw(0, 66, none.words, last);
	same_as_raw(0, 2, none.words, last);
	same_as_raw(0, 1 << 20, none.words, last);
	munmap(two, PAGE);
}
END_TEST

/* A node that the kernel could have, and has not. */
START_TEST(rule_14_node_without_memory)
{
	struct nodes none = nodes_none(), old = nodes_one(NODE(0));
	int absent = NODE(machine()->node_count - 1) + 1;
	struct nodes set = nodes_one(absent), both = nodes_two(NODE(0), absent);

	same_as_raw(0, NODES_MAXNODE, none.words, set.words);
	same_as_raw(0, NODES_MAXNODE, none.words, both.words);
	same_as_raw(0, NODES_MAXNODE, old.words, set.words);
	same_as_raw(0, NODES_MAXNODE, set.words, old.words);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, rule_12_one_pair);
	tcase_add_test(tests, rule_12_nothing_there);
	tcase_add_test(tests, rule_12_same_node);
	tcase_add_test(tests, rule_12_no_source);
	tcase_add_test(tests, rule_14_chain);
	tcase_add_test(tests, rule_14_pairs_side_by_side);
	tcase_add_test(tests, rule_14_overlap);
	tcase_add_test(tests, rule_14_unequal_weights);
	tcase_add_test(tests, rule_12_pinned);
	tcase_add_test(tests, rule_12_pinned_in_two_pairs);
	tcase_add_test(tests, rule_12_not_isolatable);
	tcase_add_test(tests, rule_12_code_not_yet_run);
	tcase_add_test(tests, rule_12_stack_not_yet_used);
	tcase_add_test(tests, rule_12_thp_in_base_pages);
	tcase_add_test(tests, rule_12_hugetlb_in_base_pages);
	tcase_add_test(tests, rule_12_inaccessible);
	tcase_add_test(tests, rule_13_shared);
	tcase_add_test(tests, rule_13_shared_and_pinned);
	tcase_add_test(tests, asking_changes_nothing);
	tcase_add_test(tests, pid_of_self);
	tcase_add_test(tests, pid_of_a_child);
	tcase_add_test(tests, rule_14_foreign_process);
	tcase_add_test(tests, rule_14_no_such_process);
	tcase_add_test(tests, rule_14_masks);
	tcase_add_test(tests, rule_14_unreadable_masks);
	tcase_add_test(tests, rule_14_mask_at_the_end_of_a_page);
	tcase_add_test(tests, rule_14_node_without_memory);
}

int main(void)
{
	run_on_node(NODE(0));
	return run_suite_here("migrate_rules", add);
}
