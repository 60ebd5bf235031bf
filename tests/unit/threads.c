/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Work that threads share: all of it is done, by whomever, once, until it is stopped. */
#include "work/threads.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "core/page.h"
#include "run.h"

enum { SHARES = 64, THREADS = 4, ODD = 4096 };

/* What is worked on: how often each grain was, and by which threads. */
struct job {
	_Atomic int times[SHARES + 1];
	_Atomic unsigned hands; /* a bit for each */
	unsigned long stop_at;	/* share that stops all others; SHARES + 1: none does */
	bool slow;    /* each share takes a while, which several threads can spend at once */
	bool nothing; /* had to be moved */
};

static void nap(void)
{
	const struct timespec time = { .tv_nsec = 1000000 };

	nanosleep(&time, NULL);
}

static void work(struct sb_threads *threads, unsigned long number, unsigned long start,
		 unsigned long end)
{
	struct job *job = threads->job;

	ck_assert_uint_lt(number, THREADS);
	atomic_fetch_or(&job->hands, 1U << number);
	for (unsigned long at = start; at < end; at += threads->grain) {
		unsigned long share = (at - threads->start) / threads->grain;

		atomic_fetch_add(&job->times[share], 1);
		if (job->slow)
			nap();
		if (share == job->stop_at)
			sb_threads_stop(threads, -ENOMEM);
	}
	sb_threads_tell(threads, number, (end - start) / sb_page_size(),
			job->nothing ? 0 : (end - start) / sb_page_size());
}

static struct sb_threads threads_of(struct job *job, const struct strictbind_options *options)
{
	struct sb_threads threads = sb_threads_of(options);

	threads.start = 16 * threads.grain;
	threads.end = threads.start + SHARES * threads.grain + ODD;
	threads.total = (threads.end - threads.start) / sb_page_size();
	threads.count = THREADS;
	threads.work = work;
	threads.job = job;
	return threads;
}

static void assert_each_done_once(const struct job *job)
{
	for (int i = 0; i <= SHARES; i++)
		ck_assert_int_eq(job->times[i], 1);
}

static const struct strictbind_options no_options = STRICTBIND_OPTIONS_INIT;

START_TEST(each_share_is_done_once)
{
	for (unsigned long count = 1; count <= THREADS; count++) {
		struct job job = { .stop_at = SHARES + 1 };
		struct sb_threads threads = threads_of(&job, &no_options);

		threads.count = count;
		sb_threads_run(&threads);
		assert_each_done_once(&job);
		ck_assert_int_eq(sb_threads_result(&threads), 0);
		ck_assert_uint_eq(threads.done, threads.total);
		ck_assert_uint_eq(sb_threads_next(&threads), threads.end);
		ck_assert_uint_eq(job.hands & -(1U << count), 0);
	}
}
END_TEST

/* Threads spend their naps at once, so there are shares for others than the caller. */
START_TEST(others_take_part)
{
	struct job job = { .stop_at = SHARES + 1, .slow = true };
	struct sb_threads threads = threads_of(&job, &no_options);

	sb_threads_run(&threads);
	assert_each_done_once(&job);
	ck_assert_uint_gt(job.hands, 1);
}
END_TEST

/* Nothing had to be moved: nobody is called. */
START_TEST(the_caller_looks_alone)
{
	struct job job = { .stop_at = SHARES + 1, .nothing = true };
	struct sb_threads threads = threads_of(&job, &no_options);

	sb_threads_run(&threads);
	assert_each_done_once(&job);
	ck_assert_uint_eq(job.hands, 1);
	ck_assert_uint_eq(threads.done, threads.total);
}
END_TEST

/* What is one share has one thread. */
START_TEST(no_more_threads_than_shares)
{
	struct job job = { .stop_at = SHARES + 1, .slow = true };
	struct sb_threads threads = threads_of(&job, &no_options);

	threads.end = threads.start + threads.grain + ODD;
	sb_threads_run(&threads);
	ck_assert_uint_eq(job.hands, 1);
	ck_assert_uint_eq(sb_threads_next(&threads), threads.end);
}
END_TEST

START_TEST(the_first_result_stays)
{
	struct job job = { .stop_at = 0 };
	struct sb_threads threads = threads_of(&job, &no_options);

	sb_threads_run(&threads);
	sb_threads_stop(&threads, -EIO);
	ck_assert_int_eq(sb_threads_result(&threads), -ENOMEM);
	for (int i = 0; i <= SHARES; i++)
		ck_assert_int_le(job.times[i], 1);
}
END_TEST

static int cancel_at_once(void *user, unsigned long done, unsigned long total)
{
	ck_assert_uint_le(done, total);
	++*(int *)user;
	return 1;
}

START_TEST(progress_stops_all)
{
	struct strictbind_options options = STRICTBIND_OPTIONS_INIT;
	struct job job = { .stop_at = SHARES + 1 };
	struct sb_threads threads = threads_of(&job, &options);
	int calls = 0;

	options.progress = cancel_at_once;
	options.user = &calls;
	threads.count = 1;
	sb_threads_run(&threads);
	ck_assert_int_eq(sb_threads_result(&threads), -ECANCELED);
	ck_assert_int_eq(calls, 1);
}
END_TEST

START_TEST(no_more_threads_than_processors)
{
	cpu_set_t processors;

	CPU_ZERO(&processors);
	ck_assert_uint_eq(sb_threads_worth(8, &processors), 1);
	for (size_t i = 0; i < 200; i++)
		CPU_SET(i, &processors);
	ck_assert_uint_eq(sb_threads_worth(0, &processors), 1);
	ck_assert_uint_eq(sb_threads_worth(8, &processors), 8);
	ck_assert_uint_eq(sb_threads_worth(1000, &processors), 64);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("threads");

	tcase_add_test(tests, each_share_is_done_once);
	tcase_add_test(tests, others_take_part);
	tcase_add_test(tests, the_caller_looks_alone);
	tcase_add_test(tests, no_more_threads_than_shares);
	tcase_add_test(tests, the_first_result_stays);
	tcase_add_test(tests, progress_stops_all);
	tcase_add_test(tests, no_more_threads_than_processors);
	return run_tests("threads", tests);
}
