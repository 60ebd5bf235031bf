/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How large chunks get: from given times, not from the clock. */
#include "work/pace.h"
#include "core/page.h"
#include "run.h"

enum { US = 1000, TARGET = 2000 * US, FIXED = 20 * US, MANY = 200 };

static struct sb_pace pace_of(uint64_t fixed)
{
	struct sb_pace pace = sb_pace_of(TARGET, SB_SMALLEST_CHUNK);

	sb_pace_learn_fixed(&pace, fixed);
	return pace;
}

/* Of chunks that nothing disturbs. */
static struct sb_took took(uint64_t nanoseconds)
{
	return (struct sb_took){ nanoseconds, nanoseconds };
}

static void learn(struct sb_pace *pace, uint64_t nanoseconds)
{
	sb_pace_learn(pace, pace->size, took(nanoseconds));
}

/* Chunks that take so long, at the size they have then. */
static void learn_many(struct sb_pace *pace, uint64_t nanoseconds)
{
	for (int i = 0; i < MANY; i++)
		learn(pace, nanoseconds);
}

/* The same where each byte takes so long. */
static void learn_dense(struct sb_pace *pace, uint64_t nanoseconds_per_mib)
{
	for (int i = 0; i < MANY; i++)
		learn(pace, FIXED + (pace->size >> 20) * nanoseconds_per_mib);
}

START_TEST(dense_pieces_take_the_time_they_may)
{
	struct sb_pace pace = pace_of(FIXED);

	learn_dense(&pace, 100 * US);
	/* 16 MiB take 1.62 ms, 32 MiB more than the 2 ms aimed at. */
	ck_assert_uint_eq(pace.size, 16UL << 20);
	learn_dense(&pace, 400 * US);
	ck_assert_uint_eq(pace.size, 4UL << 20);
	learn_dense(&pace, 100000 * US);
	ck_assert_uint_eq(pace.size, SB_SMALLEST_CHUNK);
}
END_TEST

START_TEST(empty_pieces_tell_nothing_of_full_ones)
{
	struct sb_pace pace = pace_of(FIXED);

	learn_many(&pace, FIXED + US);
	ck_assert_uint_le(pace.size, 8 * SB_SMALLEST_CHUNK);
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
	learn(&pace, 7900 * US);
	ck_assert_uint_eq(pace.size, 2 * SB_SMALLEST_CHUNK);
	learn(&pace, 16100 * US);
	ck_assert_uint_eq(pace.size, SB_SMALLEST_CHUNK);
}
END_TEST

START_TEST(a_short_last_piece_tells_nothing)
{
	struct sb_pace pace = pace_of(FIXED);
	unsigned long size;

	learn_dense(&pace, 100 * US);
	size = pace.size;
	sb_pace_learn(&pace, size / 2, took(US));
	ck_assert_uint_eq(pace.size, size);
}
END_TEST

START_TEST(what_a_call_costs_is_measured_again)
{
	struct sb_pace pace = sb_pace_of(TARGET, SB_SMALLEST_CHUNK);

	ck_assert(sb_pace_wants_fixed(&pace, US));
	sb_pace_learn_fixed(&pace, 4000 * US);
	/* Something had disturbed it. Until it is measured again chunks may take 64 ms. */
	for (int i = 0; i < 16; i++) {
		ck_assert(!sb_pace_wants_fixed(&pace, 10000 * US));
		learn(&pace, 10000 * US);
	}
	ck_assert(sb_pace_wants_fixed(&pace, 10000 * US));
	ck_assert(!sb_pace_wants_fixed(&pace, TARGET));
	sb_pace_learn_fixed(&pace, FIXED);
	ck_assert_uint_eq(sb_pace_bound(&pace), TARGET);
	/* Less and less often. */
	for (int i = 0; i < 32; i++) {
		ck_assert(!sb_pace_wants_fixed(&pace, 10000 * US));
		learn(&pace, 10000 * US);
	}
	ck_assert(sb_pace_wants_fixed(&pace, 10000 * US));
	/* Processors have become busy. */
	sb_pace_learn_fixed(&pace, 3 * FIXED);
	ck_assert_uint_eq(pace.fixed, 2 * FIXED);
}
END_TEST

START_TEST(without_a_target_nothing_is_measured)
{
	struct sb_pace pace = sb_pace_of(0, SB_SMALLEST_CHUNK);

	learn_many(&pace, 100000 * US);
	ck_assert_uint_eq(pace.size, SB_PACE_LARGEST);
	ck_assert(!sb_pace_wants_fixed(&pace, 100000 * US));
	ck_assert(!sb_pace_is_dense(&pace, 100000 * US));
}
END_TEST

/* ---- what chunks cost because they are chunks ---- */

enum { PAGE_COST = 1 * US };
#define TOTAL_BYTES (512 * SB_SMALLEST_CHUNK)

static struct sb_pace losing_pace(void)
{
	struct sb_pace pace = pace_of(FIXED);

	sb_pace_may_lose_less(&pace, TOTAL_BYTES, true);
	sb_pace_learn_page(&pace, PAGE_COST);
	return pace;
}

/* Each smallest chunk takes 3 ms, and each chunk some more. Returns the largest chunk. */
static unsigned long move_all(struct sb_pace *pace, uint64_t lost_by_piece)
{
	unsigned long largest = 0;

	for (unsigned long at = 0; at < TOTAL_BYTES; at += pace->size) {
		largest = sb_max(largest, pace->size);
		learn(pace, lost_by_piece + pace->size / SB_SMALLEST_CHUNK * 3000 * US);
	}
	return largest;
}

START_TEST(pieces_that_lose_nothing_stay_small)
{
	struct sb_pace pace = losing_pace();

	/* More than the 2 ms that were wanted, but there are no smaller ones. */
	move_all(&pace, 0);
	ck_assert_uint_eq(pace.size, SB_SMALLEST_CHUNK);
}
END_TEST

START_TEST(pieces_that_lose_time_become_larger)
{
	struct sb_pace pace = losing_pace();

	/* Two of 8 ms, then one of four times the bytes: 17 ms, not 32. */
	learn(&pace, 8000 * US);
	learn(&pace, 8000 * US);
	ck_assert_uint_eq(pace.size, 4 * SB_SMALLEST_CHUNK);
	learn(&pace, 17000 * US);
	ck_assert_uint_eq(pace.size, 4 * SB_SMALLEST_CHUNK);
	/* It stays that, though it takes longer than a chunk may. */
	learn(&pace, 17000 * US);
	ck_assert_uint_ge(pace.size, 4 * SB_SMALLEST_CHUNK);
}
END_TEST

START_TEST(no_piece_becomes_a_large_part_of_all)
{
	struct sb_pace pace = losing_pace();
	unsigned long largest = move_all(&pace, 20000 * US);

	ck_assert_uint_gt(largest, TOTAL_BYTES / 64);
	ck_assert_uint_le(largest, TOTAL_BYTES / 16);
}
END_TEST

/* What once was so is tried again with smaller chunks. */
START_TEST(time_may_be_lost_no_longer)
{
	struct sb_pace pace = losing_pace();

	move_all(&pace, 20000 * US);
	ck_assert_uint_gt(pace.size, SB_SMALLEST_CHUNK);
	for (int i = 0; i < 10; i++)
		move_all(&pace, 0);
	ck_assert_uint_eq(pace.size, SB_SMALLEST_CHUNK);
}
END_TEST

START_TEST(a_piece_that_was_interrupted_is_no_long_one)
{
	struct sb_pace pace = pace_of(FIXED);
	unsigned long size;

	learn_dense(&pace, 100 * US);
	size = pace.size;
	for (int i = 0; i < MANY; i++)
		sb_pace_learn(&pace, pace.size, (struct sb_took){ 20000 * US, TARGET - US });
	ck_assert_uint_eq(pace.size, size);
}
END_TEST

/* A page takes 200 us, so that waits are not bounded by chunks, and chunks only cost time. */
static void learn_disturbed(struct sb_pace *pace)
{
	learn(pace, pace->size / sb_page_size() * 200 * US);
}

/* A call that moves nothing seemed to take a hundred times as long as it does. */
START_TEST(a_wrong_price_of_a_call_makes_no_large_piece)
{
	struct sb_pace pace = pace_of(100 * FIXED);
	unsigned long largest = 0;

	sb_pace_may_lose_less(&pace, TOTAL_BYTES, true);
	sb_pace_learn_page(&pace, PAGE_COST);
	for (int i = 0; i < MANY; i++) {
		largest = sb_max(largest, pace.size);
		learn(&pace, 500 * FIXED);
	}
	ck_assert_uint_le(largest, TOTAL_BYTES / 16);
	/* One that is so large because there was nothing to move before becomes smaller. */
	pace.size = TOTAL_BYTES;
	for (int i = 0; i < MANY; i++)
		learn(&pace, 500 * FIXED);
	ck_assert_uint_le(pace.size, TOTAL_BYTES / 16);
}
END_TEST

START_TEST(no_pieces_where_every_page_waits)
{
	struct sb_pace pace = losing_pace();

	learn_disturbed(&pace);
	learn(&pace, pace.size / sb_page_size() * 3 * US);
	learn_disturbed(&pace);
	ck_assert_uint_le(pace.size, TOTAL_BYTES / 16);
	for (int i = 0; i < 4; i++)
		learn_disturbed(&pace);
	ck_assert_uint_eq(pace.size, SB_PACE_LARGEST);
}
END_TEST

START_TEST(pieces_for_whoever_wants_pieces)
{
	struct sb_pace pace = pace_of(FIXED);

	/* The target was asked for. */
	for (int i = 0; i < MANY; i++)
		learn_disturbed(&pace);
	ck_assert_uint_eq(pace.size, SB_SMALLEST_CHUNK);
	/* Progress is to be told. */
	pace = pace_of(FIXED);
	sb_pace_may_lose_less(&pace, TOTAL_BYTES, false);
	sb_pace_learn_page(&pace, PAGE_COST);
	for (int i = 0; i < MANY; i++)
		learn_disturbed(&pace);
	ck_assert_uint_le(pace.size, TOTAL_BYTES / 16);
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
	tcase_add_test(tests, pieces_that_lose_nothing_stay_small);
	tcase_add_test(tests, pieces_that_lose_time_become_larger);
	tcase_add_test(tests, no_piece_becomes_a_large_part_of_all);
	tcase_add_test(tests, time_may_be_lost_no_longer);
	tcase_add_test(tests, a_piece_that_was_interrupted_is_no_long_one);
	tcase_add_test(tests, a_wrong_price_of_a_call_makes_no_large_piece);
	tcase_add_test(tests, no_pieces_where_every_page_waits);
	tcase_add_test(tests, pieces_for_whoever_wants_pieces);
	return run_tests("pace", tests);
}
