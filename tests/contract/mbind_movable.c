/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Long ranges: movable pages around stuck ones over many mappings, and a great deal of nothing. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "cases.h"

enum {
	MAPPINGS = 72,
	EACH = 2, /* pages of a mapping */
	PAGES = MAPPINGS * EACH,
	MIDDLE = PAGES / 2,
};

#define TERABYTE (1UL << 40)

static void open_mappings(const char *about)
{
	stage_open(PAGES, 0);
	stage.about = about;
	put_anon(0, PAGES, pages_home());
}

/* Every other mapping is cut out of what is there, so each of them ends where the next begins. */
static void settle_mappings(void)
{
	for (size_t i = 0; i < MAPPINGS; i += 2)
		cut_mapping(i * EACH, EACH);
	stage_settle();
}

static struct call everything(unsigned flags)
{
	if (many_nodes())
		return bind_to(0, PAGES, pages_target(), flags);
	return call_local(0, PAGES, flags);
}

START_TEST(rule08_movable_over_many_mappings)
{
	for (const unsigned *flags = flag_sets(); *flags != ~0U; flags++) {
		struct call call = everything(*flags);

		open_mappings("movable");
		settle_mappings();
		check_call(&call, *flags & MOVE);
	}
}
END_TEST

static const size_t stuck_places[][3] = {
	{ 0, 0, 0 },
	{ MIDDLE, MIDDLE, MIDDLE },
	{ MIDDLE + 1, MIDDLE + 1, MIDDLE + 1 },
	{ PAGES - 1, PAGES - 1, PAGES - 1 },
	{ 0, MIDDLE, PAGES - 1 },
	{ 1, 2, 3 },
};

enum { PLACES = sizeof(stuck_places) / sizeof(stuck_places[0]) };

static bool put_stuck(const size_t places[3], bool ring)
{
	for (int i = 0; i < 3; i++) {
		if (i && places[i] == places[i - 1])
			continue;
		if (ring ? !put_ring(places[i]) : !put_pinned(places[i], pages_home()))
			return false;
	}
	return true;
}

static bool stuck_among_movable(const size_t places[3], bool ring, unsigned flags, bool counted)
{
	struct call call = everything(flags);

	open_mappings(ring ? "rings" : "pins");
	if (!put_stuck(places, ring))
		return false;
	settle_mappings();
	check_call(&call, counted);
	return true;
}

/* Q2: all that is movable moves, before and after what is not. */
static bool try_all_flags(const size_t places[3], bool ring)
{
	for (const unsigned *flags = flag_sets(); *flags != ~0U; flags++)
		for (int counted = 0; counted < 2; counted++)
			if (!stuck_among_movable(places, ring, *flags, counted))
				return false;
	return true;
}

START_TEST(rule09_rings_among_movable_pages)
{
	bool done = try_all_flags(stuck_places[_i], true);

	SKIP_IF(!done, "no ring that is counted");
}
END_TEST

START_TEST(rule09_pins_among_movable_pages)
{
	bool done = try_all_flags(stuck_places[_i], false);

	SKIP_IF(!done, "vmsplice is refused");
}
END_TEST

/* A ring between pins, as far from each other as there are mappings. */
START_TEST(rule09_ring_and_pins_together)
{
	struct call call = everything(STRICT | MOVE);
	bool can;

	open_mappings("ring and pins");
	can = put_ring(MIDDLE) && put_pinned(3, pages_home()) &&
	      put_pinned(PAGES - 3, pages_home());
	SKIP_IF(!can, "no ring that is counted, or no pins");
	settle_mappings();
	check_call(&call, true);
}
END_TEST

/* Terabytes ----------------------------------------------------------------------------------- */

static char *terabyte;

struct sparse {
	int pages;
	unsigned flags;
	bool counted;
};

/* Before 6.7 (PAGEMAP_SCAN) nothing that is empty can be passed over where pages are counted. */
static size_t bound_length(const struct sparse *sparse)
{
	bool searched = sparse->counted && sparse->pages && sparse->flags == STRICT;

	return searched && !kernel_at_least(6, 7) ? TERABYTE / 16 : TERABYTE;
}

static bool map_terabyte(void)
{
	terabyte = mmap(NULL, TERABYTE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (terabyte == MAP_FAILED)
		terabyte = NULL;
	else
		madvise(terabyte, TERABYTE, MADV_NOHUGEPAGE);
	return terabyte;
}

static void unmap_terabyte(void)
{
	if (terabyte)
		munmap(terabyte, TERABYTE);
	terabyte = NULL;
	stage_close();
}

/* First and last page and one in between. */
static char *lonely_page(const struct sparse *sparse, int number)
{
	size_t length = bound_length(sparse);
	const size_t places[] = { 0, length / 4, length - machine()->page };

	return terabyte + places[number];
}

static void touch_terabyte(const struct sparse *sparse)
{
	prefer_node(pages_home());
	for (int i = 0; i < sparse->pages; i++)
		*lonely_page(sparse, i) = (char)(i + 1);
	stop_numa_balancing();
}

static bool sparse_fails(const struct sparse *sparse)
{
	return sparse->pages && sparse->flags == STRICT;
}

static long bind_terabyte(const struct sparse *sparse, struct strictbind_report *report)
{
	struct nodes set = nodes_one(pages_target());
	bool many = many_nodes();

	return strictbind_mbind_opt(terabyte, bound_length(sparse), many ? MPOL_BIND : MODE_LOCAL,
				    many ? set.words : NULL, many ? NODES_MAXNODE : 0,
				    sparse->flags, NULL, sparse->counted ? report : NULL);
}

static void check_lonely_pages(const struct sparse *sparse)
{
	int target = many_nodes() ? pages_target() : pages_local();

	for (int i = 0; i < 3; i++) {
		int node = node_of(lonely_page(sparse, i));

		if (i >= sparse->pages)
			ck_assert_int_eq(node, NODE_NONE);
		else
			ck_assert_int_eq(node, sparse->flags & MOVE ? target : pages_home());
		if (i < sparse->pages)
			ck_assert_int_eq(*lonely_page(sparse, i), i + 1);
	}
}

static void check_terabyte(const struct sparse *sparse)
{
	struct strictbind_report report = { .size = sizeof(report) };
	struct policy policy, none = { .mode = MPOL_DEFAULT };
	bool fails = sparse_fails(sparse);
	long result;

	ck_assert(map_terabyte());
	touch_terabyte(sparse);
	errno = 0;
	result = bind_terabyte(sparse, &report);
	ck_assert_msg(result == (fails ? -1 : 0) && errno == (fails ? EIO : 0),
		      "%d pages, flags 0x%x: %ld with errno %d", sparse->pages, sparse->flags,
		      result, errno);
	ck_assert(report.unmoved == (fails && sparse->counted ? (unsigned)sparse->pages : 0));
	ck_assert(report.shared == 0);
	ck_assert(report.first_unmoved == (fails && sparse->counted ? terabyte : NULL));
	policy = policy_of(terabyte + bound_length(sparse) / 2);
	ck_assert(policy_equal(&policy, &none) == fails);
	check_lonely_pages(sparse);
	unmap_terabyte();
}

static void try_terabyte(int pages)
{
	static const unsigned flags[] = { 0, STRICT, MOVE, STRICT | MOVE };

	for (int i = 0; i < 8; i++) {
		struct sparse sparse = { pages, flags[i / 2], i % 2 };

		check_terabyte(&sparse);
	}
}

START_TEST(rule07_terabyte_of_nothing)
{
	bool can = map_terabyte();

	SKIP_IF(!can, "a terabyte of addresses is refused");
	unmap_terabyte();
	pages_local();
	try_terabyte(0);
}
END_TEST

START_TEST(rule08_terabyte_with_three_pages)
{
	bool can = map_terabyte();

	SKIP_IF(!can, "a terabyte of addresses is refused");
	unmap_terabyte();
	pages_local();
	try_terabyte(3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mbind_movable");
	TCase *tcase = tcase_create("movable");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, NULL, unmap_terabyte);
	tcase_add_test(tcase, rule08_movable_over_many_mappings);
	tcase_add_loop_test(tcase, rule09_rings_among_movable_pages, 0, PLACES);
	tcase_add_loop_test(tcase, rule09_pins_among_movable_pages, 0, PLACES);
	tcase_add_test(tcase, rule09_ring_and_pins_together);
	tcase_add_test(tcase, rule07_terabyte_of_nothing);
	tcase_add_test(tcase, rule08_terabyte_with_three_pages);
	suite_add_tcase(suite, tcase);
	return run_cases(suite);
}
