/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How large pieces get: from given times, not from the clock. */
#include "pace.h"
#include "memory.h"
#include "run.h"

enum { US = 1000, TARGET = 2000 * US, FIXED = 20 * US, MANY = 200 };

static struct sb_pace pace_of(uint64_t fixed)
{
	struct sb_pace pace = sb_pace_of(TARGET);

	sb_pace_learn_fixed(&pace, fixed);
	return pace;
}

/* Pieces that take so long, at the size they have then. */
static void learn_many(struct sb_pace *pace, uint64_t nanoseconds)
{
	for (int i = 0; i < MANY; i++)
		sb_pace_learn(pace, pace->size, nanoseconds);
}

/* The same where each byte takes so long. */
static void learn_dense(struct sb_pace *pace, uint64_t nanoseconds_per_mib)
{
	for (int i = 0; i < MANY; i++)
		sb_pace_learn(pace, pace->size, FIXED + (pace->size >> 20) * nanoseconds_per_mib);
}

START_TEST(dense_pieces_take_the_time_they_may)
{
	struct sb_pace pace = pace_of(FIXED);

	/* Other huge pages give other sizes. */
	if (sb_huge_size() != 2UL << 20)
		return;
	learn_dense(&pace, 100 * US);
	/* 16 MiB take 1.62 ms, 32 MiB more than the 2 ms aimed at. */
	ck_assert_uint_eq(pace.size, 16UL << 20);
	learn_dense(&pace, 400 * US);
	ck_assert_uint_eq(pace.size, 4UL << 20);
	learn_dense(&pace, 100000 * US);
	ck_assert_uint_eq(pace.size, pace.smallest);
}
END_TEST

START_TEST(empty_pieces_tell_nothing_of_full_ones)
{
	struct sb_pace pace = pace_of(FIXED);

	learn_many(&pace, FIXED + US);
	ck_assert_uint_le(pace.size, 8 * sb_huge_size());
	pace.sparse = SB_PACE_LARGEST;
	learn_many(&pace, FIXED + US);
	ck_assert_uint_eq(pace.size, SB_PACE_LARGEST);
}
END_TEST

START_TEST(pieces_are_worth_their_calls)
{
	struct sb_pace pace = pace_of(1000 * US);

	/* 8 ms are more than the target, and less than so many calls. */
	ck_assert_uint_eq(sb_pace_bound(&pace), 16000 * US);
	sb_pace_learn(&pace, pace.size, 7900 * US);
	ck_assert_uint_eq(pace.size, 2 * pace.smallest);
	sb_pace_learn(&pace, pace.size, 16100 * US);
	ck_assert_uint_eq(pace.size, pace.smallest);
}
END_TEST

START_TEST(a_short_last_piece_tells_nothing)
{
	struct sb_pace pace = pace_of(FIXED);
	unsigned long size;

	learn_dense(&pace, 100 * US);
	size = pace.size;
	sb_pace_learn(&pace, size / 2, US);
	ck_assert_uint_eq(pace.size, size);
}
END_TEST

START_TEST(what_a_call_costs_is_measured_again)
{
	struct sb_pace pace = sb_pace_of(TARGET);

	ck_assert(sb_pace_wants_fixed(&pace, US));
	sb_pace_learn_fixed(&pace, 4000 * US);
	/* Something had disturbed it. Until it is measured again pieces may take 64 ms. */
	for (int i = 0; i < 16; i++) {
		ck_assert(!sb_pace_wants_fixed(&pace, 10000 * US));
		sb_pace_learn(&pace, pace.size, 10000 * US);
	}
	ck_assert(sb_pace_wants_fixed(&pace, 10000 * US));
	ck_assert(!sb_pace_wants_fixed(&pace, TARGET));
	sb_pace_learn_fixed(&pace, FIXED);
	ck_assert_uint_eq(sb_pace_bound(&pace), TARGET);
	/* Less and less often. */
	for (int i = 0; i < 32; i++) {
		ck_assert(!sb_pace_wants_fixed(&pace, 10000 * US));
		sb_pace_learn(&pace, pace.size, 10000 * US);
	}
	ck_assert(sb_pace_wants_fixed(&pace, 10000 * US));
	/* Processors have become busy. */
	sb_pace_learn_fixed(&pace, 3 * FIXED);
	ck_assert_uint_eq(pace.fixed, 2 * FIXED);
}
END_TEST

START_TEST(without_a_target_nothing_is_measured)
{
	struct sb_pace pace = sb_pace_of(0);

	learn_many(&pace, 100000 * US);
	ck_assert_uint_eq(pace.size, SB_PACE_LARGEST);
	ck_assert(!sb_pace_wants_fixed(&pace, 100000 * US));
	ck_assert(!sb_pace_is_dense(&pace, 100000 * US));
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("pace");

	tcase_add_test(tests, dense_pieces_take_the_time_they_may);
	tcase_add_test(tests, empty_pieces_tell_nothing_of_full_ones);
	tcase_add_test(tests, pieces_are_worth_their_calls);
	tcase_add_test(tests, a_short_last_piece_tells_nothing);
	tcase_add_test(tests, what_a_call_costs_is_measured_again);
	tcase_add_test(tests, without_a_target_nothing_is_measured);
	return run_tests("pace", tests);
}
