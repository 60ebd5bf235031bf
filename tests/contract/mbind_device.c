/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A device mapping is mapped memory without pages: no hole, and nothing of it is misplaced. Some
 * kernels take it for a hole when it is in the middle of the range; others must not be kept from
 * seeing a hole by it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "common.h"
#include "ways.h"

enum { PART = 2, MOST = 5 * PART };

static struct ring ring;

/* From the BIOS, which even careful kernels let root read; else a ring that is a device mapping. */
static bool put_device(char *at)
{
	const off_t bios = 0xf0000;
	int fd = device_memory();

	if (fd >= 0 &&
	    mmap(at, PART * PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, bios) == (void *)at)
		return true;
	if (!ring.store)
		return false;
	/* One page of it, beside one that nobody has touched. */
	return mmap(at, PART * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at &&
	       ring_put(&ring, 0, at);
}

static void take_device(char *at)
{
	if (ring.store)
		ring_take(&ring, 0, at);
	else
		unmap(at, PART);
}

static bool has_device(void)
{
	char *at;
	bool has;

	if (device_memory() < 0 && !ring.store && ring_open(&ring, RING_PERF, NODE(0), 1) &&
	    !ring.device)
		ring_close(&ring);
	run_on_node(NODE(0));
	at = space(PART);
	has = put_device(at);
	if (has)
		take_device(at);
	return has;
}

/* Layouts: P two pages, D a device mapping, H a hole. Of D a ring can give one only. */
static const char *const whole[] = { "PDP", "DP", "PD", "D", "PDPP", "PPDP", "PDPDP", "DPD" };
static const char *const holed[] = { "PDHP", "PHDP", "PDH", "HDP", "PDPH", "PDHDP", "DH", "HD" };

enum { LAYOUTS = 8 };

static bool can_be_built(const char *layout)
{
	return !ring.store || strchr(layout, 'D') == strrchr(layout, 'D');
}

static char *build(const char *layout)
{
	char *at = space(MOST);

	for (size_t i = 0; layout[i]; i++) {
		char *part = at + i * PART * PAGE;

		if (layout[i] == 'P')
			pages_at(part, PART, NODE(0), MAP_PRIVATE);
		else if (layout[i] == 'D')
			ck_assert(put_device(part));
	}
	return at;
}

static void put_away(char *at, const char *layout)
{
	for (size_t i = 0; layout[i]; i++)
		if (layout[i] == 'D')
			take_device(at + i * PART * PAGE);
		else
			unmap(at + i * PART * PAGE, PART);
}

static void check_pages(const struct bound *bound, enum way way, const char *layout, int node)
{
	for (size_t i = 0; layout[i]; i++)
		if (layout[i] == 'P')
			check_on(bound, way, (char *)bound->at + i * PART * PAGE, PART, node);
}

static struct bound bind_layout(const char *layout, int mode, struct nodes nodes, unsigned flags)
{
	return (struct bound){ build(layout), strlen(layout) * PART, mode, nodes, flags };
}

/* Without holes ------------------------------------------------------------------------------- */

static void move_around(const char *layout, enum way way, unsigned flags)
{
	struct bound bound = bind_layout(layout, MPOL_BIND, nodes_one(NODE(1)), flags);
	struct due nothing_left = { .unmoved = 0 };

	move_and_check(&bound, way, &nothing_left);
	check_pages(&bound, way, layout, NODE(1));
	put_away(bound.at, layout);
}

/* Rules 8 and 9. */
START_TEST(pages_around_it_move)
{
	NEED_NODES(2);
	SKIP_IF(!has_device(), "no device mapping");
	for (size_t l = 0; l < LAYOUTS; l++)
		for (enum way way = PLAIN; way < WAYS && can_be_built(whole[l]); way++)
			for (size_t f = 0; f < move_count() && can_be_made(way); f++)
				move_around(whole[l], way, moves[f]);
}
END_TEST

static void set_policy(const char *layout, enum way way, int mode, struct nodes nodes,
		       unsigned flags)
{
	struct bound bound = bind_layout(layout, mode, nodes, flags);
	struct policy must = policy_after(mode, &nodes);
	struct strictbind_report report;
	long result = bind_in_way(&bound, way, &report);

	ck_assert_msg(result == 0, "%s, %s: returned %ld", layout, describe_bound(&bound, way),
		      result);
	for (size_t i = 0; i < bound.pages; i++) {
		struct policy now = policy_of((char *)bound.at + i * PAGE);

		ck_assert_msg(policy_equal(&now, &must), "%s, %s: page %zu has policy %d", layout,
			      describe_bound(&bound, way), i, now.mode);
	}
	put_away(bound.at, layout);
}

/* Rules 5 and 7, and MPOL_DEFAULT. */
START_TEST(policy_is_set_on_all)
{
	NEED_NODES(2);
	SKIP_IF(!has_device(), "no device mapping");
	for (size_t l = 0; l < LAYOUTS; l++)
		for (enum way way = PLAIN; way < WAYS && can_be_built(whole[l]); way++) {
			if (!can_be_made(way))
				continue;
			set_policy(whole[l], way, MPOL_BIND, nodes_one(NODE(1)), 0);
			set_policy(whole[l], way, MPOL_BIND, nodes_one(NODE(0)), STRICT);
			set_policy(whole[l], way, MODE_LOCAL, nodes_none(), MOVE);
			set_policy(whole[l], way, MPOL_DEFAULT, nodes_none(), 0);
			set_policy(whole[l], way, MPOL_DEFAULT, nodes_none(), STRICT | MOVE);
		}
}
END_TEST

/* With holes ---------------------------------------------------------------------------------- */

static void find_hole(const char *layout, enum way way, unsigned flags)
{
	struct bound bound = bind_layout(layout, MPOL_BIND, nodes_one(NODE(1)), flags);
	struct strictbind_report report;
	long result = bind_in_way(&bound, way, &report);

	ck_assert_msg(result == -EFAULT, "%s, %s: returned %ld", layout,
		      describe_bound(&bound, way), result);
	for (size_t i = 0; i < bound.pages; i++) {
		struct policy now = policy_of((char *)bound.at + i * PAGE);

		ck_assert_msg(now.mode == MPOL_DEFAULT || now.mode == -1,
			      "%s, %s: page %zu has policy %d", layout, describe_bound(&bound, way),
			      i, now.mode);
	}
	check_pages(&bound, way, layout, NODE(0));
	put_away(bound.at, layout);
}

/* Rule 3: nothing was done. */
START_TEST(hole_beside_it_is_seen)
{
	static const unsigned flags[] = { 0, STRICT, MOVE, STRICT | MOVE };

	NEED_NODES(2);
	SKIP_IF(!has_device(), "no device mapping");
	for (size_t l = 0; l < LAYOUTS; l++)
		for (enum way way = PLAIN; way < WAYS && can_be_built(holed[l]); way++)
			for (size_t f = 0; f < 4 && can_be_made(way); f++)
				find_hole(holed[l], way, flags[f]);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, pages_around_it_move);
	tcase_add_test(tests, policy_is_set_on_all);
	tcase_add_test(tests, hole_beside_it_is_seen);
}

int main(void)
{
	run_on_node(NODE(0));
	return run_suite_here("mbind_device", add);
}
