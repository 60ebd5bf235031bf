/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <strictbind-hwloc.h>: hwloc's sets to masks and back, and the calls with these. */
#include <errno.h>
#include <strictbind-hwloc.h>

#include "common.h"

enum { PAGES = 16, HIGHEST = STRICTBIND_HWLOC_NODES - 1 };

static hwloc_topology_t topology;
static hwloc_nodeset_t set;
static struct strictbind_hwloc_mask mask;

static void set_up(void)
{
	ck_assert_int_eq(hwloc_topology_init(&topology), 0);
	ck_assert_int_eq(hwloc_topology_load(topology), 0);
	set = hwloc_bitmap_alloc();
	memset(&mask, 0x5a, sizeof(mask));
}

static void tear_down(void)
{
	hwloc_bitmap_free(set);
	hwloc_topology_destroy(topology);
}

static bool mask_has(int node)
{
	return mask.bits[node / 64] >> node % 64 & 1;
}

static int mask_weight(void)
{
	int weight = 0;

	for (int node = 0; node <= HIGHEST; node++)
		weight += mask_has(node);
	return weight;
}

START_TEST(sets_with_an_end)
{
	static const unsigned nodes[] = { 0, 1, 63, 64, 65, 700, HIGHEST };

	for (size_t i = 0; i < sizeof(nodes) / sizeof(*nodes); i++) {
		hwloc_nodeset_t back = hwloc_bitmap_alloc();

		hwloc_bitmap_set(set, nodes[i]);
		errno = 0;
		/* The topology is not looked at: it does not have all of these. */
		ck_assert_int_eq(strictbind_hwloc_to_mask(NULL, set, &mask), 0);
		ck_assert_int_eq(errno, 0);
		ck_assert_int_eq(mask_weight(), (int)i + 1);
		ck_assert(mask_has((int)nodes[i]));
		hwloc_bitmap_fill(back);
		ck_assert_int_eq(
			strictbind_hwloc_from_mask(back, mask.bits, STRICTBIND_HWLOC_MAXNODE), 0);
		ck_assert(hwloc_bitmap_isequal(back, set));
		hwloc_bitmap_free(back);
	}
	hwloc_bitmap_zero(set);
	ck_assert_int_eq(strictbind_hwloc_to_mask(topology, set, &mask), 0);
	ck_assert_int_eq(mask_weight(), 0);
	memset(&mask, 0x5a, sizeof(mask));
	ck_assert_int_eq(strictbind_hwloc_to_mask(NULL, NULL, &mask), 0);
	ck_assert_int_eq(mask_weight(), 0);
}
END_TEST

/* The last bit that maxnode names is not read, and a mask that ends there not gone beyond. */
START_TEST(masks_of_every_length)
{
	unsigned long ones[2] = { ~0UL, ~0UL };

	for (unsigned long maxnode = 0; maxnode <= 129; maxnode++) {
		ck_assert_int_eq(strictbind_hwloc_from_mask(set, ones, maxnode), 0);
		ck_assert_int_eq(hwloc_bitmap_weight(set), maxnode ? (int)maxnode - 1 : 0);
	}
	ck_assert_int_eq(strictbind_hwloc_from_mask(set, NULL, 100), 0);
	ck_assert(hwloc_bitmap_iszero(set));
}
END_TEST

START_TEST(sets_without_an_end)
{
	hwloc_const_nodeset_t complete = hwloc_topology_get_complete_nodeset(topology);

	hwloc_bitmap_fill(set);
	ck_assert_int_eq(strictbind_hwloc_to_mask(topology, set, &mask), 0);
	for (int node = 0; node <= HIGHEST; node++)
		ck_assert_int_eq(mask_has(node), hwloc_bitmap_isset(complete, (unsigned)node));
	ck_assert_int_ge(mask_weight(), machine()->node_count);
	/* All but one of them. */
	hwloc_bitmap_clr(set, (unsigned)NODE(0));
	ck_assert_int_eq(strictbind_hwloc_to_mask(topology, set, &mask), 0);
	ck_assert(!mask_has(NODE(0)));
	ck_assert_int_eq(mask_weight(), hwloc_bitmap_weight(complete) - 1);
	/* From beyond the last node on. */
	hwloc_bitmap_zero(set);
	hwloc_bitmap_set_range(set, HIGHEST + 10, -1);
	ck_assert_int_eq(strictbind_hwloc_to_mask(topology, set, &mask), 0);
	ck_assert_int_eq(mask_weight(), 0);
	errno = 0;
	ck_assert_int_eq(strictbind_hwloc_to_mask(NULL, set, &mask), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(nodes_that_no_kernel_has)
{
	char *at = pages_on(PAGES, NODE(0));
	struct strictbind_report report = new_report(), again = new_report();

	hwloc_bitmap_only(set, (unsigned)NODE(0));
	hwloc_bitmap_set(set, HIGHEST + 1);
	errno = 0;
	ck_assert_int_eq(strictbind_hwloc_to_mask(topology, set, &mask), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(mask_weight(), 0);
	ck_assert_int_eq(answer(strictbind_hwloc_mbind(topology, at, PAGES * PAGE, MPOL_BIND, set,
						       STRICT, NULL, &report)),
			 -EINVAL);
	ck_assert_int_eq(policy_of(at).mode, MPOL_DEFAULT);
	ck_assert_int_eq(
		answer(strictbind_hwloc_migrate_pages(topology, 0, set, NULL, NULL, &again)),
		-EINVAL);
	ck_assert(!report.unmoved && !report.first_unmoved && !again.unmoved && !again.shared);
	unmap(at, PAGES);
}
END_TEST

static void expect_on(const char *at, int node)
{
	hwloc_nodeset_t where = hwloc_bitmap_alloc();

	hwloc_bitmap_fill(where);
	ck_assert_int_eq(strictbind_hwloc_locate(0, at, PAGES * PAGE, where), 0);
	ck_assert_int_eq(hwloc_bitmap_weight(where), 1);
	ck_assert_int_eq(hwloc_bitmap_first(where), node);
	hwloc_bitmap_free(where);
}

START_TEST(calls)
{
	char *at = pages_on(PAGES, NODE(0));
	struct strictbind_report report = new_report();
	hwloc_nodeset_t from = hwloc_bitmap_alloc();
	int last = NODE(machine()->node_count - 1);

	expect_on(at, NODE(0));
	hwloc_bitmap_only(set, (unsigned)last);
	ck_assert_int_eq(answer(strictbind_hwloc_mbind(topology, at, PAGES * PAGE, MPOL_BIND, set,
						       STRICT | MOVE, NULL, &report)),
			 0);
	ck_assert_uint_eq(report.unmoved, 0);
	ck_assert_uint_eq(count_on(at, PAGES, last), PAGES);
	expect_on(at, last);
	/* No mask, and a set of all nodes. */
	ck_assert_int_eq(answer(strictbind_hwloc_mbind(topology, at, PAGES * PAGE, MPOL_DEFAULT,
						       NULL, 0, NULL, NULL)),
			 0);
	hwloc_bitmap_fill(from);
	ck_assert_int_eq(answer(strictbind_hwloc_mbind(topology, at, PAGES * PAGE, MPOL_BIND, from,
						       STRICT, NULL, NULL)),
			 0);
	hwloc_bitmap_only(from, (unsigned)last);
	hwloc_bitmap_only(set, (unsigned)NODE(0));
	ck_assert_int_eq(answer(strictbind_hwloc_migrate_pages(topology, 0, from, set, NULL, NULL)),
			 0);
	expect_on(at, NODE(0));
	ck_assert(intact(at, PAGES));
	hwloc_bitmap_free(from);
	unmap(at, PAGES);
}
END_TEST

START_TEST(locate_fails)
{
	hwloc_bitmap_only(set, 5);
	errno = 0;
	ck_assert_int_eq(strictbind_hwloc_locate(0x3ffffff, &set, PAGE, set), -1);
	ck_assert_int_eq(errno, ESRCH);
	ck_assert(hwloc_bitmap_weight(set) == 1 && hwloc_bitmap_isset(set, 5));
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, sets_with_an_end);
	tcase_add_test(tests, masks_of_every_length);
	tcase_add_test(tests, sets_without_an_end);
	tcase_add_test(tests, nodes_that_no_kernel_has);
	tcase_add_test(tests, calls);
	tcase_add_test(tests, locate_fails);
}

int main(void)
{
	return run_suite("hwloc", add);
}
