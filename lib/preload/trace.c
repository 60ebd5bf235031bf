/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "caller.h"
#include "core/call_words.h"
#include "core/nodeset.h"
#include "core/syscall.h"
#include "core/text.h"
#include "trace.h"

/* Of the name of a file that is complained about. */
#define SHOWN 256

/* The longest line, as the manual says. */
#define LINE 1023

static void add_nodes(struct sb_line *line, const unsigned long *mask, unsigned long maxnode)
{
	struct sb_nodeset set;

	if (!mask) {
		sb_line_add(line, "NULL");
		return;
	}
	if ((maxnode && sb_nodeset_too_long(maxnode)) || !sb_nodeset_readable(mask, maxnode)) {
		sb_line_hex(line, (uintptr_t)mask);
		return;
	}
	sb_nodeset_read(&set, mask, maxnode);
	sb_line_add(line, "{");
	sb_line_nodes(line, &set);
	sb_line_add(line, "}");
}

static void add_time(struct sb_line *line)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	sb_line_number(line, (unsigned long)now.tv_sec);
	sb_line_add(line, ".");
	/* With leading zeros: a digit at a time. */
	for (long rest = now.tv_nsec, unit = 100000000; unit >= 1000; rest %= unit, unit /= 10)
		sb_line_number(line, (unsigned long)(rest / unit));
}

static void add_caller(struct sb_line *line, const void *address)
{
	struct sb_caller caller;

	if (!sb_caller_find(&caller, (uintptr_t)address)) {
		sb_line_hex(line, (uintptr_t)address);
		return;
	}
	sb_line_add_foreign(line, caller.object, sizeof(caller.object));
	sb_line_add(line, "+");
	sb_line_hex(line, caller.offset);
}

static void begin(struct sb_line *line, const struct sb_traced *traced, const char *call)
{
	add_time(line);
	sb_line_add(line, " ");
	sb_line_number(line, (unsigned long)sb_sys_getpid());
	sb_line_add(line, " ");
	sb_line_number(line, (unsigned long)sb_sys_gettid());
	sb_line_add(line, " ");
	add_caller(line, traced->caller);
	sb_line_add(line, " ");
	sb_line_add(line, call);
	sb_line_add(line, "(");
}

static void add_count(struct sb_line *line, const char *what, unsigned long count)
{
	sb_line_add(line, what);
	if (count == STRICTBIND_UNKNOWN)
		sb_line_add(line, "unknown");
	else
		sb_line_number(line, count);
}

static void add_result(struct sb_line *line, const struct sb_traced *traced)
{
	if (traced->result >= 0) {
		sb_line_number(line, (unsigned long)traced->result);
		return;
	}
	sb_line_add(line, "-1 ");
	sb_line_error(line, traced->error);
}

/* After other errors nothing was counted. */
static void add_counts(struct sb_line *line, const struct sb_traced *traced)
{
	const struct strictbind_report *report = &traced->report;

	if (traced->result < 0 && traced->error != EIO)
		return;
	add_count(line, ", unmoved ", report->unmoved);
	add_count(line, ", shared ", report->shared);
	if (report->first_status == STRICTBIND_FIRST_KNOWN) {
		sb_line_add(line, ", first unmoved ");
		sb_line_hex(line, (uintptr_t)report->first_unmoved);
	} else if (report->first_status == STRICTBIND_FIRST_UNKNOWN &&
		   report->unmoved != STRICTBIND_UNKNOWN) {
		sb_line_add(line, ", first unmoved unknown");
	}
}

/* Once in a process; its children do not repeat it. In the line's room, as stacks are small. */
static void complain(struct sb_line *line, const char *file, long error)
{
	static atomic_bool complained;

	if (atomic_exchange(&complained, true))
		return;
	*line = sb_line_in(line->text, line->size);
	sb_line_add(line, "libstrictbind-preload: STRICTBIND_TRACE=");
	sb_line_add_foreign(line, file, SHOWN);
	sb_line_add(line, ": cannot be opened (");
	sb_line_error(line, (int)-error);
	sb_line_add(line, "), ignored");
	sb_line_end(line, '\n');
	sb_sys_write(STDERR_FILENO, line->text, line->used);
}

/* After a failure. The sentence is written into the room that the line has left. */
static void add_why(struct sb_line *line, const struct sb_traced *traced,
		    const struct strictbind_arguments *call)
{
	char *why;

	if (traced->result >= 0)
		return;
	sb_line_add(line, "; ");
	if (line->cut)
		return;
	why = line->text + line->used;
	/* Less one byte, for the end of the line. */
	if (strictbind_explain(call, traced->error, why, line->size - line->used - 1) >= 0)
		line->used += strlen(why);
}

/*
 * In a directory where others may write, such as /tmp, somebody may have put a link to a file of
 * ours under the name of the trace. Descriptors are named by links, too, and these are the
 * kernel's.
 */
static bool may_be_link(const char *path)
{
	static const char *const beginnings[] = { "/dev/std", "/dev/fd/", "/proc/", NULL };

	return sb_begins_with(path, beginnings);
}

static void finish(struct sb_line *line, const struct sb_traced *traced,
		   const struct strictbind_arguments *call)
{
	long fd;

	sb_line_add(line, ") = ");
	add_result(line, traced);
	add_counts(line, traced);
	add_why(line, traced, call);
	sb_line_end(line, '\n');
	/* Opened each time: programs close, and use again, descriptors that they do not know. */
	fd = sb_sys_open_append(traced->settings->trace, may_be_link(traced->settings->trace));
	if (fd < 0) {
		complain(line, traced->settings->trace, fd);
		return;
	}
	while (sb_sys_write((int)fd, line->text, line->used) == -EINTR)
		;
	sb_sys_close((int)fd);
}

void sb_trace_mbind(const struct sb_traced *traced, const struct sb_traced_mbind *call)
{
	char text[LINE];
	struct sb_line line = sb_line_in(text, sizeof(text));
	struct strictbind_arguments arguments = {
		.size = sizeof(arguments),
		.call = STRICTBIND_CALL_MBIND,
		.addr = call->start,
		.len = call->len,
		.mode = call->mode,
		.nodemask = call->nodemask,
		.maxnode = call->maxnode,
		.flags = call->flags,
	};
	int before = errno;

	begin(&line, traced, "mbind");
	sb_line_hex(&line, (uintptr_t)call->start);
	sb_line_add(&line, ", ");
	sb_line_number(&line, call->len);
	sb_line_add(&line, ", ");
	sb_line_mode(&line, call->mode);
	sb_line_add(&line, ", ");
	add_nodes(&line, call->nodemask, call->maxnode);
	sb_line_add(&line, ", ");
	sb_line_flags(&line, call->flags);
	finish(&line, traced, &arguments);
	errno = before;
}

void sb_trace_migrate(const struct sb_traced *traced, const struct sb_traced_migrate *call)
{
	char text[LINE];
	struct sb_line line = sb_line_in(text, sizeof(text));
	struct strictbind_arguments arguments = {
		.size = sizeof(arguments),
		.call = STRICTBIND_CALL_MIGRATE_PAGES,
		.pid = call->pid,
		.nodemask = call->old_nodes,
		.new_nodes = call->new_nodes,
		.maxnode = call->maxnode,
	};
	int before = errno;

	begin(&line, traced, "migrate_pages");
	sb_line_signed(&line, call->pid);
	sb_line_add(&line, ", ");
	add_nodes(&line, call->old_nodes, call->maxnode);
	sb_line_add(&line, ", ");
	add_nodes(&line, call->new_nodes, call->maxnode);
	finish(&line, traced, &arguments);
	errno = before;
}
