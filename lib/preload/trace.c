/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include "caller.h"
#include "core/nodeset.h"
#include "core/syscall.h"
#include "line.h"
#include "trace.h"

struct name {
	unsigned long value;
	const char *name;
};

/* Of the name of a file that is complained about. */
#define SHOWN 256

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct name modes[] = {
	{ 0, "MPOL_DEFAULT" },
	{ 1, "MPOL_PREFERRED" },
	{ 2, "MPOL_BIND" },
	{ 3, "MPOL_INTERLEAVE" },
	{ 4, "MPOL_LOCAL" },
	{ 5, "MPOL_PREFERRED_MANY" },
	{ 6, "MPOL_WEIGHTED_INTERLEAVE" },
};

static const struct name mode_flags[] = {
	{ 1 << 13, "MPOL_F_NUMA_BALANCING" },
	{ 1 << 14, "MPOL_F_RELATIVE_NODES" },
	{ 1 << 15, "MPOL_F_STATIC_NODES" },
};

static const struct name flags[] = {
	{ SB_MF_STRICT, "MPOL_MF_STRICT" },
	{ SB_MF_MOVE, "MPOL_MF_MOVE" },
	{ SB_MF_MOVE_ALL, "MPOL_MF_MOVE_ALL" },
};

static const struct name errors[] = {
	{ E2BIG, "E2BIG" },	{ EACCES, "EACCES" }, { ECANCELED, "ECANCELED" },
	{ EFAULT, "EFAULT" },	{ EINVAL, "EINVAL" }, { EIO, "EIO" },
	{ ENOMEM, "ENOMEM" },	{ ENOSYS, "ENOSYS" }, { EPERM, "EPERM" },
	{ ESRCH, "ESRCH" },	{ EISDIR, "EISDIR" }, { ENOENT, "ENOENT" },
	{ ENOTDIR, "ENOTDIR" }, { EROFS, "EROFS" },   { EMFILE, "EMFILE" },
	{ ENXIO, "ENXIO" },
};

static const char *name_of(const struct name *names, size_t count, unsigned long value)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].value == value)
			return names[i].name;
	return NULL;
}

/* The names of all bits, and the rest as a number. */
static void add_bits(struct sb_line *line, const struct name *names, size_t count,
		     unsigned long bits, const char *before)
{
	for (size_t i = 0; i < count; i++) {
		if (!(bits & names[i].value))
			continue;
		sb_line_add(line, before);
		sb_line_add(line, names[i].name);
		bits &= ~names[i].value;
		before = "|";
	}
	if (bits) {
		sb_line_add(line, before);
		sb_line_hex(line, bits);
	}
}

static void add_mode(struct sb_line *line, int mode)
{
	unsigned long all = (unsigned)mode;
	unsigned long bare = all & ~(unsigned long)SB_MPOL_MODE_FLAGS;
	const char *name = name_of(modes, COUNT(modes), bare);

	if (name)
		sb_line_add(line, name);
	else
		sb_line_hex(line, bare);
	add_bits(line, mode_flags, COUNT(mode_flags), all & SB_MPOL_MODE_FLAGS, "|");
}

static void add_flags(struct sb_line *line, unsigned bits)
{
	if (bits)
		add_bits(line, flags, COUNT(flags), bits, "");
	else
		sb_line_add(line, "0");
}

/* As {0-2,5}. */
static void add_set(struct sb_line *line, const struct sb_nodeset *set)
{
	const char *before = "{";

	for (int node = 0; node < SB_MAX_NODES; node++) {
		int last = node;

		if (!sb_nodeset_has(set, node))
			continue;
		while (sb_nodeset_has(set, last + 1))
			last++;
		sb_line_add(line, before);
		sb_line_number(line, (unsigned)node);
		if (last > node) {
			sb_line_add(line, "-");
			sb_line_number(line, (unsigned)last);
		}
		before = ",";
		node = last;
	}
	sb_line_add(line, *before == '{' ? "{}" : "}");
}

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
	add_set(line, &set);
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
	line->used = 0;
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

static void add_error(struct sb_line *line, unsigned error)
{
	const char *name = name_of(errors, COUNT(errors), error);

	sb_line_add(line, name ? name : "errno ");
	if (!name)
		sb_line_number(line, error);
}

static void add_result(struct sb_line *line, const struct sb_traced *traced)
{
	if (traced->result >= 0) {
		sb_line_number(line, (unsigned long)traced->result);
		return;
	}
	sb_line_add(line, "-1 ");
	add_error(line, (unsigned)traced->error);
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
	line->used = 0;
	sb_line_add(line, "libstrictbind-preload: STRICTBIND_TRACE=");
	sb_line_add_foreign(line, file, SHOWN);
	sb_line_add(line, ": cannot be opened (");
	add_error(line, (unsigned)-error);
	sb_line_add(line, "), ignored");
	sb_line_end(line);
	sb_sys_write(STDERR_FILENO, line->text, line->used);
}

static void finish(struct sb_line *line, const struct sb_traced *traced)
{
	long fd;

	sb_line_add(line, ") = ");
	add_result(line, traced);
	add_counts(line, traced);
	sb_line_end(line);
	/* Opened each time: programs close, and use again, descriptors that they do not know. */
	fd = sb_sys_open_append(traced->settings->trace);
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
	struct sb_line line;
	int before = errno;

	begin(&line, traced, "mbind");
	sb_line_hex(&line, (uintptr_t)call->start);
	sb_line_add(&line, ", ");
	sb_line_number(&line, call->len);
	sb_line_add(&line, ", ");
	add_mode(&line, call->mode);
	sb_line_add(&line, ", ");
	add_nodes(&line, call->nodemask, call->maxnode);
	sb_line_add(&line, ", ");
	add_flags(&line, call->flags);
	finish(&line, traced);
	errno = before;
}

void sb_trace_migrate(const struct sb_traced *traced, const struct sb_traced_migrate *call)
{
	struct sb_line line;
	int before = errno;

	begin(&line, traced, "migrate_pages");
	sb_line_signed(&line, call->pid);
	sb_line_add(&line, ", ");
	add_nodes(&line, call->old_nodes, call->maxnode);
	sb_line_add(&line, ", ");
	add_nodes(&line, call->new_nodes, call->maxnode);
	finish(&line, traced);
	errno = before;
}
