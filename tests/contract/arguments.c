/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules 1 and 2, structures of every size, and libnuma's bitmasks. */
#include <errno.h>
#include <numa.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "common.h"

enum { PAGES = 2, SECONDS = 20 };

static const unsigned long sizes[] = { 0,     1,     2,	    3,	   4,	      63,   64,
				       65,    100,   128,   1024,  1025,      2047, 4097,
				       16384, 32768, 32769, 40000, 1UL << 40, ~0UL };
enum { SIZES = sizeof(sizes) / sizeof(*sizes) };

/*
 * The same call by the kernel and by the library, each on untouched memory, where the kernel's
 * answer is the contract's. Returns it.
 */
static long both(long offset, unsigned long len, int mode, const unsigned long *mask,
		 unsigned long maxnode, unsigned flags)
{
	struct strictbind_report report = new_report();
	struct policy after_raw, after;
	long raw, ours, with;
	char *at[3];

	for (int i = 0; i < 3; i++)
		at[i] = pages_on(PAGES, NODE(0));
	raw = answer(raw_mbind(at[0] + offset, len, mode, mask, maxnode, flags));
	errno = 0;
	ours = answer(strictbind_mbind(at[1] + offset, len, mode, mask, maxnode, flags));
	ck_assert_msg(ours < 0 || errno == 0, "errno %d after success", errno);
	with = answer(strictbind_mbind_opt(at[2] + offset, len, mode, mask, maxnode, flags, NULL,
					   &report));
	ck_assert_msg(
		raw == ours && raw == with,
		"offset %ld len %lu mode %d maxnode %lu flags %u: raw %ld, ours %ld, report %ld",
		offset, len, mode, maxnode, flags, raw, ours, with);
	after_raw = policy_of(at[0]);
	for (int i = 1; i < 3; i++) {
		after = policy_of(at[i]);
		ck_assert(policy_equal(&after, &after_raw));
		ck_assert(intact(at[i], PAGES));
	}
	for (int i = 0; i < 3; i++)
		unmap(at[i], PAGES);
	return raw;
}

static const unsigned all_flags[] = { 0, STRICT, MOVE, STRICT | MOVE };

START_TEST(rule_1_flags)
{
	struct nodes set = nodes_one(NODE(0));

	for (int bit = 3; bit < 32; bit++)
		ck_assert_int_eq(both(0, PAGES * PAGE, MPOL_BIND, set.words, NODES_MAXNODE,
				      1U << bit | MOVE),
				 -EINVAL);
	ck_assert_int_eq(both(0, 0, MPOL_BIND, set.words, NODES_MAXNODE, 8), -EINVAL);
	both(0, PAGES * PAGE, MPOL_BIND, set.words, NODES_MAXNODE, MOVE | MOVE_ALL);
	both(0, PAGES * PAGE, MPOL_BIND, set.words, NODES_MAXNODE, MOVE_ALL);
}
END_TEST

START_TEST(rule_1_modes)
{
	struct nodes set = nodes_one(NODE(0)), none = nodes_none();
	static const int odd[] = {
		-1, 7, 8, 100, 1 << 12, 1 << 16, 1 << 30, (int)(1U << 31), MPOL_BIND | 1 << 13
	};
	static const int mode_flags[] = { 0, MODE_STATIC_NODES, MODE_RELATIVE_NODES, MODE_FLAGS };

	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		both(0, PAGES * PAGE, odd[i], set.words, NODES_MAXNODE, STRICT | MOVE);
	for (int mode = 0; mode < 9; mode++)
		for (int f = 0; f < 4; f++) {
			both(0, PAGES * PAGE, mode | mode_flags[f], set.words, NODES_MAXNODE, 0);
			both(0, PAGES * PAGE, mode | mode_flags[f], none.words, NODES_MAXNODE, 0);
			both(0, PAGES * PAGE, mode | mode_flags[f], NULL, 0, 0);
		}
}
END_TEST

START_TEST(rule_1_alignment)
{
	struct nodes set = nodes_one(NODE(0));

	for (int f = 0; f < 4; f++) {
		ck_assert_int_eq(both(1, PAGE, MPOL_BIND, set.words, NODES_MAXNODE, all_flags[f]),
				 -EINVAL);
		ck_assert_int_eq(both((long)PAGE / 2, PAGE, MPOL_BIND, set.words, NODES_MAXNODE,
				      all_flags[f]),
				 -EINVAL);
		ck_assert_int_eq(both(1, 0, MPOL_BIND, set.words, NODES_MAXNODE, all_flags[f]),
				 -EINVAL);
	}
}
END_TEST

START_TEST(rule_1_every_maxnode)
{
	static unsigned long one[8192], last[8192];

	one[0] = 1UL << NODE(0);
	for (size_t i = 0; i < SIZES; i++)
		for (int f = 0; f < 4; f++) {
			both(0, PAGES * PAGE, MPOL_BIND, one, sizes[i], all_flags[f]);
			both(0, PAGES * PAGE, MPOL_PREFERRED, one, sizes[i],
			     f == 1 ? 0 : all_flags[f]);
			memcpy(last, one, sizeof(last));
			if (sizes[i] > 1 && sizes[i] < 64 * 8192)
				last[(sizes[i] - 2) / 64] |= 1UL << ((sizes[i] - 2) % 64);
			both(0, PAGES * PAGE, MPOL_BIND, last, sizes[i], all_flags[f]);
			memset(last, 0, sizeof(last));
			both(0, PAGES * PAGE, MPOL_BIND, last, sizes[i], all_flags[f]);
			both(0, PAGES * PAGE, MPOL_BIND, NULL, sizes[i], all_flags[f]);
			both(0, PAGES * PAGE, MPOL_DEFAULT, one, sizes[i], all_flags[f]);
			both(0, PAGES * PAGE, MPOL_DEFAULT, last, sizes[i], all_flags[f]);
		}
}
END_TEST

/* maxnode names one bit more than the kernel takes. */
START_TEST(rule_1_last_bit_is_ignored)
{
	struct nodes set = nodes_one(NODE(0));
	unsigned long node = (unsigned long)NODE(0);

	ck_assert_int_eq(both(0, PAGE, MPOL_BIND, set.words, node + 1, STRICT), -EINVAL);
	ck_assert_int_eq(both(0, PAGE, MPOL_BIND, set.words, node + 2, STRICT), 0);
}
END_TEST

START_TEST(rule_1_unreadable_mask)
{
	char *bad = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (size_t i = 0; i < SIZES; i++)
		for (int f = 0; f < 4; f++) {
			both(0, PAGES * PAGE, MPOL_BIND, (unsigned long *)(void *)bad, sizes[i],
			     all_flags[f]);
			both(0, PAGES * PAGE, MPOL_BIND, (unsigned long *)16, sizes[i],
			     all_flags[f]);
			both(0, PAGES * PAGE, MPOL_BIND, (unsigned long *)(~0UL - 63), sizes[i],
			     all_flags[f]);
		}
	ck_assert_int_eq(both(0, PAGES * PAGE, MPOL_BIND, (unsigned long *)(void *)bad, 65, MOVE),
			 -EFAULT);
	munmap(bad, PAGE);
}
END_TEST

START_TEST(rule_1_mask_before_an_unmapped_page)
{
	char *two =
		mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(two + PAGE, PAGE);
	for (unsigned long words = 1; words <= 16; words *= 2) {
		unsigned long *mask = (unsigned long *)(void *)(two + PAGE) - words;

		memset(two, 0, PAGE);
		mask[0] = 1UL << NODE(0);
		for (unsigned long maxnode = words * 64 - 3; maxnode < words * 64 + 4; maxnode++)
			for (int f = 0; f < 4; f++)
				both(0, PAGES * PAGE, MPOL_BIND, mask, maxnode, all_flags[f]);
	}
	munmap(two, PAGE);
}
END_TEST

/* Not even a word of its own. */
START_TEST(rule_1_mask_across_the_end)
{
	char *two =
		mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(two + PAGE, PAGE);
	for (int f = 0; f < 4; f++)
		ck_assert_int_eq(both(0, PAGES * PAGE, MPOL_BIND,
				      (unsigned long *)(void *)(two + PAGE - 4), 65, all_flags[f]),
				 -EFAULT);
	munmap(two, PAGE);
}
END_TEST

START_TEST(rule_1_range_wraps_around)
{
	struct nodes set = nodes_one(NODE(0));
	static const unsigned long lengths[] = { ~0UL, ~0UL - 4095, 1UL << 63, ~0UL - (1UL << 20) };

	for (size_t i = 0; i < 4; i++)
		for (int f = 0; f < 4; f++) {
			both(0, lengths[i], MPOL_BIND, set.words, NODES_MAXNODE, all_flags[f]);
			both(0, lengths[i], MPOL_DEFAULT, NULL, 0, all_flags[f]);
		}
}
END_TEST

START_TEST(rule_2_length_0)
{
	struct nodes set = nodes_one(NODE(0));

	for (int f = 0; f < 4; f++) {
		ck_assert_int_eq(both(0, 0, MPOL_BIND, set.words, NODES_MAXNODE, all_flags[f]), 0);
		ck_assert_int_eq(both(-(long)(PAGE << 4), 0, MPOL_BIND, set.words, NODES_MAXNODE,
				      all_flags[f]),
				 0);
		/* Rounded up to a whole page, this is nothing. */
		ck_assert_int_eq(both(0, ~0UL, MPOL_BIND, set.words, NODES_MAXNODE, all_flags[f]),
				 0);
	}
}
END_TEST

START_TEST(length_is_rounded_up)
{
	struct nodes set = nodes_one(NODE(0));
	char *at = pages_on(8, NODE(0));

	both(0, PAGE + 1, MPOL_BIND, set.words, NODES_MAXNODE, STRICT | MOVE);
	both(0, 1, MPOL_BIND, set.words, NODES_MAXNODE, MOVE);
	ck_assert_int_eq(strictbind_mbind(at, 2 * PAGE + 1, MPOL_BIND, set.words, NODES_MAXNODE,
					  STRICT | MOVE),
			 0);
	ck_assert_int_eq(policy_of(at + 2 * PAGE).mode, MPOL_BIND);
	ck_assert_int_eq(policy_of(at + 3 * PAGE).mode, MPOL_DEFAULT);
	/* The last page that the length touches is a hole. */
	unmap(at + 3 * PAGE, 5);
	ck_assert_int_eq(answer(strictbind_mbind(at, 3 * PAGE + 1, MPOL_BIND, set.words,
						 NODES_MAXNODE, STRICT | MOVE)),
			 -EFAULT);
	unmap(at, 3);
}
END_TEST

/* A structure of some size at the end of a page that nothing comes after. */
static unsigned char *sized(unsigned char *end, size_t size)
{
	unsigned char *at = end - (size > sizeof(size) ? size : sizeof(size));

	memset(at, 0, (size_t)(end - at));
	memcpy(at, &size, sizeof(size));
	return at;
}

static long with_options(char *at, void *options, void *report)
{
	struct nodes set = nodes_one(NODE(0));

	return answer(strictbind_mbind_opt(at, PAGE, MPOL_BIND, set.words, NODES_MAXNODE, MOVE,
					   options, report));
}

static long migrate_options(void *options, void *report)
{
	struct nodes none = nodes_none(), set = nodes_one(NODE(0));

	return answer(strictbind_migrate_pages_opt(0, NODES_MAXNODE, none.words, set.words, options,
						   report));
}

static void check_size(char *at, unsigned char *end, size_t size, size_t known, long expected)
{
	unsigned char *it = size > 2048 ? sized(end, known) : sized(end, size);

	memcpy(it, &size, sizeof(size));
	ck_assert_int_eq(with_options(at, it, NULL), expected);
	ck_assert_int_eq(policy_of(at).mode, expected ? MPOL_DEFAULT : MPOL_BIND);
	raw_mbind(at, PAGE, MPOL_DEFAULT, NULL, 0, 0);
	ck_assert_int_eq(migrate_options(it, NULL), expected);
	ck_assert_int_eq(with_options(at, NULL, it), expected);
	ck_assert_int_eq(policy_of(at).mode, expected ? MPOL_DEFAULT : MPOL_BIND);
	raw_mbind(at, PAGE, MPOL_DEFAULT, NULL, 0, 0);
	ck_assert_int_eq(migrate_options(NULL, it), expected);
}

START_TEST(structure_sizes)
{
	unsigned char *two =
		mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char *end = two + PAGE;
	/* Of both structures in version 1.0. */
	size_t least = 5 * sizeof(long);
	char *at = pages_on(1, NODE(0));

	munmap(end, PAGE);
	for (size_t size = 0; size < least; size++)
		check_size(at, end, size, least, -EINVAL);
	for (size_t size = least; size <= 2048; size += 8)
		check_size(at, end, size, size, 0);
	unmap(at, 1);
	munmap(two, PAGE);
}
END_TEST

/* A newer program asks for what this library does not know: it must not be left out quietly. */
START_TEST(options_with_something_unknown)
{
	static unsigned char room[256];
	char *at = pages_on(1, NODE(0));
	size_t size = sizeof(room);

	for (size_t i = sizeof(struct strictbind_options); i < size; i++) {
		memset(room, 0, size);
		memcpy(room, &size, sizeof(size));
		room[i] = 1;
		ck_assert_int_eq(with_options(at, room, NULL), -E2BIG);
		ck_assert_int_eq(migrate_options(room, NULL), -E2BIG);
		ck_assert_int_eq(policy_of(at).mode, MPOL_DEFAULT);
	}
	unmap(at, 1);
}
END_TEST

/* Sizes that no structure has must not be read to their end. */
START_TEST(structure_of_a_huge_size)
{
	char *at = pages_on(1, NODE(0));
	static const size_t huge[] = { 1UL << 20, 1UL << 40, 1UL << 63, ~0UL };
	static unsigned char room[4096];

	memset(room + 1024, 1, sizeof(room) - 1024);
	for (size_t i = 0; i < 4; i++) {
		memcpy(room, &huge[i], sizeof(huge[i]));
		ck_assert_int_eq(with_options(at, room, NULL), -E2BIG);
		ck_assert_int_eq(with_options(at, NULL, room), -E2BIG);
		ck_assert_int_eq(policy_of(at).mode, MPOL_DEFAULT);
	}
	unmap(at, 1);
}
END_TEST

START_TEST(unknown_part_of_a_report_is_cleared)
{
	struct {
		struct strictbind_report known;
		unsigned long later[4];
		unsigned long behind[4];
	} report;
	char *at = pages_on(1, NODE(0));

	memset(&report, 0x5a, sizeof(report));
	report.known.size = offsetof(__typeof__(report), behind);
	ck_assert_int_eq(with_options(at, NULL, &report), 0);
	ck_assert_uint_eq(report.known.size, offsetof(__typeof__(report), behind));
	for (int i = 0; i < 4; i++) {
		ck_assert_uint_eq(report.later[i], 0);
		ck_assert_uint_eq(report.behind[i], 0x5a5a5a5a5a5a5a5a);
	}
	unmap(at, 1);
}
END_TEST

START_TEST(bitmask_functions)
{
	struct strictbind_report report = new_report();
	struct bitmask *mask, *none;
	char *at;

	SKIP_IF(numa_available() < 0, "libnuma says there is no NUMA");
	mask = numa_allocate_nodemask();
	none = numa_allocate_nodemask();
	at = pages_on(PAGES, NODE(0));
	numa_bitmask_setbit(mask, (unsigned)NODE(0));
	ck_assert_int_eq(strictbind_mbind_bitmask(at, PAGES * PAGE, MPOL_BIND, mask, STRICT | MOVE,
						  NULL, &report),
			 0);
	ck_assert_uint_eq(report.unmoved, 0);
	ck_assert_int_eq(policy_of(at).mode, MPOL_BIND);
	ck_assert_int_eq(
		strictbind_mbind_bitmask(at, PAGES * PAGE, MPOL_DEFAULT, NULL, 0, NULL, NULL), 0);
	ck_assert_int_eq(policy_of(at).mode, MPOL_DEFAULT);
	ck_assert_int_eq(answer(strictbind_mbind_bitmask(at, PAGE, MPOL_BIND, NULL, 0, NULL, NULL)),
			 -EINVAL);
	ck_assert_int_eq(answer(strictbind_mbind_bitmask(at, PAGE, MPOL_BIND, none, 0, NULL, NULL)),
			 -EINVAL);
	ck_assert_int_eq(strictbind_migrate_pages_bitmask(0, none, mask, NULL, &report), 0);
	ck_assert_int_eq(strictbind_migrate_pages_bitmask(0, NULL, mask, NULL, NULL), 0);
	ck_assert_int_eq(answer(strictbind_migrate_pages_bitmask(0, mask, NULL, NULL, NULL)),
			 -EINVAL);
	numa_bitmask_free(mask);
	numa_bitmask_free(none);
	unmap(at, PAGES);
}
END_TEST

/* The highest bit of a bitmask counts, though maxnode takes one more. */
START_TEST(bitmask_of_the_last_bit)
{
	int last = NODE(machine()->node_count - 1);
	struct bitmask *mask = numa_bitmask_alloc((unsigned)last + 1);
	struct bitmask *first = numa_bitmask_alloc((unsigned)last + 1);
	char *at = pages_on(PAGES, NODE(0));

	numa_bitmask_setbit(mask, (unsigned)last);
	numa_bitmask_setbit(first, (unsigned)NODE(0));
	ck_assert_int_eq(strictbind_mbind_bitmask(at, PAGES * PAGE, MPOL_BIND, mask, STRICT | MOVE,
						  NULL, NULL),
			 0);
	ck_assert_uint_eq(count_on(at, PAGES, last), PAGES);
	ck_assert_int_ge(strictbind_migrate_pages_bitmask(0, mask, first, NULL, NULL), 0);
	ck_assert_uint_eq(count_on(at, PAGES, NODE(0)), PAGES);
	numa_bitmask_free(mask);
	numa_bitmask_free(first);
	unmap(at, PAGES);
}
END_TEST

static void add(TCase *tests)
{
	tcase_set_timeout(tests, SECONDS);
	tcase_add_test(tests, rule_1_flags);
	tcase_add_test(tests, rule_1_modes);
	tcase_add_test(tests, rule_1_alignment);
	tcase_add_test(tests, rule_1_every_maxnode);
	tcase_add_test(tests, rule_1_last_bit_is_ignored);
	tcase_add_test(tests, rule_1_unreadable_mask);
	tcase_add_test(tests, rule_1_mask_before_an_unmapped_page);
	tcase_add_test(tests, rule_1_mask_across_the_end);
	tcase_add_test(tests, rule_1_range_wraps_around);
	tcase_add_test(tests, rule_2_length_0);
	tcase_add_test(tests, length_is_rounded_up);
	tcase_add_test(tests, structure_sizes);
	tcase_add_test(tests, options_with_something_unknown);
	tcase_add_test(tests, structure_of_a_huge_size);
	tcase_add_test(tests, unknown_part_of_a_report_is_cleared);
	tcase_add_test(tests, bitmask_functions);
	tcase_add_test(tests, bitmask_of_the_last_bit);
}

int main(void)
{
	run_on_node(NODE(0));
	/* A process for each test: a call that does not end is then one test that failed. */
	return run_suite("arguments", add);
}
