/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As an ordinary user, where a filter refuses system calls, and where there is no /proc. */
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common.h"
#include "filter.h"

enum { PAGES = 16, PINNED = 5 };

/* ---- as a user ---- */

static bool known_or(unsigned long count, unsigned long expected)
{
	return count == expected || count == STRICTBIND_UNKNOWN;
}

static int other_node(void)
{
	return NODE(machine()->node_count - 1);
}

static int user_move_all(void *arg)
{
	struct strictbind_report report;
	char *at = pages_on(PAGES, NODE(0));

	(void)arg;
	EXPECT(become_nobody() == 0);
	EXPECT(answer(bind_to(at, PAGES, other_node(), MOVE_ALL)) == -EPERM);
	EXPECT(answer(bind_report(at, PAGES, other_node(), MOVE_ALL | STRICT, &report)) == -EPERM);
	EXPECT(!report.unmoved && !report.shared && !report.first_unmoved);
	EXPECT(policy_of(at).mode == MPOL_DEFAULT);
	EXPECT(count_on(at, PAGES, NODE(0)) == PAGES);
	return 0;
}

START_TEST(rule_1_move_all)
{
	ASSERT_CHILD(user_move_all, NULL);
}
END_TEST

/* What root is answered in the other tests. */
static int mbind_scene(void)
{
	struct strictbind_report report;
	struct pins pins;
	char *at = pages_on(PAGES, NODE(0));

	EXPECT(pins_open(&pins) && pin(&pins, at + PINNED * PAGE));
	EXPECT(answer(bind_report(at, PAGES, NODE(1), STRICT, &report)) == -EIO);
	EXPECT(known_or(report.unmoved, PAGES) && policy_of(at).mode == MPOL_DEFAULT);
	EXPECT(answer(bind_report(at, PAGES, NODE(1), STRICT | MOVE, &report)) == -EIO);
	EXPECT(known_or(report.unmoved, 1) && known_or(report.shared, 0));
	EXPECT(!report.first_unmoved || report.first_unmoved == at + PINNED * PAGE);
	EXPECT(count_on(at, PAGES, NODE(1)) == PAGES - 1);
	unpin_all(&pins);
	pins_close(&pins);
	EXPECT(bind_report(at, PAGES, NODE(1), STRICT | MOVE, &report) == 0);
	EXPECT(count_on(at, PAGES, NODE(1)) == PAGES && intact(at, PAGES));
	unmap(at + 12 * PAGE, 1);
	EXPECT(answer(bind_report(at, PAGES, NODE(0), STRICT | MOVE, &report)) == -EFAULT);
	EXPECT(count_on(at, PAGES, NODE(1)) == PAGES - 1);
	unmap(at, PAGES);
	return 0;
}

static int migrate_scene(void)
{
	struct nodes from = nodes_one(NODE(2)), to = nodes_one(NODE(3));
	struct strictbind_report report = new_report();
	struct pins pins;
	char *at = pages_on(PAGES, NODE(2));

	EXPECT(pins_open(&pins) && pin(&pins, at + PINNED * PAGE));
	EXPECT(answer(strictbind_migrate_pages(0, NODES_MAXNODE, from.words, to.words)) == 1);
	EXPECT(answer(strictbind_migrate_pages_opt(0, NODES_MAXNODE, from.words, to.words, NULL,
						   &report)) == 1);
	EXPECT(known_or(report.unmoved, 1) && count_on(at, PAGES, NODE(3)) == PAGES - 1);
	unpin_all(&pins);
	pins_close(&pins);
	EXPECT(answer(strictbind_migrate_pages(0, NODES_MAXNODE, from.words, to.words)) == 0);
	EXPECT(count_on(at, PAGES, NODE(3)) == PAGES);
	unmap(at, PAGES);
	return 0;
}

static int scenes(void *arg)
{
	int line;

	if (arg)
		EXPECT(become_nobody() == 0);
	line = mbind_scene();
	if (!line && machine()->node_count >= 4)
		line = migrate_scene();
	return line;
}

START_TEST(same_answers_for_a_user)
{
	static char as_user;

	NEED_NODES(2);
	ASSERT_CHILD(scenes, NULL);
	ASSERT_CHILD(scenes, &as_user);
}
END_TEST

/* Rule 13: a page that is shared with another process stays, and is not counted. */
static int user_shared(void *arg)
{
	struct nodes from = nodes_one(NODE(2)), to = nodes_one(NODE(3));
	struct strictbind_report report = new_report();
	char *at = pages_on(PAGES, NODE(2));
	long result;
	pid_t pid;

	(void)arg;
	EXPECT(become_nobody() == 0);
	/* Only now: a process of root could not be ended. */
	pid = start_sleeper();
	result =
		strictbind_migrate_pages_opt(0, NODES_MAXNODE, from.words, to.words, NULL, &report);
	end_sleeper(pid);
	EXPECT(answer(result) == 0);
	EXPECT(known_or(report.unmoved, 0));
	EXPECT(report.shared == STRICTBIND_UNKNOWN || report.shared >= PAGES);
	EXPECT(count_on(at, PAGES, NODE(2)) == PAGES);
	return 0;
}

START_TEST(rule_13_for_a_user)
{
	NEED_NODES(4);
	ASSERT_CHILD(user_shared, NULL);
}
END_TEST

/* ---- refused system calls ---- */

/* What one thread tries, under a filter that is that thread's alone: the others can look. */
struct attempt {
	long refused;
	int error;
	char *clean, *stuck; /* memory without and with a pinned page */
	char *holed;
	int target;
	int filter_failed;
	long clean_result, stuck_result, holed_result, migrate_result, locate_result;
	struct strictbind_report clean_report, stuck_report, holed_report, migrate_report;
};

static void *attempt(void *arg)
{
	struct attempt *a = arg;
	struct nodes none = nodes_none(), set = nodes_one(a->target);
	struct strictbind_options options = { .size = sizeof(options), .threads = 2 };
	unsigned long pages[64], unknown;

	a->filter_failed = refuse_call(a->refused, a->error);
	if (a->filter_failed)
		return NULL;
	a->clean_result =
		answer(bind_report(a->clean, PAGES, a->target, STRICT | MOVE, &a->clean_report));
	a->stuck_report = new_report();
	a->stuck_result = answer(strictbind_mbind_opt(a->stuck, PAGES * PAGE, MPOL_BIND, set.words,
						      NODES_MAXNODE, STRICT | MOVE, &options,
						      &a->stuck_report));
	a->holed_result =
		answer(bind_report(a->holed, PAGES, a->target, STRICT | MOVE, &a->holed_report));
	a->migrate_report = new_report();
	a->migrate_result = answer(strictbind_migrate_pages_opt(
		0, NODES_MAXNODE, none.words, set.words, NULL, &a->migrate_report));
	a->locate_result =
		answer(strictbind_locate(0, a->clean, PAGES * PAGE, pages, 64, &unknown));
	if (a->locate_result == 0 && pages[a->target] + unknown != PAGES)
		a->locate_result = 1;
	return NULL;
}

static int check_refused_mbind(const struct attempt *a)
{
	EXPECT(a->clean_result == -a->error && a->stuck_result == -a->error);
	EXPECT(a->holed_result < 0);
	EXPECT(a->clean_report.unmoved == 0 && a->stuck_report.unmoved == 0);
	EXPECT(count_on(a->clean, PAGES, NODE(0)) == PAGES);
	EXPECT(policy_of(a->clean).mode == MPOL_DEFAULT);
	return 0;
}

/* Results are right; counts are right or unknown. */
static int check_mbind(const struct attempt *a)
{
	size_t moves = a->target != NODE(0);

	EXPECT(a->clean_result == 0);
	EXPECT(known_or(a->clean_report.unmoved, 0));
	EXPECT(count_on(a->clean, PAGES, a->target) == PAGES);
	EXPECT(a->stuck_result == (moves ? -EIO : 0L));
	EXPECT(known_or(a->stuck_report.unmoved, moves));
	EXPECT(count_on(a->stuck, PAGES, a->target) == PAGES - moves);
	EXPECT(intact(a->clean, PAGES) && intact(a->stuck, PAGES));
	EXPECT(policy_of(a->clean).mode == MPOL_BIND && policy_of(a->stuck).mode == MPOL_BIND);
	/* Without msync a hole is found another way, or the call says that it is refused. */
	EXPECT(a->holed_result == -EFAULT || (a->refused == SYS_msync && a->holed_result < 0));
	EXPECT(count_on(a->holed, PAGES, NODE(0)) == PAGES - 1);
	return 0;
}

static int check_attempt(const struct attempt *a)
{
	int line = a->refused == SYS_mbind ? check_refused_mbind(a) : check_mbind(a);

	if (line)
		return line;
	EXPECT(a->migrate_result == (a->refused == SYS_migrate_pages ? -a->error : 0));
	if (a->refused == SYS_move_pages)
		EXPECT(a->locate_result == -a->error);
	else
		EXPECT(a->locate_result == 0 || (a->refused == SYS_mbind && a->locate_result == 1));
	return 0;
}

static int run_attempt(void *arg)
{
	struct attempt *a = arg;
	struct pins pins;
	pthread_t thread;

	a->target = other_node();
	a->clean = pages_on(PAGES, NODE(0));
	a->stuck = pages_on(PAGES, NODE(0));
	a->holed = pages_on(PAGES, NODE(0));
	unmap(a->holed + 9 * PAGE, 1);
	EXPECT(pins_open(&pins) && pin(&pins, a->stuck + PINNED * PAGE));
	EXPECT(pthread_create(&thread, NULL, attempt, a) == 0);
	pthread_join(thread, NULL);
	EXPECT(a->filter_failed == 0);
	return check_attempt(a);
}

static void check_refused(const char *name, long number)
{
	static const int errors[] = { EPERM, ENOSYS };

	for (int i = 0; i < 2; i++) {
		struct attempt a = { .refused = number, .error = errors[i] };
		int line = in_child(run_attempt, &a);

		ck_assert_msg(line == 0, "%s refused with %d: line %d", name, errors[i], line);
	}
}

#define REFUSED(name)                                                                              \
	START_TEST(refused_##name)                                                                 \
	{                                                                                          \
		check_refused(#name, SYS_##name);                                                  \
	}                                                                                          \
	END_TEST

REFUSED(mbind)
REFUSED(move_pages)
REFUSED(migrate_pages)
REFUSED(perf_event_open)
REFUSED(openat)
REFUSED(ioctl)
REFUSED(pread64)
REFUSED(msync)
REFUSED(get_mempolicy)
REFUSED(mmap)
REFUSED(socket)
REFUSED(clone)
REFUSED(sched_getaffinity)

/* What no program is expected to call ends the process, as filters of systemd do by default. */
static int under_deadly_filter(void *arg)
{
	struct nodes set = nodes_one(other_node());
	struct strictbind_report report = new_report();
	struct strictbind_fact fact = STRICTBIND_FACT_INIT;
	char *stuck = pages_on(PAGES, NODE(0)), *hidden = space(PAGES);
	unsigned long pages[64], unknown;
	struct pins pins;

	(void)arg;
	EXPECT(pins_open(&pins) && pin(&pins, stuck + PINNED * PAGE));
	EXPECT(mmap(hidden, PAGES * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		    0) == hidden);
	/* The zero page, of which no node is told. */
	for (size_t i = 0; i < PAGES; i++)
		(void)*(volatile char *)(hidden + i * PAGE);
	EXPECT(filter_call(SYS_perf_event_open, SECCOMP_RET_KILL_PROCESS) == 0);
	EXPECT(filter_call(SYS_memfd_secret, SECCOMP_RET_KILL_PROCESS) == 0);
	for (unsigned i = 0; strictbind_kernel(i, &fact) == 1; i++)
		;
	EXPECT(answer(bind_report(hidden, PAGES, other_node(), STRICT | MOVE, &report)) == 0);
	EXPECT(answer(bind_report(stuck, PAGES, other_node(), STRICT | MOVE, &report)) ==
	       (machine()->node_count > 1 ? -EIO : 0));
	EXPECT(answer(strictbind_locate(0, hidden, PAGES * PAGE, pages, 64, &unknown)) == 0);
	EXPECT(strictbind_migrate_pages(0, NODES_MAXNODE, nodes_none().words, set.words) == 0);
	return 0;
}

START_TEST(deadly_filter)
{
	ASSERT_CHILD(under_deadly_filter, NULL);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, rule_1_move_all);
	tcase_add_test(tests, same_answers_for_a_user);
	tcase_add_test(tests, rule_13_for_a_user);
	tcase_add_test(tests, deadly_filter);
	tcase_add_test(tests, refused_mbind);
	tcase_add_test(tests, refused_move_pages);
	tcase_add_test(tests, refused_migrate_pages);
	tcase_add_test(tests, refused_perf_event_open);
	tcase_add_test(tests, refused_openat);
	tcase_add_test(tests, refused_ioctl);
	tcase_add_test(tests, refused_pread64);
	tcase_add_test(tests, refused_msync);
	tcase_add_test(tests, refused_get_mempolicy);
	tcase_add_test(tests, refused_mmap);
	tcase_add_test(tests, refused_socket);
	tcase_add_test(tests, refused_clone);
	tcase_add_test(tests, refused_sched_getaffinity);
}

int main(void)
{
	run_on_node(NODE(0));
	return run_suite_here("unprivileged", add);
}
