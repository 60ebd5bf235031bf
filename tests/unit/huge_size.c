/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The size of a huge page is the kernel's where it tells one, whatever the page size. */
#include <errno.h>
#include <sys/syscall.h>

#include "core/huge_size.h"
#include "core/page.h"
#include "kernel.h"
#include "run.h"

static const struct {
	const char *text;
	unsigned long size; /* 0: what follows from the page size */
} told[] = {
	{ "2097152\n", 2UL << 20 },
	{ "33554432\n", 32UL << 20 },
	{ "536870912\n", 512UL << 20 },
	{ "0\n", 0 },
	{ "", 0 },
	{ "many\n", 0 },
	{ "3000000\n", 0 },
};

static unsigned long size_without_kernel(void)
{
	return sb_page_size() / 8 * sb_page_size();
}

START_TEST(the_kernel_is_believed)
{
	fake_boot(&fake_kernels[0], 4);
	fake.text_of[FAKE_HUGE_SIZE] = told[_i].text;
	ck_assert_uint_eq(sb_huge_size(), told[_i].size ? told[_i].size : size_without_kernel());
}
END_TEST

START_TEST(it_is_asked_once)
{
	unsigned calls;

	fake_boot(&fake_kernels[0], 4);
	sb_huge_size();
	calls = fake.calls;
	ck_assert_uint_eq(sb_huge_size(), 2UL << 20);
	ck_assert_uint_eq(fake.calls, calls);
}
END_TEST

START_TEST(a_sandbox_may_hide_it)
{
	fake_boot(&fake_kernels[0], 4);
	fake_fail(SYS_openat, EACCES);
	ck_assert_uint_eq(sb_huge_size(), size_without_kernel());
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("huge_size");

	tcase_add_loop_test(tests, the_kernel_is_believed, 0, sizeof(told) / sizeof(*told));
	tcase_add_test(tests, it_is_asked_once);
	tcase_add_test(tests, a_sandbox_may_hide_it);
	return run_tests("huge_size", tests);
}
