/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ranges with holes: rules 3 and 4, whatever else is in the range and however it is mapped. */
#include "cases.h"

enum {
	PAGES = 6, /* of the stage */
	HOLE = 3,  /* in the middle of it */
};

struct hole {
	size_t first, end; /* unmapped */
	size_t range_first, range_end;
};

static const struct hole holes[] = {
	{ 0, 1, 0, 6 },			/* head */
	{ 0, 3, 0, 6 }, { 3, 4, 0, 6 }, /* middle */
	{ 1, 5, 0, 6 }, { 5, 6, 0, 6 }, /* tail */
	{ 3, 6, 0, 6 }, { 6, 6, 0, 8 }, /* beyond the last mapping */
	{ 3, 4, 3, 4 },			/* nothing but the hole */
	{ 3, 4, 2, 4 }, { 3, 4, 3, 5 },
};

enum { HOLES = sizeof(holes) / sizeof(holes[0]) };

static void open_stage(const char *about, size_t hole_first, size_t hole_end, int node)
{
	stage_open(PAGES, 0);
	stage.about = about;
	if (hole_first)
		put_anon(0, hole_first, node);
	if (hole_end < PAGES)
		put_anon(hole_end, PAGES - hole_end, node);
}

static struct call with_mode(const struct hole *hole, int mode, unsigned flags)
{
	struct call call = bind_to(hole->range_first, hole->range_end, pages_target(), flags);

	call.mode = mode;
	if (mode == MODE_LOCAL)
		call.mask = nodes_none();
	return call;
}

static void each_mode(const struct hole *hole, unsigned flags)
{
	static const int modes[] = { MPOL_BIND, MPOL_PREFERRED, MPOL_INTERLEAVE, MODE_LOCAL,
				     MODE_PREFERRED_MANY };

	for (size_t m = 0; m < sizeof(modes) / sizeof(modes[0]); m++) {
		struct call call = with_mode(hole, modes[m], flags);

		if (!has_mode(modes[m]))
			continue;
		for (int counted = 0; counted < 2; counted++) {
			open_stage("hole", hole->first, hole->end, pages_home());
			stage_settle();
			check_call(&call, counted);
		}
	}
}

START_TEST(rule03_holes_in_every_place)
{
	for (const unsigned *flags = flag_sets(); *flags != ~0U; flags++)
		each_mode(&holes[_i], *flags);
}
END_TEST

START_TEST(rule04_default_over_holes)
{
	const struct hole *hole = &holes[_i];

	for (const unsigned *flags = flag_sets(); *flags != ~0U; flags++) {
		struct call call = call_default(hole->range_first, hole->range_end, *flags);

		for (int counted = 0; counted < 2; counted++) {
			open_stage("default", hole->first, hole->end, pages_home());
			stage_settle();
			check_call(&call, counted);
		}
	}
}
END_TEST

START_TEST(rule04_default_over_nothing)
{
	for (const unsigned *flags = flag_sets(); *flags != ~0U; flags++) {
		struct call call = call_default(1, 5, *flags);

		open_stage("nothing", 1, 5, pages_home());
		stage_settle();
		check_call(&call, true);
	}
}
END_TEST

/*
 * Q6: what a kernel answers depends on where mappings end between the page and the hole. Bit n of
 * the layout is a boundary before page n + 1; only one page is misplaced.
 */
static void open_layout(unsigned layout, size_t misplaced)
{
	bool cut = false;

	open_stage("layout", HOLE, HOLE + 1, pages_target());
	put_anon(misplaced, 1, pages_home());
	for (size_t i = 1; i < HOLE; i++) {
		if (layout >> (i - 1) & 1)
			cut = !cut;
		if (cut)
			cut_mapping(i, 1);
	}
	stage_settle();
}

START_TEST(rule03_misplaced_page_before_a_hole)
{
	for (size_t misplaced = 0; misplaced < HOLE; misplaced++)
		for (const unsigned *flags = flag_sets(); *flags != ~0U; flags++)
			for (size_t end = HOLE + 1; end <= PAGES; end += 2) {
				struct call call = bind_to(0, end, pages_target(), *flags);
				struct call local = call_local(0, end, *flags);

				open_layout((unsigned)_i, misplaced);
				check_call(&call, true);
				open_layout((unsigned)_i, misplaced);
				check_call(&local, false);
			}
}
END_TEST

/* Q5: a page that cannot be isolated makes some kernels give up before they see the hole. */
static void stuck_before_hole(bool ring, size_t index, unsigned flags, bool counted)
{
	struct call call = bind_to(0, PAGES, pages_target(), flags);
	struct call empty = call_default(0, PAGES, flags);

	for (int n = 0; n < 2; n++) {
		open_stage(ring ? "ring" : "pin", HOLE, HOLE + 1, pages_home());
		if (ring)
			put_ring(index);
		else
			put_pinned(index, pages_home());
		stage_settle();
		check_call(n ? &empty : &call, counted);
	}
}

static void stuck_before_holes(bool ring)
{
	for (size_t index = 0; index < PAGES; index++)
		for (const unsigned *flags = flag_sets(); *flags != ~0U && index != HOLE; flags++)
			for (int counted = 0; counted < 2; counted++)
				stuck_before_hole(ring, index, *flags, counted);
}

START_TEST(rule03_ring_and_hole)
{
	bool can;

	open_stage("ring", HOLE, HOLE + 1, pages_home());
	can = put_ring(0);
	SKIP_IF(!can, "no ring that is counted");
	stuck_before_holes(true);
}
END_TEST

START_TEST(rule03_pin_and_hole)
{
	bool can;

	open_stage("pin", HOLE, HOLE + 1, pages_home());
	can = put_pinned(0, pages_home());
	SKIP_IF(!can, "vmsplice is refused");
	stuck_before_holes(false);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mbind_holes");
	TCase *tcase = tcase_create("holes");

	tcase_add_checked_fixture(tcase, NULL, stage_close);
	tcase_add_loop_test(tcase, rule03_holes_in_every_place, 0, HOLES);
	tcase_add_loop_test(tcase, rule04_default_over_holes, 0, HOLES);
	tcase_add_test(tcase, rule04_default_over_nothing);
	tcase_add_loop_test(tcase, rule03_misplaced_page_before_a_hole, 0, 1 << (HOLE - 1));
	tcase_add_test(tcase, rule03_ring_and_hole);
	tcase_add_test(tcase, rule03_pin_and_hole);
	suite_add_tcase(suite, tcase);
	return run_cases(suite);
}
