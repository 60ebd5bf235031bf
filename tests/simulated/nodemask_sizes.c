/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Masks of every maxnode, ending where memory ends, and unreadable ones: the library reads as many
 * bits as the kernel does, and where the kernel says EFAULT it does not crash.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/nodeset.h"
#include "run.h"
#include "scene.h"

static const unsigned long sizes[] = { 0,     1,     2,	    5,	    63,	      64,   65,
				       66,    127,   128,   129,    255,      1023, 1024,
				       1025,  1026,  1027,  1089,   4096,     4097, 16385,
				       32768, 32769, 32770, 100000, ULONG_MAX };
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]), ROOM = 2 };

static char *memory;
static size_t page;

/* Two pages that can be read, and one behind that cannot. */
static void set_up(const struct fake_kernel *kernel)
{
	page = (size_t)sysconf(_SC_PAGESIZE);
	fake_boot(kernel, 4);
	memory = mmap(NULL, (ROOM + 1) * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	ck_assert_ptr_ne(memory, MAP_FAILED);
	ck_assert_int_eq(mprotect(memory + ROOM * page, page, PROT_NONE), 0);
	fake_make_unreadable(memory + ROOM * page, page);
	scene_pages(0, 4, 0)->kind = FAKE_PINNED;
}

/* A mask of so many words that ends where memory ends. */
static unsigned long *mask_before_end(unsigned long words)
{
	return (unsigned long *)(void *)(memory + ROOM * page) - words;
}

static unsigned long words_of(unsigned long maxnode)
{
	unsigned long words = (maxnode - 1 + 63) / 64;

	return maxnode == 0 || words > ROOM * page / 8 ? ROOM * page / 8 : words;
}

/* What the kernel alone says; on a copy of the process. */
static long raw_answer(const unsigned long *mask, unsigned long maxnode)
{
	return fake_raw_mbind(-2UL * FAKE_PAGE, FAKE_PAGE, 2, mask, maxnode, 3);
}

static void check_bind(const unsigned long *mask, unsigned long maxnode)
{
	struct strictbind_report report = { .size = sizeof(report) };
	long expected = raw_answer(mask, maxnode);

	for (unsigned flags = 0; flags < 8; flags++) {
		long result;

		errno = 0;
		result = strictbind_mbind_opt((void *)at(0), 4 * FAKE_PAGE, 2, mask, maxnode, flags,
					      NULL, &report);
		if (expected != -EFAULT)
			must(result == -1 && errno == -expected,
			     "maxnode %lu flags %u: %ld errno %d instead of %ld", maxnode, flags,
			     result, errno, expected);
	}
	ck_assert_ptr_null(fake_leftover());
}

START_TEST(every_maxnode_at_the_end_of_memory)
{
	for (int i = 0; i < SIZES; i++)
		for (unsigned long word = 0; word < 3; word++) {
			unsigned long words = words_of(sizes[i]);
			unsigned long *mask;

			set_up(&fake_kernels[_i]);
			mask = mask_before_end(words);
			if (word < words)
				mask[word] = word ? 1 : 2;
			check_bind(mask, sizes[i]);
			munmap(memory, (ROOM + 1) * page);
		}
}
END_TEST

/* One word short, and altogether unreadable. */
START_TEST(unreadable_masks_are_efault)
{
	for (int i = 0; i < SIZES; i++) {
		for (unsigned long missing = 1; missing < 3; missing++) {
			unsigned long words = words_of(sizes[i]);
			unsigned long *mask;
			long expected, result;

			set_up(&fake_kernels[_i]);
			if (missing > words || sizes[i] == 1 || sizes[i] > 32769 || sizes[i] == 0)
				continue;
			mask = mask_before_end(words - missing);
			if (words > missing)
				mask[0] = 2;
			expected = raw_answer(mask, sizes[i]);
			ck_assert_int_eq(expected, -EFAULT);
			for (unsigned flags = 0; flags < 8; flags++) {
				errno = 0;
				result = strictbind_mbind((void *)at(0), 4 * FAKE_PAGE, 2, mask,
							  sizes[i], flags);
				must(result == -1 && errno == EFAULT,
				     "maxnode %lu flags %u: %ld errno %d", sizes[i], flags, result,
				     errno);
			}
			errno = 0;
			result = strictbind_migrate_pages(0, sizes[i], mask, mask);
			must(result == -1 && errno == EFAULT, "migrate, maxnode %lu: %ld errno %d",
			     sizes[i], result, errno);
			munmap(memory, (ROOM + 1) * page);
		}
	}
}
END_TEST

START_TEST(bad_pointers_are_efault)
{
	static const unsigned long addresses[] = {
		1, 8, 4095, 0x800000000000, ULONG_MAX, ULONG_MAX - 7, 1UL << 63
	};
	unsigned long good[16] = { 2 };

	fake_boot(&fake_kernels[_i], 4);
	scene_pages(0, 4, 0);
	for (unsigned i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		const unsigned long *bad = (const unsigned long *)addresses[i];

		for (unsigned flags = 0; flags < 8; flags++) {
			ck_assert_int_eq(
				strictbind_mbind((void *)at(0), 4 * FAKE_PAGE, 2, bad, 65, flags),
				-1);
			ck_assert_int_eq(errno, EFAULT);
		}
		ck_assert_int_eq(strictbind_migrate_pages(0, 65, bad, good), -1);
		ck_assert_int_eq(errno, EFAULT);
		ck_assert_int_eq(strictbind_migrate_pages(0, 65, good, bad), -1);
		ck_assert_int_eq(errno, EFAULT);
	}
}
END_TEST

/* sb_nodeset_read() against the rule: bit i counts when i < maxnode - 1. */
START_TEST(the_last_bit_is_ignored)
{
	unsigned long mask[512];

	memset(mask, 0xff, sizeof(mask));
	for (unsigned long maxnode = 0; maxnode < 1100; maxnode++) {
		unsigned long expected = maxnode == 0 ? 0 : maxnode - 1;
		struct sb_nodeset set;

		sb_nodeset_read(&set, mask, maxnode);
		ck_assert_int_eq(sb_nodeset_weight(&set), (int)(expected < 1024 ? expected : 1024));
		if (expected > 0 && expected <= 1024)
			ck_assert(sb_nodeset_has(&set, (int)expected - 1));
	}
}
END_TEST

START_TEST(a_mask_need_not_be_aligned)
{
	char bytes[24];
	struct sb_nodeset set;
	unsigned long word = 5;

	memcpy(bytes + 3, &word, sizeof(word));
	sb_nodeset_read(&set, (const unsigned long *)(const void *)(bytes + 3), 65);
	ck_assert(sb_nodeset_has(&set, 0) && sb_nodeset_has(&set, 2));
	ck_assert_int_eq(sb_nodeset_weight(&set), 2);
}
END_TEST

START_TEST(no_mask_is_an_empty_set)
{
	struct sb_nodeset set;

	for (int i = 0; i < SIZES; i++) {
		sb_nodeset_read(&set, NULL, sizes[i]);
		ck_assert(sb_nodeset_is_empty(&set));
		ck_assert(sb_nodeset_readable(NULL, sizes[i]));
	}
}
END_TEST

/* A kernel built for fewer nodes refuses a bit that it does not have. */
START_TEST(a_kernel_of_64_nodes)
{
	unsigned long mask[16] = { 2, 1 };

	fake_boot(&fake_kernels[_i], 4);
	fake.kernel_nodes = 64;
	scene_pages(0, 4, 0);
	ck_assert_int_eq(strictbind_mbind((void *)at(0), 4 * FAKE_PAGE, 2, mask, 1025, 3), -1);
	ck_assert_int_eq(errno, EINVAL);
	mask[1] = 0;
	ck_assert_int_eq(strictbind_mbind((void *)at(0), 4 * FAKE_PAGE, 2, mask, 1025, 3), 0);
	ck_assert_int_eq(fake_page_at(&fake.space, at(3))->node, 1);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("nodemask_sizes");

	tcase_add_loop_test(tests, every_maxnode_at_the_end_of_memory, 0, fake_kernel_count);
	tcase_add_loop_test(tests, unreadable_masks_are_efault, 0, fake_kernel_count);
	tcase_add_loop_test(tests, bad_pointers_are_efault, 0, fake_kernel_count);
	tcase_add_test(tests, the_last_bit_is_ignored);
	tcase_add_test(tests, a_mask_need_not_be_aligned);
	tcase_add_test(tests, no_mask_is_an_empty_set);
	tcase_add_loop_test(tests, a_kernel_of_64_nodes, 0, fake_kernel_count);
	return run_tests("nodemask_sizes", tests);
}
