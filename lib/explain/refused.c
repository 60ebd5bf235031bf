/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explain/refused.h"

#include <linux/capability.h>
#include <string.h>

#include "core/call_words.h"
#include "core/proc_file.h"
#include "explain/masks.h"
#include "explain/try.h"
#include "kernel/filter.h"
#include "kernel/probe_quirks.h"

static bool file_is_there(const char *path)
{
	long fd = sb_sys_open_read(path);

	if (fd >= 0)
		sb_sys_close((int)fd);
	return fd >= 0;
}

/* All of these come with the same option. */
static bool kernel_has_numa(void)
{
	return sb_sys_get_mempolicy(NULL, NULL, 0, 0, 0) != -ENOSYS ||
	       file_is_there("/sys/devices/system/node/has_memory") ||
	       file_is_there("/proc/self/numa_maps");
}

static enum strictbind_cause by_filter(const struct sb_failure *failure)
{
	struct sb_line *line = failure->line;

	sb_line_add(line, "A seccomp filter on this process answers ");
	sb_line_add(line, sb_failure_name(failure));
	sb_line_add(line, " with ");
	sb_line_error(line, failure->error);
	sb_line_add(line, ", whatever its arguments are.");
	return STRICTBIND_CAUSE_SECCOMP;
}

/* In two parts, with the name of the call between them. */
static enum strictbind_cause say(const struct sb_failure *failure, const char *before,
				 const char *behind, enum strictbind_cause cause)
{
	sb_line_add(failure->line, before);
	sb_line_add(failure->line, sb_failure_name(failure));
	sb_line_add(failure->line, behind);
	return cause;
}

static enum strictbind_cause explain_no_call(const struct sb_failure *failure)
{
	bool numa = kernel_has_numa();
	bool filter = sb_has_filter();

	if (filter && numa)
		return by_filter(failure);
	if (filter)
		return say(failure, "The kernel has no ",
			   ", or the seccomp filter on this process says so: which of them, "
			   "nothing tells.",
			   STRICTBIND_CAUSE_UNKNOWN);
	if (!numa)
		return say(failure, "The kernel was built without ",
			   ", that is, without CONFIG_NUMA.", STRICTBIND_CAUSE_NOT_BUILT);
	return say(failure, "This kernel has NUMA, no seccomp filter is on this process, and ",
		   " is not there all the same: a sandbox may stand between.",
		   STRICTBIND_CAUSE_UNKNOWN);
}

/* The answer to a call that the kernel itself would never refuse. */
static long answer(const struct sb_failure *failure)
{
	return sb_failure_of_mbind(failure) ? sb_probe_mbind() : sb_probe_migrate_pages();
}

bool sb_explain_refused(const struct sb_failure *failure, enum strictbind_cause *cause)
{
	if (answer(failure) != -failure->error)
		return false;
	if (failure->error == ENOSYS)
		*cause = explain_no_call(failure);
	else if (sb_has_filter())
		*cause = by_filter(failure);
	else
		*cause = say(failure,
			     "No seccomp filter is on this process, and the kernel itself "
			     "does not answer ",
			     " so: a sandbox or a security module may.", STRICTBIND_CAUSE_UNKNOWN);
	return true;
}

/* ---- rights ---- */

/* In the namespace of this process, which need not be the one that counts. */
static bool has_sys_nice(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	unsigned long effective;

	if (sb_status_number("CapEff:\t", 16, &effective))
		return effective >> CAP_SYS_NICE & 1;
	memset(data, 0, sizeof(data));
	if (sb_syscall(SYS_capget, (long)(uintptr_t)&header, (long)(uintptr_t)data, 0, 0, 0, 0) < 0)
		return false;
	return data[0].effective >> CAP_SYS_NICE & 1;
}

/* In the first user namespace all users are themselves. */
static bool in_first_namespace(void)
{
	struct sb_words words;
	unsigned long number[3] = { 1, 1, 0 };
	int count = 0;

	if (sb_words_open(&words, 0, "uid_map") < 0)
		return false;
	while (count < 3 && sb_words_next(&words)) {
		const char *text = words.word;

		if (*text)
			number[count++] = sb_number(&text, 10);
	}
	sb_words_close(&words);
	return number[0] == 0 && number[1] == 0 && number[2] == 0xffffffff;
}

static void add_capability(struct sb_line *line, bool has)
{
	sb_line_add(line, has ? " takes CAP_SYS_NICE in the first user namespace, and this process "
				"is in another."
			      : " takes CAP_SYS_NICE, which this process does not have.");
}

static enum strictbind_cause explain_move_all(const struct sb_failure *failure)
{
	bool has = has_sys_nice();

	if (!(failure->call.flags & SB_MF_MOVE_ALL) || sb_try_flags(SB_MF_MOVE_ALL) != -EPERM)
		return STRICTBIND_CAUSE_UNKNOWN;
	if (!has || !in_first_namespace()) {
		sb_line_add(failure->line, "MPOL_MF_MOVE_ALL");
		add_capability(failure->line, has);
		return STRICTBIND_CAUSE_PRIVILEGE;
	}
	if (!sb_has_filter())
		return STRICTBIND_CAUSE_UNKNOWN;
	sb_line_add(failure->line, "A seccomp filter on this process refuses mbind with "
				   "MPOL_MF_MOVE_ALL, for which it has the privilege.");
	return STRICTBIND_CAUSE_SECCOMP;
}

static enum strictbind_cause explain_process(const struct sb_failure *failure)
{
	int pid = failure->call.pid;

	if (sb_try_process(0) != 0 || sb_try_process(pid) != -EPERM)
		return STRICTBIND_CAUSE_UNKNOWN;
	sb_line_add(failure->line, "This process may not look into process ");
	sb_line_signed(failure->line, pid);
	sb_line_add(failure->line, ": that is another user's or has gained privileges, and takes "
				   "CAP_SYS_PTRACE.");
	return STRICTBIND_CAUSE_PRIVILEGE;
}

enum strictbind_cause sb_explain_privilege(const struct sb_failure *failure)
{
	enum strictbind_cause cause;

	if (sb_failure_of_mbind(failure))
		return explain_move_all(failure);
	cause = explain_process(failure);
	if (cause || has_sys_nice())
		return cause;
	/* Without that capability all of them have to be allowed to the process. */
	return sb_explain_new_nodes(failure, failure->call.pid, true);
}
