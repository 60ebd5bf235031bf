/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Structures that carry their size: older, newer and broken callers. Nothing is done for those. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "run.h"
#include "scene.h"

/* As a newer caller has it. */
union long_struct {
	size_t size;
	struct strictbind_report report;
	struct strictbind_options options;
	struct strictbind_fact fact;
	char bytes[8192];
};

static union long_struct given;

static void set_up(size_t size)
{
	fake_boot(fake_kernel("6.12"), 4);
	memset(&given, 0, sizeof(given));
	given.size = size;
}

static long bind_with(const struct strictbind_options *options, struct strictbind_report *report)
{
	static const unsigned long mask[16] = { 2 };

	scene_pages(0, 4, 0);
	errno = 0;
	return strictbind_mbind_opt((void *)at(0), 4 * FAKE_PAGE, 2, mask, 1025, 2, options,
				    report);
}

static long migrate_with(const struct strictbind_options *options, struct strictbind_report *report)
{
	static const unsigned long from[16] = { 1 }, to[16] = { 2 };

	scene_pages(0, 4, 0);
	errno = 0;
	return strictbind_migrate_pages_opt(0, 1025, from, to, options, report);
}

static void expect_refused(int error)
{
	ck_assert_int_eq(bind_with(NULL, &given.report), -1);
	ck_assert_int_eq(errno, error);
	ck_assert_int_eq(bind_with(&given.options, NULL), -1);
	ck_assert_int_eq(errno, error);
	ck_assert_int_eq(migrate_with(NULL, &given.report), -1);
	ck_assert_int_eq(errno, error);
	ck_assert_int_eq(migrate_with(&given.options, NULL), -1);
	ck_assert_int_eq(errno, error);
	ck_assert_int_eq(strictbind_kernel(0, &given.fact), -1);
	ck_assert_int_eq(errno, error);
	must(fake.calls == 0, "something was done");
}

START_TEST(too_small)
{
	static const size_t sizes[] = { 0, 1, 8, 15 };

	for (unsigned i = 0; i < 4; i++) {
		set_up(sizes[i]);
		expect_refused(EINVAL);
	}
}
END_TEST

START_TEST(larger_and_zero)
{
	static const size_t sizes[] = { 128, 256, 4096 };

	for (unsigned i = 0; i < 3; i++) {
		set_up(sizes[i]);
		ck_assert_int_eq(bind_with(&given.options, NULL), 0);
		ck_assert_int_eq(bind_with(NULL, &given.report), 0);
		given.size = sizes[i];
		ck_assert_int_eq(migrate_with(NULL, &given.report), 0);
		ck_assert_int_eq(strictbind_kernel(0, &given.fact), 1);
		/* What this library does not know stays as it is. */
		for (size_t j = sizeof(given.fact); j < sizes[i]; j++)
			ck_assert_int_eq(given.bytes[j], 0);
		ck_assert_uint_eq(given.size, sizes[i]);
	}
}
END_TEST

START_TEST(larger_and_not_zero)
{
	for (size_t at_byte = 127; at_byte < 256; at_byte += 64) {
		set_up(256);
		given.bytes[at_byte] = 1;
		expect_refused(E2BIG);
	}
}
END_TEST

/* Not even read: it would be read far beyond the caller's structure. */
START_TEST(size_is_garbage)
{
	static const size_t sizes[] = { 4097, 1UL << 20, SIZE_MAX };

	for (unsigned i = 0; i < 3; i++) {
		set_up(sizes[i]);
		expect_refused(E2BIG);
	}
}
END_TEST

START_TEST(structures_at_the_end_of_memory)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *memory =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct strictbind_report *report = (void *)(memory + page - sizeof(*report));
	struct strictbind_options *options;

	ck_assert_ptr_ne(memory, MAP_FAILED);
	ck_assert_int_eq(munmap(memory + page, page), 0);
	set_up(0);
	report->size = sizeof(*report);
	ck_assert_int_eq(bind_with(NULL, report), 0);
	options = (void *)(memory + page - sizeof(*options));
	memset(options, 0, sizeof(*options));
	options->size = sizeof(*options);
	ck_assert_int_eq(bind_with(options, NULL), 0);
	munmap(memory, page);
}
END_TEST

START_TEST(both_null_is_the_plain_call)
{
	set_up(0);
	ck_assert_int_eq(bind_with(NULL, NULL), 0);
	ck_assert_int_eq(fake_page_at(&fake.space, at(0))->node, 1);
	ck_assert_int_eq(migrate_with(NULL, NULL), 0);
	ck_assert_int_eq(fake_page_at(&fake.space, at(0))->node, 1);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("struct_sizes");

	tcase_add_test(tests, too_small);
	tcase_add_test(tests, larger_and_zero);
	tcase_add_test(tests, larger_and_not_zero);
	tcase_add_test(tests, size_is_garbage);
	tcase_add_test(tests, structures_at_the_end_of_memory);
	tcase_add_test(tests, both_null_is_the_plain_call);
	return run_tests("struct_sizes", tests);
}
