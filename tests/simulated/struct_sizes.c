/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Structures that carry their size: older, newer and broken callers. Nothing is done for those. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "api/abi.h"
#include "run.h"
#include "scene.h"

/* As a newer caller has it. */
union long_struct {
	size_t size;
	struct strictbind_report report;
	struct strictbind_options options;
	struct strictbind_fact fact;
	struct strictbind_arguments arguments;
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

/* The last byte of version 1.0 is missing, and more. */
START_TEST(too_small)
{
	static const size_t sizes[] = { 0, 1, 8, 15, 39 };

	for (unsigned i = 0; i < 5; i++) {
		set_up(sizes[i]);
		expect_refused(EINVAL);
	}
	set_up(63);
	ck_assert_int_eq(strictbind_kernel(0, &given.fact), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

/* The sizes of version 1.0, and no gap in which a later field could hide from sizeof. */
START_TEST(frozen_sizes)
{
	ck_assert_uint_eq(SB_REPORT_1_0, 5 * sizeof(long));
	ck_assert_uint_eq(SB_OPTIONS_1_0, 5 * sizeof(long));
	ck_assert_uint_eq(SB_FACT_1_0, 6 * sizeof(long) + 4 * sizeof(int));
	ck_assert_uint_eq(SB_ARGUMENTS_1_1, 6 * sizeof(long) + 4 * sizeof(int));
	ck_assert_uint_eq(sizeof(struct strictbind_arguments), SB_ARGUMENTS_1_1);
	/* With what 1.1 has added. */
	ck_assert_uint_eq(sizeof(struct strictbind_report), SB_REPORT_1_0 + sizeof(long));
	ck_assert_uint_eq(sizeof(struct strictbind_options), SB_OPTIONS_1_0 + 3 * sizeof(long));
	ck_assert_uint_eq(sizeof(struct strictbind_fact), SB_FACT_1_0);
}
END_TEST

START_TEST(initializers_are_as_documented)
{
	static const struct strictbind_options options = STRICTBIND_OPTIONS_INIT;
	static const struct strictbind_options designated = { .size = sizeof(designated) };
	static const struct strictbind_report report = STRICTBIND_REPORT_INIT;
	static const struct strictbind_report cleared = { .size = sizeof(cleared) };
	static const struct strictbind_fact fact = STRICTBIND_FACT_INIT;
	static const struct strictbind_arguments arguments = STRICTBIND_ARGUMENTS_INIT;

	ck_assert_mem_eq(&options, &designated, sizeof(options));
	ck_assert_mem_eq(&report, &cleared, sizeof(report));
	ck_assert_uint_eq(fact.size, sizeof(fact));
	ck_assert_uint_eq(arguments.size, sizeof(arguments));
	ck_assert_int_eq(arguments.call, STRICTBIND_CALL_MBIND);
}
END_TEST

static void expect_tail(size_t from, size_t to, int byte)
{
	for (size_t i = from; i < to; i++)
		ck_assert_int_eq(given.bytes[i], byte);
}

/* A newer caller: what this library does not know of reports and facts is cleared, and no more. */
START_TEST(larger_output)
{
	static const size_t sizes[] = { 64, 65, 71, 72, 128, 256, 4096 };

	for (unsigned i = 0; i < 7; i++) {
		set_up(sizes[i]);
		memset(given.bytes + sizeof(size_t), 0x5a, sizeof(given) - sizeof(size_t));
		ck_assert_int_eq(bind_with(NULL, &given.report), 0);
		expect_tail(sizeof(given.report), sizes[i], 0);
		expect_tail(sizes[i], sizeof(given), 0x5a);
		memset(given.bytes + sizeof(size_t), 0x5a, sizeof(given) - sizeof(size_t));
		ck_assert_int_eq(migrate_with(NULL, &given.report), 0);
		expect_tail(sizeof(given.report), sizes[i], 0);
		expect_tail(sizes[i], sizeof(given), 0x5a);
		memset(given.bytes + sizeof(size_t), 0x5a, sizeof(given) - sizeof(size_t));
		ck_assert_int_eq(strictbind_kernel(0, &given.fact), 1);
		ck_assert_str_eq(given.fact.name, "strict-ignores-misplaced");
		expect_tail(sizeof(given.fact), sizes[i], 0);
		expect_tail(sizes[i], sizeof(given), 0x5a);
		ck_assert_uint_eq(given.size, sizes[i]);
	}
}
END_TEST

/* Also of a call that fails: a newer caller never finds what was there before. */
START_TEST(larger_output_of_a_failure)
{
	set_up(256);
	memset(given.bytes + sizeof(size_t), 0x5a, sizeof(given) - sizeof(size_t));
	ck_assert_int_eq(
		strictbind_mbind_opt((void *)at(0), FAKE_PAGE, 77, NULL, 0, 2, NULL, &given.report),
		-1);
	expect_tail(sizeof(size_t), 256, 0);
	expect_tail(256, sizeof(given), 0x5a);
}
END_TEST

START_TEST(larger_options_and_zero)
{
	static const size_t sizes[] = { 41, 128, 256, 4096 };

	for (unsigned i = 0; i < 4; i++) {
		set_up(sizes[i]);
		/* Nobody looks behind the end. */
		memset(given.bytes + sizes[i], 1, sizeof(given) - sizes[i]);
		ck_assert_int_eq(bind_with(&given.options, NULL), 0);
		ck_assert_int_eq(migrate_with(&given.options, NULL), 0);
	}
}
END_TEST

static void expect_options_refused(int error)
{
	ck_assert_int_eq(bind_with(&given.options, NULL), -1);
	ck_assert_int_eq(errno, error);
	ck_assert_int_eq(migrate_with(&given.options, NULL), -1);
	ck_assert_int_eq(errno, error);
	must(fake.calls == 0, "something was done");
}

/* The caller asks for something that this library does not know. */
START_TEST(larger_options_and_not_zero)
{
	static const size_t known = sizeof(struct strictbind_options);
	static const size_t bytes[] = { known, known + 7, known + 8, 127, 191, 255 };

	for (unsigned i = 0; i < 6; i++) {
		set_up(256);
		given.bytes[bytes[i]] = 1;
		expect_options_refused(E2BIG);
	}
}
END_TEST

/* Arguments: as long as in 1.1 at least, and nothing in them that this library does not know. */
START_TEST(sizes_of_arguments)
{
	static const size_t small[] = { 0, 1, 40, 63 }, large[] = { 64, 65, 72, 256, 4096 };
	static const int none[] = { -1, 0, 3 };
	char text[16] = "untouched";

	for (unsigned i = 0; i < 4; i++) {
		set_up(small[i]);
		given.arguments.call = STRICTBIND_CALL_MBIND;
		ck_assert_int_eq(strictbind_explain(&given.arguments, EINVAL, text, 16), -1);
		ck_assert_int_eq(errno, EINVAL);
	}
	for (unsigned i = 0; i < 5; i++) {
		set_up(large[i]);
		given.arguments.call = STRICTBIND_CALL_MBIND;
		/* Nobody looks behind the end. */
		memset(given.bytes + large[i], 1, sizeof(given) - large[i]);
		ck_assert_int_eq(strictbind_explain(&given.arguments, ECANCELED, NULL, 0),
				 STRICTBIND_CAUSE_CANCELED);
		if (large[i] > 64)
			given.bytes[large[i] - 1] = 1;
		errno = 0;
		ck_assert_int_eq(strictbind_explain(&given.arguments, ECANCELED, text, 0),
				 large[i] > 64 ? -1 : STRICTBIND_CAUSE_CANCELED);
		ck_assert_int_eq(errno, large[i] > 64 ? E2BIG : 0);
	}
	set_up(4097);
	ck_assert_int_eq(strictbind_explain(&given.arguments, EINVAL, text, 16), -1);
	ck_assert_int_eq(errno, E2BIG);
	set_up(64);
	for (unsigned i = 0; i < 3; i++) {
		given.arguments.call = none[i];
		ck_assert_int_eq(strictbind_explain(&given.arguments, EINVAL, text, 16), -1);
		ck_assert_int_eq(errno, EINVAL);
	}
	ck_assert_str_eq(text, "untouched");
	must(fake.calls == 0, "something was done");
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
	tcase_add_test(tests, frozen_sizes);
	tcase_add_test(tests, initializers_are_as_documented);
	tcase_add_test(tests, larger_output);
	tcase_add_test(tests, larger_output_of_a_failure);
	tcase_add_test(tests, larger_options_and_zero);
	tcase_add_test(tests, larger_options_and_not_zero);
	tcase_add_test(tests, sizes_of_arguments);
	tcase_add_test(tests, size_is_garbage);
	tcase_add_test(tests, structures_at_the_end_of_memory);
	tcase_add_test(tests, both_null_is_the_plain_call);
	return run_tests("struct_sizes", tests);
}
