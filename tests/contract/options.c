/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options change how pages get where they belong, never where that is. */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "common.h"

enum { PAGES = 1024, MANY = 8192, PINS = 3 };

static const size_t pinned[PINS] = { 5, 500, 1023 };

static const struct strictbind_options plain = { .size = sizeof(plain) };

struct seen {
	pthread_t caller;
	unsigned long calls, last, total;
	unsigned long stop_at; /* call number, 0: never */
	bool wrong;
};

static int watch(void *user, unsigned long done, unsigned long total)
{
	struct seen *seen = user;

	seen->calls++;
	seen->wrong |= !pthread_equal(seen->caller, pthread_self()) || done < seen->last ||
		       done > total || (seen->total && total != seen->total);
	seen->last = done;
	seen->total = total;
	return seen->stop_at && seen->calls >= seen->stop_at;
}

static char *scene(struct pins *pins)
{
	char *at = pages_on(PAGES, NODE(0));

	ck_assert(pins_open(pins));
	for (int i = 0; i < PINS; i++)
		ck_assert(pin(pins, at + pinned[i] * PAGE));
	return at;
}

static void end_scene(char *at, struct pins *pins)
{
	unpin_all(pins);
	pins_close(pins);
	unmap(at, PAGES);
}

static long bind_with(char *at, unsigned flags, const struct strictbind_options *options,
		      struct strictbind_report *report)
{
	struct nodes set = nodes_one(NODE(1));

	*report = new_report();
	return answer(strictbind_mbind_opt(at, PAGES * PAGE, MPOL_BIND, set.words, NODES_MAXNODE,
					   flags, options, report));
}

/* As by default: every page but the pinned ones is on the other node. */
static void check_moved(char *at, const struct strictbind_report *report)
{
	ck_assert_uint_eq(report->unmoved, PINS);
	ck_assert_uint_eq(report->shared, 0);
	ck_assert_ptr_eq(report->first_unmoved, at + pinned[0] * PAGE);
	ck_assert_uint_eq(count_on(at, PAGES, NODE(1)), PAGES - PINS);
	for (int i = 0; i < PINS; i++)
		ck_assert_int_eq(node_of(at + pinned[i] * PAGE), NODE(0));
	ck_assert(intact(at, PAGES));
	for (size_t i = 0; i < PAGES; i += 64)
		ck_assert_int_eq(policy_of(at + i * PAGE).mode, MPOL_BIND);
}

static void check_same(const struct strictbind_options *options)
{
	struct strictbind_report report;
	struct pins pins;

	for (int strict = 0; strict < 2; strict++) {
		char *at = scene(&pins);

		ck_assert_int_eq(bind_with(at, strict ? STRICT | MOVE : MOVE, options, &report),
				 strict ? -EIO : 0);
		check_moved(at, &report);
		end_scene(at, &pins);
	}
}

START_TEST(defaults)
{
	NEED_NODES(2);
	check_same(NULL);
	check_same(&plain);
}
END_TEST

START_TEST(any_number_of_threads)
{
	static const unsigned long counts[] = { 1, 2, 4, 64, 100000 };

	NEED_NODES(2);
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		struct strictbind_options options = plain;

		options.threads = counts[i];
		check_same(&options);
	}
}
END_TEST

START_TEST(any_stall)
{
	static const unsigned long bounds[] = { 1, 1000, 1000000, ~0UL };

	NEED_NODES(2);
	for (size_t i = 0; i < sizeof(bounds) / sizeof(*bounds); i++) {
		struct strictbind_options options = plain;

		options.stall_us = bounds[i];
		check_same(&options);
	}
}
END_TEST

static struct strictbind_options watched(struct seen *seen)
{
	struct strictbind_options options = plain;

	*seen = (struct seen){ .caller = pthread_self() };
	options.progress = watch;
	options.user = seen;
	return options;
}

static void check_seen(const struct seen *seen)
{
	ck_assert_uint_ge(seen->calls, 1);
	ck_assert(!seen->wrong);
	ck_assert_uint_eq(seen->total, PAGES);
	ck_assert_uint_eq(seen->last, PAGES);
}

START_TEST(progress)
{
	struct strictbind_report report;
	struct pins pins;
	struct seen seen;

	NEED_NODES(2);
	for (unsigned long threads = 0; threads <= 4; threads += 2)
		for (unsigned long stall = 0; stall <= 1000; stall += 1000) {
			struct strictbind_options options = watched(&seen);
			char *at = scene(&pins);

			options.threads = threads;
			options.stall_us = stall;
			ck_assert_int_eq(bind_with(at, STRICT | MOVE, &options, &report), -EIO);
			check_moved(at, &report);
			check_seen(&seen);
			end_scene(at, &pins);
		}
}
END_TEST

START_TEST(progress_with_one_node)
{
	struct strictbind_report report = new_report();
	struct seen seen;
	struct strictbind_options options = watched(&seen);
	struct nodes set = nodes_one(NODE(0));
	char *at = pages_on(PAGES, NODE(0));

	errno = 0;
	ck_assert_int_eq(strictbind_mbind_opt(at, PAGES * PAGE, MPOL_BIND, set.words, NODES_MAXNODE,
					      STRICT | MOVE, &options, &report),
			 0);
	ck_assert_int_eq(errno, 0);
	ck_assert_uint_eq(report.unmoved, 0);
	check_seen(&seen);
	unmap(at, PAGES);
}
END_TEST

/* What has moved stays moved, and the report tells the rest. */
static void check_stopped(unsigned long stop_at, unsigned flags)
{
	struct strictbind_report report;
	struct pins pins;
	struct seen seen;
	struct strictbind_options options = watched(&seen);
	char *at = scene(&pins);
	size_t moved;
	long result;

	options.stall_us = 1;
	seen.stop_at = stop_at;
	result = bind_with(at, flags, &options, &report);
	moved = count_on(at, PAGES, NODE(1));
	/* All may have been done in fewer pieces. */
	if (seen.calls >= stop_at)
		ck_assert_int_eq(result, -ECANCELED);
	ck_assert_uint_le(seen.calls, stop_at);
	ck_assert_uint_eq(report.unmoved, PAGES - moved);
	ck_assert_ptr_nonnull(report.first_unmoved);
	ck_assert_int_eq(node_of(report.first_unmoved), NODE(0));
	for (const char *page = at; page < (const char *)report.first_unmoved; page += PAGE)
		ck_assert_int_eq(node_of(page), NODE(1));
	ck_assert(intact(at, PAGES));
	for (size_t i = 0; i < PAGES; i += 64)
		ck_assert_int_eq(policy_of(at + i * PAGE).mode, MPOL_BIND);
	end_scene(at, &pins);
}

START_TEST(stopped)
{
	static const unsigned long when[] = { 1, 2, 3, 5 };

	NEED_NODES(2);
	for (size_t i = 0; i < sizeof(when) / sizeof(*when); i++) {
		check_stopped(when[i], MOVE);
		check_stopped(when[i], STRICT | MOVE);
	}
}
END_TEST

START_TEST(stopped_with_one_node)
{
	struct seen seen;
	struct strictbind_options options = watched(&seen);
	struct nodes set = nodes_one(NODE(0));
	char *at = pages_on(PAGES, NODE(0));

	seen.stop_at = 1;
	ck_assert_int_eq(answer(strictbind_mbind_opt(at, PAGES * PAGE, MPOL_BIND, set.words,
						     NODES_MAXNODE, MOVE, &options, NULL)),
			 -ECANCELED);
	ck_assert_uint_eq(seen.calls, 1);
	ck_assert_int_eq(policy_of(at + (PAGES - 1) * PAGE).mode, MPOL_BIND);
	unmap(at, PAGES);
}
END_TEST

/* Errors stay what they are, and the callback hears nothing. */
START_TEST(errors_with_options)
{
	struct strictbind_report report;
	struct seen seen;
	struct strictbind_options options = watched(&seen);
	char *at;

	NEED_NODES(2);
	at = pages_on(PAGES, NODE(0));
	options.threads = 4;
	options.stall_us = 100;
	unmap(at + 700 * PAGE, 1);
	ck_assert_int_eq(bind_with(at, STRICT | MOVE, &options, &report), -EFAULT);
	ck_assert_uint_eq(report.unmoved, 0);
	ck_assert_uint_eq(seen.calls, 0);
	ck_assert_uint_eq(count_on(at, PAGES, NODE(0)), PAGES - 1);
	ck_assert_int_eq(policy_of(at).mode, MPOL_DEFAULT);
	unmap(at, PAGES);
}
END_TEST

/* ---- migrate_pages ---- */

static long migrate_with(int pid, const struct strictbind_options *options,
			 struct strictbind_report *report)
{
	struct nodes from = nodes_one(NODE(2)), to = nodes_one(NODE(3));

	*report = new_report();
	return answer(strictbind_migrate_pages_opt(pid, NODES_MAXNODE, from.words, to.words,
						   options, report));
}

static char *migrate_scene(struct pins *pins)
{
	char *at = pages_on(PAGES, NODE(2));

	ck_assert(pins_open(pins));
	for (int i = 0; i < PINS; i++)
		ck_assert(pin(pins, at + pinned[i] * PAGE));
	return at;
}

/* The process itself is what moves; pins are counted in what is left. */
START_TEST(migrate_with_options)
{
	NEED_NODES(4);
	for (unsigned long threads = 0; threads <= 4; threads += 2)
		for (unsigned long stall = 0; stall <= 1000; stall += 1000) {
			struct strictbind_report report;
			struct pins pins;
			struct seen seen;
			struct strictbind_options options = watched(&seen);
			char *at = migrate_scene(&pins);

			options.threads = threads;
			options.stall_us = stall;
			ck_assert_int_eq(migrate_with(0, &options, &report), PINS);
			ck_assert_uint_eq(report.unmoved, PINS);
			ck_assert_ptr_eq(report.first_unmoved, at + pinned[0] * PAGE);
			ck_assert_uint_eq(count_on(at, PAGES, NODE(3)), PAGES - PINS);
			ck_assert(!seen.wrong);
			ck_assert_uint_ge(seen.calls, 1);
			/* What was mapped for the work may have come to lie there, too. */
			ck_assert_uint_ge(seen.total, PAGES);
			ck_assert_uint_ge(seen.last, PAGES);
			ck_assert(intact(at, PAGES));
			end_scene(at, &pins);
		}
}
END_TEST

/* As many as threads are started for. */
START_TEST(migrate_much_with_threads)
{
	NEED_NODES(4);
	for (int watching = 0; watching < 2; watching++) {
		struct strictbind_report report;
		struct seen seen;
		struct strictbind_options options = watched(&seen);
		char *at = pages_on(MANY, NODE(2));

		options.threads = 4;
		if (!watching)
			options.progress = NULL;
		ck_assert_int_eq(migrate_with(0, &options, &report), 0);
		ck_assert_uint_eq(count_on(at, MANY, NODE(3)), MANY);
		ck_assert(!seen.wrong && intact(at, MANY));
		ck_assert_uint_ge(seen.last, watching ? MANY : 0);
		unmap(at, MANY);
	}
}
END_TEST

START_TEST(migrate_another_with_options)
{
	struct strictbind_report report;
	struct seen seen;
	struct strictbind_options options = watched(&seen);
	pid_t pid;
	char *at;

	NEED_NODES(4);
	at = pages_on(PAGES, NODE(2));
	pid = start_sleeper();
	unmap(at, PAGES);
	options.threads = 2;
	ck_assert_int_eq(migrate_with(pid, &options, &report), 0);
	ck_assert_uint_eq(report.unmoved, 0);
	ck_assert(!seen.wrong && seen.last >= PAGES);
	/* Nothing is left for a second call. */
	ck_assert_int_eq(migrate_with(pid, NULL, &report), 0);
	end_sleeper(pid);
	ck_assert_int_eq(migrate_with(pid, &options, &report), -ESRCH);
}
END_TEST

/* What has moved stays moved, and the report tells the rest. */
static void check_migration_stopped(unsigned long stop_at)
{
	struct strictbind_report report;
	struct pins pins;
	struct seen seen;
	struct strictbind_options options = watched(&seen);
	/* Apart from each other, so that there is more than one piece. */
	char *high = pages_on(5 * PAGES, NODE(2));
	char *at = migrate_scene(&pins);
	size_t moved;

	seen.stop_at = stop_at;
	ck_assert_int_eq(migrate_with(0, &options, &report), -ECANCELED);
	moved = count_on(at, PAGES, NODE(3)) + count_on(high, 5 * PAGES, NODE(3));
	ck_assert_uint_eq(seen.calls, stop_at);
	ck_assert_uint_ge(report.unmoved, 6 * PAGES - moved);
	ck_assert_uint_le(report.unmoved, 6 * PAGES - moved + 64);
	ck_assert_int_eq(node_of(report.first_unmoved), NODE(2));
	ck_assert(intact(at, PAGES) && intact(high, 5 * PAGES));
	/* Another call does the rest. */
	ck_assert_int_eq(migrate_with(0, NULL, &report), PINS);
	ck_assert_uint_eq(count_on(high, 5 * PAGES, NODE(3)), 5 * PAGES);
	unmap(high, 5 * PAGES);
	end_scene(at, &pins);
}

START_TEST(migration_stopped)
{
	NEED_NODES(4);
	check_migration_stopped(1);
	check_migration_stopped(2);
}
END_TEST

START_TEST(migration_errors_with_options)
{
	struct nodes none = nodes_none(), from = nodes_one(NODE(0));
	struct strictbind_report report = new_report();
	struct seen seen;
	struct strictbind_options options = watched(&seen);

	options.threads = 2;
	ck_assert_int_eq(answer(strictbind_migrate_pages_opt(0, NODES_MAXNODE, from.words,
							     none.words, &options, &report)),
			 -EINVAL);
	ck_assert_uint_eq(report.unmoved, 0);
	ck_assert_uint_eq(seen.calls, 0);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, defaults);
	tcase_add_test(tests, any_number_of_threads);
	tcase_add_test(tests, any_stall);
	tcase_add_test(tests, progress);
	tcase_add_test(tests, progress_with_one_node);
	tcase_add_test(tests, stopped);
	tcase_add_test(tests, stopped_with_one_node);
	tcase_add_test(tests, errors_with_options);
	tcase_add_test(tests, migrate_with_options);
	tcase_add_test(tests, migrate_much_with_threads);
	tcase_add_test(tests, migrate_another_with_options);
	tcase_add_test(tests, migration_stopped);
	tcase_add_test(tests, migration_errors_with_options);
}

int main(void)
{
	run_on_node(NODE(0));
	return run_suite_here("options", add);
}
