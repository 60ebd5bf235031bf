/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "calls.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <strictbind.h>
#include <string.h>
#include <unistd.h>

#include "first.h"
#include "hardships.h"
#include "machine.h"
#include "memory.h"
#include "raw.h"
#include "wrong.h"

#define PAGE (machine()->page)

enum { ERRNO_BEFORE = 1234, UNTOUCHED = 77, ERRNOS = 200 };

struct watch {
	pthread_t caller;
	unsigned long calls, last, total;
	unsigned long stop_at; /* call number, 0: never */
	bool wrong;
};

struct call {
	struct strictbind_options options;
	struct strictbind_report report;
	struct watch watch;
	bool with_options, with_report;
	long result;
	int error;
	char text[200];
};

static bool preferred_many;
static atomic_ulong answers[ERRNOS]; /* by errno, 0: success */

void calls_open(void)
{
	preferred_many = has_mode(MODE_PREFERRED_MANY);
}

void calls_print(void)
{
	for (int i = 0; i < ERRNOS; i++)
		if (atomic_load(&answers[i]))
			printf("%lu calls answered %s\n", atomic_load(&answers[i]),
			       i ? strerror(i) : "success");
}

/* ---- options ---- */

static bool cancelled(const struct watch *watch)
{
	return watch->stop_at && watch->calls >= watch->stop_at;
}

static int progress(void *user, unsigned long done, unsigned long total)
{
	struct watch *watch = user;

	watch->wrong |= cancelled(watch) || !pthread_equal(watch->caller, pthread_self()) ||
			done < watch->last || done > total ||
			(watch->calls && total != watch->total);
	watch->calls++;
	watch->last = done;
	watch->total = total;
	return cancelled(watch);
}

static void choose_options(struct rng *rng, struct call *call)
{
	static const unsigned long threads[] = { 0, 1, 2, 4 }, stalls[] = { 0, 1, 100 };

	call->options = (struct strictbind_options){
		.size = sizeof(call->options),
		.threads = threads[rng_below(rng, 4)],
		.stall_us = stalls[rng_below(rng, 3)],
		.user = &call->watch,
	};
	call->watch.caller = pthread_self();
	if (rng_percent(rng, 40))
		call->options.progress = progress;
	if (rng_percent(rng, 40))
		call->watch.stop_at = rng_between(rng, 1, 4);
}

static void prepare(struct rng *rng, struct call *call)
{
	call->with_options = rng_percent(rng, 70);
	call->with_report = rng_percent(rng, 60);
	call->report = (struct strictbind_report){
		.size = sizeof(call->report),
		.unmoved = UNTOUCHED,
		.shared = UNTOUCHED,
		.first_unmoved = call,
		.first_status = UNTOUCHED,
	};
	choose_options(rng, call);
	errno = ERRNO_BEFORE;
}

static const struct strictbind_options *options_of(const struct call *call)
{
	return call->with_options ? &call->options : NULL;
}

static struct strictbind_report *report_of(struct call *call)
{
	return call->with_report ? &call->report : NULL;
}

/* ---- what every call keeps to ---- */

static void complain(const struct call *call, const char *what)
{
	wrong("%s; threads %lu, stall %lu us, progress %lu of %lu: returned %ld with errno %d, "
	      "unmoved %ld, shared %ld, first %p: %s",
	      call->text, call->with_options ? call->options.threads : 0,
	      call->with_options ? call->options.stall_us : 0, call->watch.calls,
	      call->watch.stop_at, call->result, call->error,
	      call->with_report ? (long)call->report.unmoved : 0,
	      call->with_report ? (long)call->report.shared : 0,
	      call->with_report ? call->report.first_unmoved : NULL, what);
}

static void expect(const struct call *call, bool right, const char *what)
{
	if (!right)
		complain(call, what);
}

static bool failed_with(const struct call *call, int error)
{
	return call->result == -1 && call->error == error;
}

static bool counted(const struct call *call)
{
	/* Only migrate_pages may answer ENOMEM. */
	return call->result >= 0 || call->error == EIO || call->error == ECANCELED ||
	       call->error == ENOMEM;
}

static void check_report(const struct call *call)
{
	const struct strictbind_report *report = &call->report;

	expect(call, report->size == sizeof(*report), "size was changed");
	expect(call, first_status_agrees(report), "a first of no pages, or a status of others");
	if (!counted(call))
		expect(call, report->unmoved == 0 && report->shared == 0, "counts of a failure");
}

static void finish(struct call *call, long result)
{
	call->error = errno;
	call->result = result;
	atomic_fetch_add(&answers[result < 0 && call->error < ERRNOS ? call->error : 0], 1);
	expect(call, result >= -1, "no return value");
	if (result >= 0)
		expect(call, call->error == ERRNO_BEFORE, "success has touched errno");
	expect(call, !call->watch.wrong, "wrong progress");
	expect(call, cancelled(&call->watch) == failed_with(call, ECANCELED), "cancelled, or not");
	if (call->with_report)
		check_report(call);
}

/* ---- mbind ---- */

struct binding {
	char *start;
	size_t pages;
	bool whole; /* there cannot be a hole */
	int mode;
	struct nodes set;
	unsigned flags;
};

static struct nodes some_nodes(struct rng *rng)
{
	const struct machine *m = machine();
	struct nodes set = nodes_one(m->node[rng_below(rng, (size_t)m->node_count)]);

	for (int i = 0; i < m->node_count; i++)
		if (rng_percent(rng, 20))
			nodes_add(&set, m->node[i]);
	return set;
}

static unsigned some_flags(struct rng *rng)
{
	static const unsigned flags[] = {
		0,	  STRICT,	    MOVE, MOVE, STRICT | MOVE, STRICT | MOVE, STRICT | MOVE,
		MOVE_ALL, STRICT | MOVE_ALL
	};

	return flags[rng_below(rng, machine()->nice ? 9 : 7)];
}

static int some_mode(struct rng *rng)
{
	static const unsigned weights[] = { 50, 15, 10, 10, 10, 0 };
	static const int modes[] = { MPOL_BIND, MPOL_INTERLEAVE, MPOL_PREFERRED, MODE_LOCAL,
				     MPOL_DEFAULT };

	if (preferred_many && rng_percent(rng, 10))
		return MODE_PREFERRED_MANY;
	return modes[rng_weighted(rng, weights)];
}

static struct binding some_binding(struct rng *rng)
{
	struct binding binding = { .mode = some_mode(rng), .flags = some_flags(rng) };

	binding.whole = memory_range(rng, &binding.start, &binding.pages);
	binding.set = binding.mode == MODE_LOCAL || binding.mode == MPOL_DEFAULT ? nodes_none()
										 : some_nodes(rng);
	return binding;
}

static long bind_now(const struct binding *binding, struct call *call)
{
	unsigned long len = binding->pages * PAGE;

	if (!call->with_options && !call->with_report)
		return strictbind_mbind(binding->start, len, binding->mode, binding->set.words,
					NODES_MAXNODE, binding->flags);
	return strictbind_mbind_opt(binding->start, len, binding->mode, binding->set.words,
				    NODES_MAXNODE, binding->flags, options_of(call),
				    report_of(call));
}

static bool can_happen(const struct binding *binding, const struct call *call)
{
	if (call->result == 0)
		return true;
	if (call->result > 0)
		return false;
	switch (call->error) {
	case EFAULT:
		return !binding->whole;
	case EIO:
		return binding->flags & STRICT && binding->mode != MPOL_DEFAULT;
	case ECANCELED:
		return binding->flags & (MOVE | MOVE_ALL);
	case EINVAL:
		/* Of the nodes asked for, none may be used just then. */
		return hardship_is(CPUSET) && binding->mode != MPOL_DEFAULT;
	default:
		return false;
	}
}

static bool plausible(const struct binding *binding, unsigned long pages)
{
	return pages <= binding->pages || pages == STRICTBIND_UNKNOWN;
}

/* Where no node is named, to find out takes a file, or memory. */
static bool may_be_unknown(const struct binding *binding, unsigned long pages)
{
	return pages == STRICTBIND_UNKNOWN && binding->mode == MODE_LOCAL &&
	       (hardship_is(FILES) || memory_may_be_refused());
}

static void check_binding_report(const struct binding *binding, const struct call *call)
{
	const struct strictbind_report *report = &call->report;
	const char *first = report->first_unmoved;

	expect(call, plausible(binding, report->unmoved) && plausible(binding, report->shared),
	       "counts of more pages than there are");
	expect(call,
	       !first ||
		       (first >= binding->start && first < binding->start + binding->pages * PAGE),
	       "the first is somewhere else");
	if (binding->mode == MPOL_DEFAULT || !binding->flags)
		expect(call, report->unmoved == 0 && report->shared == 0, "counts of nothing");
	if (call->result == 0 && binding->flags & STRICT)
		expect(call, report->unmoved == 0 || may_be_unknown(binding, report->unmoved),
		       "success, and pages are unmoved");
	if (failed_with(call, EIO) && binding->flags & (MOVE | MOVE_ALL))
		expect(call, report->unmoved > 0, "EIO, and no page is unmoved");
}

static void make_mbind(struct rng *rng)
{
	struct binding binding = some_binding(rng);
	struct call call = { .result = 0 };

	snprintf(call.text, sizeof(call.text),
		 "mbind %p, %zu pages%s, mode %d, nodes %#lx, flags %x", (void *)binding.start,
		 binding.pages, binding.whole ? " without holes" : "", binding.mode,
		 binding.set.words[0], binding.flags);
	prepare(rng, &call);
	finish(&call, bind_now(&binding, &call));
	expect(&call, can_happen(&binding, &call), "not a result of this call");
	if (call.with_report)
		check_binding_report(&binding, &call);
}

/* ---- migrate_pages ---- */

static long migrate_now(int pid, const struct nodes *from, const struct nodes *to,
			struct call *call)
{
	if (!call->with_options && !call->with_report)
		return strictbind_migrate_pages(pid, NODES_MAXNODE, from->words, to->words);
	return strictbind_migrate_pages_opt(pid, NODES_MAXNODE, from->words, to->words,
					    options_of(call), report_of(call));
}

/* Of a process that is ending, the kernel says EINVAL. */
static bool migration_can_happen(const struct call *call, bool may_have_ended)
{
	if (call->result >= 0 || call->error == ECANCELED || call->error == ENOMEM)
		return true;
	if (hardship_is(CPUSET) && (call->error == EINVAL || call->error == EPERM))
		return true;
	return may_have_ended && (call->error == ESRCH || call->error == EINVAL);
}

void calls_migrate(struct rng *rng, pid_t other)
{
	struct nodes from = some_nodes(rng), to = some_nodes(rng);
	struct call call = { .result = 0 };
	int pid = rng_percent(rng, 50) ? other : rng_percent(rng, 50) ? getpid() : 0;

	snprintf(call.text, sizeof(call.text), "migrate_pages %s, from %#lx to %#lx",
		 pid == other ? "another process" : "itself", from.words[0], to.words[0]);
	prepare(rng, &call);
	finish(&call, migrate_now(pid, &from, &to, &call));
	expect(&call, migration_can_happen(&call, pid == other), "not a result of this call");
	if (call.with_report && call.result >= 0)
		expect(&call,
		       call.report.unmoved == (unsigned long)call.result ||
			       call.report.unmoved == STRICTBIND_UNKNOWN,
		       "unmoved is not the value returned");
}

void calls_make(struct rng *rng, pid_t other)
{
	if (rng_percent(rng, 88))
		make_mbind(rng);
	else
		calls_migrate(rng, other);
}
