/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every system call that the library makes on this kernel fails once, in each of its places, with
 * each errno that it can have or that a seccomp filter may answer: while answers about the kernel
 * are found for the first time, and when they are known. Whatever the library then says of the
 * pages is true, or it fails with that errno; no descriptor and no mapping is left behind, and no
 * page has lost its content. Usage: faults [CALL]
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <strictbind.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"
#include "kernel/quirks.h"

/* ---- failing system calls ---- */

enum { MOST_PLACES = 4096 };

/* The library's calls are counted, and that number at fails; 0: none. */
static struct {
	bool counting;
	unsigned at;
	int error;
	unsigned count;
	long numbers[MOST_PLACES];
} fault;

long __real_sb_syscall(long number, long a, long b, long c, long d, long e, long f); // NOLINT
long __wrap_sb_syscall(long number, long a, long b, long c, long d, long e, long f); // NOLINT

long __wrap_sb_syscall(long number, long a, long b, long c, long d, long e, long f) // NOLINT
{
	if (!fault.counting)
		return __real_sb_syscall(number, a, b, c, d, e, f);
	if (fault.count < MOST_PLACES)
		fault.numbers[fault.count] = number;
	if (++fault.count != fault.at)
		return __real_sb_syscall(number, a, b, c, d, e, f);
	/* What they say does not keep them from closing and unmapping. */
	if (number == SYS_close || number == SYS_munmap)
		__real_sb_syscall(number, a, b, c, d, e, f);
	return -fault.error;
}

enum { EVERY_CALL = -1 };

static const struct {
	long number;
	int error;
} errors[] = {
	{ EVERY_CALL, EPERM },
	{ EVERY_CALL, ENOSYS },
	{ SYS_mbind, ENOMEM },
	{ SYS_move_pages, ENOMEM },
	{ SYS_move_pages, EACCES },
	{ SYS_move_pages, ESRCH },
	{ SYS_migrate_pages, ENOMEM },
	{ SYS_migrate_pages, ESRCH },
	{ SYS_openat, ENOENT },
	{ SYS_openat, EACCES },
	{ SYS_openat, EMFILE },
	{ SYS_openat, ENOMEM },
	{ SYS_openat, EINTR },
	{ SYS_read, EINTR },
	{ SYS_read, EIO },
	{ SYS_read, ENOMEM },
	{ SYS_read, ESRCH },
	{ SYS_pread64, EINTR },
	{ SYS_pread64, EIO },
	{ SYS_pread64, ENOMEM },
	{ SYS_mmap, ENOMEM },
	{ SYS_mmap, EAGAIN },
	{ SYS_munmap, ENOMEM },
	{ SYS_mprotect, ENOMEM },
	{ SYS_close, EINTR },
	{ SYS_close, EIO },
	{ SYS_ioctl, ENOTTY },
	{ SYS_ioctl, EFAULT },
	{ SYS_ioctl, ENOMEM },
	{ SYS_socket, EMFILE },
	{ SYS_socket, EAFNOSUPPORT },
	{ SYS_perf_event_open, EACCES },
	{ SYS_process_vm_readv, EFAULT },
	{ SYS_mincore, EAGAIN },
};
enum { ERRORS = sizeof(errors) / sizeof(errors[0]) };

/* ---- what is looked at ---- */

/* Behind each other, of one page or more; on the first node, if nothing else is said. */
enum {
	MOVABLE = 0,
	PINNED = 8,
	IN_PLACE = 9, /* on the second node */
	HIDDEN = 12,  /* PROT_NONE */
	SHARED = 14,  /* mapped twice */
	UNTOUCHED = 16,
	PAGES = 18,
};

struct stage {
	char *at;
	void *twin; /* the second mapping of the shared pages */
	struct pins pins;
};

static struct stage stage;

static void *place(size_t page)
{
	return stage.at + page * PAGE;
}

static bool set_up(void)
{
	stage.at = space(PAGES);
	pages_at(place(MOVABLE), IN_PLACE, NODE(0), MAP_PRIVATE);
	pages_at(place(IN_PLACE), HIDDEN - IN_PLACE, NODE(1), MAP_PRIVATE);
	pages_at(place(HIDDEN), SHARED - HIDDEN, NODE(0), MAP_PRIVATE);
	pages_at(place(SHARED), UNTOUCHED - SHARED, NODE(0), MAP_SHARED);
	stage.twin = mremap(place(SHARED), 0, (UNTOUCHED - SHARED) * PAGE, MREMAP_MAYMOVE);
	if (stage.twin == MAP_FAILED || !intact(stage.twin, UNTOUCHED - SHARED) ||
	    mmap(place(UNTOUCHED), (PAGES - UNTOUCHED) * PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		return false;
	mprotect(place(HIDDEN), (SHARED - HIDDEN) * PAGE, PROT_NONE);
	return pins_open(&stage.pins) && pin(&stage.pins, place(PINNED));
}

static void take_down(void)
{
	unpin_all(&stage.pins);
	pins_close(&stage.pins);
	unmap(stage.at, PAGES);
	unmap(stage.twin, UNTOUCHED - SHARED);
}

/* What the kernel says of the pages, without the library. */
struct look {
	int node[PAGES];
	unsigned long exclusive; /* pages that are not on the second node and not shared */
	unsigned long shared;	 /* the same, shared */
};

static struct look look(void)
{
	struct look look = { .exclusive = 0 };

	nodes_of(place(0), HIDDEN, look.node);
	nodes_of_inaccessible(place(HIDDEN), SHARED - HIDDEN, look.node + HIDDEN);
	nodes_of(place(SHARED), PAGES - SHARED, look.node + SHARED);
	for (size_t page = 0; page < UNTOUCHED; page++)
		if (look.node[page] != NODE(1))
			(*(page < SHARED ? &look.exclusive : &look.shared))++;
	return look;
}

/* Contents are judged last, as that maps pages. */
static bool contents_kept(void)
{
	mprotect(place(HIDDEN), (SHARED - HIDDEN) * PAGE, PROT_READ);
	return intact(place(MOVABLE), IN_PLACE) && intact(place(IN_PLACE), HIDDEN - IN_PLACE) &&
	       intact(place(HIDDEN), SHARED - HIDDEN) && intact(place(SHARED), UNTOUCHED - SHARED);
}

/* ---- what is said of it ---- */

struct outcome {
	long result;
	int error;
	struct strictbind_report report;
};

static bool says(unsigned long count, unsigned long truth)
{
	return count == truth || count == STRICTBIND_UNKNOWN;
}

struct call {
	const char *name;
	long (*make)(const struct call *call, struct strictbind_report *report);
	/* What is wrong with the outcome, or NULL. Not asked where the call fails with the errno
	 * that was injected. */
	const char *(*judge)(const struct call *call, const struct outcome *outcome);
	int mode;
	unsigned flags;
	unsigned long stall_us;
	bool counted;
};

static struct nodes named_by(const struct call *call)
{
	return call->mode == MODE_LOCAL ? nodes_none() : nodes_one(NODE(1));
}

static long make_mbind(const struct call *call, struct strictbind_report *report)
{
	struct strictbind_options options = STRICTBIND_OPTIONS_INIT;
	struct nodes named = named_by(call);

	options.stall_us = call->stall_us;
	return strictbind_mbind_opt(
		place(0), PAGES * PAGE, call->mode, nodes_empty(&named) ? NULL : named.words,
		nodes_empty(&named) ? 0 : NODES_MAXNODE, call->flags, &options, report);
}

/* 1: the policy is in force in the whole range, 0: in none of it, -1: in a part. */
static int policy_set(const struct call *call)
{
	static const size_t parts[] = { MOVABLE, IN_PLACE, HIDDEN, SHARED, UNTOUCHED, PAGES - 1 };
	struct nodes named = named_by(call);
	struct policy due = policy_after(call->mode, &named);
	size_t set = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		struct policy now = policy_of(place(parts[i]));

		set += policy_equal(&now, &due);
	}
	if (set == 0)
		return 0;
	return set == sizeof(parts) / sizeof(*parts) ? 1 : -1;
}

/* With an empty N no node tells what had to move: of these pages the pinned one did not. */
static const char *judge_counts(const struct call *call, const struct outcome *outcome,
				const struct look *now)
{
	const struct strictbind_report *report = &outcome->report;

	if (!call->counted || call->mode == MODE_LOCAL)
		return NULL;
	if (call->flags == STRICT)
		return says(report->unmoved, now->exclusive + now->shared) ? NULL
									   : "count of misplaced";
	if (!says(report->unmoved, now->exclusive))
		return "count of unmoved";
	return says(report->shared, now->shared) ? NULL : "count of shared";
}

static const char *judge_mbind(const struct call *call, const struct outcome *outcome)
{
	struct look now = look();
	bool strict = call->flags & STRICT, moves = call->flags & MOVE;
	unsigned long misplaced = now.exclusive + (moves ? 0 : now.shared);

	if (outcome->result < 0 && outcome->error != EIO)
		return "an errno of its own";
	if (outcome->result < 0 && !strict)
		return "EIO without STRICT";
	if (policy_set(call) != (outcome->result == 0 || moves))
		return "policy";
	if (call->mode != MODE_LOCAL && strict && (misplaced > 0) != (outcome->result < 0))
		return misplaced ? "misplaced pages, and success" : "EIO without cause";
	return judge_counts(call, outcome, &now);
}

static long make_locate(const struct call *call, struct strictbind_report *report)
{
	unsigned long pages[MACHINE_NODES];
	long result = strictbind_locate(0, place(0), PAGES * PAGE, pages, MACHINE_NODES, NULL);

	(void)call;
	report->unmoved = report->shared = 0;
	for (int node = 0; result == 0 && node < MACHINE_NODES; node++)
		report->shared += pages[node];
	if (result == 0)
		report->unmoved = pages[NODE(0)];
	return result;
}

/* Hidden pages are in no node's count. */
static const char *judge_locate(const struct call *call, const struct outcome *outcome)
{
	struct look now = look();
	unsigned long first = now.exclusive + now.shared, hidden = SHARED - HIDDEN;

	(void)call;
	if (outcome->result != 0)
		return "an errno of its own";
	if (outcome->report.unmoved != first && outcome->report.unmoved != first - hidden)
		return "pages on the first node";
	return outcome->report.shared - outcome->report.unmoved == UNTOUCHED - first
		       ? NULL
		       : "pages on other nodes";
}

static long make_check(const struct call *call, struct strictbind_report *report)
{
	struct nodes named = nodes_one(NODE(1));

	(void)call;
	return strictbind_check(0, place(0), PAGES * PAGE, named.words, NODES_MAXNODE, NULL,
				report);
}

static const char *judge_check(const struct call *call, const struct outcome *outcome)
{
	struct look now = look();

	(void)call;
	if (outcome->result < 0)
		return "an errno of its own";
	if (!says(outcome->report.unmoved, now.exclusive + now.shared))
		return "count of misplaced";
	return says(outcome->report.shared, now.shared) ? NULL : "count of shared";
}

static long make_move(const struct call *call, struct strictbind_report *report)
{
	(void)call;
	return strictbind_move(0, place(0), PAGES * PAGE, NODE(1), NULL, report);
}

/*
 * Pages may have stayed because the call that moves them failed, shared ones also because the
 * question whether they may be moved did: then they are counted.
 */
static const char *judge_move(const struct call *call, const struct outcome *outcome)
{
	struct look now = look();

	(void)call;
	if (outcome->result < 0)
		return "an errno of its own";
	if (!says(outcome->report.unmoved, now.exclusive) &&
	    outcome->report.unmoved != now.exclusive + now.shared)
		return "count of unmoved";
	return NULL;
}

static long make_extents(const struct call *call, struct strictbind_report *report)
{
	struct strictbind_range extents[PAGES];
	long runs = strictbind_extents(0, place(0), PAGES * PAGE, extents, PAGES);

	(void)call;
	report->unmoved = report->shared = 0;
	for (long run = 0; run < runs; run++)
		*(extents[run].node == NODE(0) ? &report->unmoved : &report->shared) +=
			extents[run].length / PAGE;
	return runs;
}

static const char *judge_extents(const struct call *call, const struct outcome *outcome)
{
	struct look now = look();
	unsigned long first = now.exclusive + now.shared, hidden = SHARED - HIDDEN;

	(void)call;
	if (outcome->result < 0)
		return "an errno of its own";
	return outcome->report.unmoved == first || outcome->report.unmoved == first - hidden
		       ? NULL
		       : "pages on the first node";
}

/* The policy wants all pages on the second node, and they are where they were. */
static long make_enforce(const struct call *call, struct strictbind_report *report)
{
	struct nodes named = nodes_one(NODE(1));

	(void)call;
	raw_mbind(place(0), PAGES * PAGE, MPOL_BIND, named.words, NODES_MAXNODE, 0);
	return strictbind_enforce(0, place(0), PAGES * PAGE, NULL, report);
}

/* ---- another process ---- */

static pid_t other;

/* It sets up pages of its own where this process does afterwards, so that none is shared. */
static void start_other(void)
{
	int ready[2];
	char byte;

	if (pipe(ready) || (other = fork()) < 0)
		exit(1);
	if (other == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (set_up())
			(void)!write(ready[1], "1", 1);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		exit(1);
	close(ready[0]);
}

static void end_other(void)
{
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
}

/* How many of its pages are still on the first node, of those that are told and not shared. */
static unsigned long left_of_other(void)
{
	void *at[HIDDEN];
	int node[HIDDEN];
	unsigned long left = 0;

	for (size_t page = 0; page < HIDDEN; page++)
		at[page] = place(page);
	if (raw_move_pages(other, HIDDEN, at, NULL, node, 0) < 0)
		return STRICTBIND_UNKNOWN;
	for (size_t page = 0; page < HIDDEN; page++)
		left += node[page] == NODE(0);
	return left;
}

static long make_migrate(const struct call *call, struct strictbind_report *report)
{
	struct nodes from = nodes_one(NODE(0)), to = nodes_one(NODE(1));
	struct strictbind_options options = STRICTBIND_OPTIONS_INIT;

	options.stall_us = call->stall_us;
	return strictbind_migrate_pages_opt(other, NODES_MAXNODE, from.words, to.words, &options,
					    report);
}

/* What else it has of this program may stay as well, and counts. */
static const char *judge_migrate(const struct call *call, const struct outcome *outcome)
{
	unsigned long left = left_of_other(), said = outcome->report.unmoved;

	(void)call;
	if (outcome->result < 0)
		return "an errno of its own";
	if (left != 1)
		return "pages that can move have stayed";
	if (outcome->result < 1)
		return "the pinned page is not counted";
	return says(said, (unsigned long)outcome->result) ? NULL : "count of unmoved";
}

/* ---- the calls ---- */

static const struct call calls[] = {
	{ "set", make_mbind, judge_mbind, MPOL_BIND, 0, 0, false },
	{ "strict", make_mbind, judge_mbind, MPOL_BIND, STRICT, 0, false },
	{ "strict-counted", make_mbind, judge_mbind, MPOL_BIND, STRICT, 0, true },
	{ "move", make_mbind, judge_mbind, MPOL_BIND, MOVE, 0, false },
	{ "move-counted", make_mbind, judge_mbind, MPOL_BIND, MOVE, 0, true },
	{ "strict-move", make_mbind, judge_mbind, MPOL_BIND, STRICT | MOVE, 0, false },
	{ "strict-move-counted", make_mbind, judge_mbind, MPOL_BIND, STRICT | MOVE, 0, true },
	{ "chunks", make_mbind, judge_mbind, MPOL_BIND, STRICT | MOVE, 1, true },
	{ "interleave", make_mbind, judge_mbind, MPOL_INTERLEAVE, STRICT | MOVE, 0, true },
	{ "local", make_mbind, judge_mbind, MODE_LOCAL, STRICT | MOVE, 0, true },
	{ "locate", make_locate, judge_locate, 0, 0, 0, true },
	{ "check", make_check, judge_check, 0, 0, 0, true },
	{ "move-to-node", make_move, judge_move, 0, 0, 0, true },
	{ "enforce", make_enforce, judge_move, 0, 0, 0, true },
	{ "migrate", make_migrate, judge_migrate, 0, 0, 0, true },
	{ "migrate-batches", make_migrate, judge_migrate, 0, 0, 1, true },
	{ "extents", make_extents, judge_extents, 0, 0, 0, true },
};
enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

/* ---- each of them, failing in each place ---- */

static const char *error_name(int error)
{
	/* strerrorname_np() is younger than some C libraries. */
	return error ? strerror(error) : "no error";
}

static unsigned long failures, injected;

/* The lowest descriptor that is free, and how much is mapped. */
struct held {
	int descriptor;
	long mapped;
};

static struct held held_now(void)
{
	struct held held = { .descriptor = dup(STDOUT_FILENO) };

	close(held.descriptor);
	held.mapped = number_in("/proc/self/statm", 0);
	return held;
}

static const char *judge(const struct call *call, const struct outcome *outcome,
			 const struct held *before)
{
	struct held after = held_now();

	if (after.descriptor != before->descriptor)
		return "a descriptor is left open";
	if (after.mapped != before->mapped)
		return "a mapping is left";
	if (outcome->result < 0 && outcome->error == fault.error)
		return NULL;
	return call->judge(call, outcome);
}

/* One call, with the place failing that is set in fault. */
static void run(const struct call *call, bool first_use)
{
	struct outcome outcome = { .report = new_report() };
	struct held before;
	const char *wrong;

	if (call->make == make_migrate)
		start_other();
	if (!set_up()) {
		printf("FAILED: pages cannot be set up: %s\n", strerror(errno));
		exit(1);
	}
	before = held_now();
	if (first_use)
		sb_forget();
	fault.count = 0;
	fault.counting = true;
	errno = 0;
	outcome.result = call->make(call, call->counted ? &outcome.report : NULL);
	outcome.error = errno;
	fault.counting = false;
	wrong = judge(call, &outcome, &before);
	if (!wrong && !contents_kept())
		wrong = "content is lost";
	if (wrong && ++failures <= 40)
		printf("FAILED: %s%s, call %u (number %ld) of %u fails with %s: %s; result %ld, %s, unmoved "
		       "%ld, shared %ld\n",
		       call->name, first_use ? " as first use" : "", fault.at,
		       fault.at ? fault.numbers[fault.at - 1] : 0, fault.count,
		       error_name(fault.error), wrong, outcome.result, error_name(outcome.error),
		       (long)outcome.report.unmoved, (long)outcome.report.shared);
	if (call->make == make_migrate)
		end_other();
	take_down();
}

static void fail_each_place(const struct call *call, bool first_use)
{
	static long numbers[MOST_PLACES];
	unsigned places;

	fault.at = 0;
	fault.error = 0;
	run(call, first_use);
	places = fault.count;
	memcpy(numbers, fault.numbers, sizeof(numbers));
	for (unsigned place = 1; place <= places; place++)
		for (size_t e = 0; e < ERRORS; e++) {
			if (errors[e].number != EVERY_CALL &&
			    errors[e].number != numbers[place - 1])
				continue;
			fault.at = place;
			fault.error = errors[e].error;
			run(call, first_use);
			injected++;
		}
	printf("%s%s: %u places\n", call->name, first_use ? " as first use" : "", places);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	if (machine()->node_count < 2) {
		puts("skipped: needs 2 nodes");
		return 77;
	}
	stop_numa_balancing();
	run_on_node(NODE(1));
	for (size_t i = 0; i < CALLS; i++) {
		if (argc > 1 && strcmp(argv[1], calls[i].name) != 0)
			continue;
		fail_each_place(&calls[i], true);
		/* What has answered once stays known. */
		fail_each_place(&calls[i], false);
	}
	printf("%lu faults, %lu wrong\n", injected, failures);
	return failures ? 1 : 0;
}
