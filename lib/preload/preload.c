/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What LD_PRELOAD puts before other libraries: mbind and migrate_pages by the contract, for
 * programs that know nothing of it. syscall() leads here for these two numbers (syscall.S).
 */
#include <stdint.h>

#include "api/abi.h"
#include "core/syscall.h"
#include "trace.h"

long mbind(void *addr, unsigned long len, int mode, const unsigned long *nodemask,
	   unsigned long maxnode, unsigned flags);
long migrate_pages(int pid, unsigned long maxnode, const unsigned long *old_nodes,
		   const unsigned long *new_nodes);

/* For syscall.S. The number comes first, as in syscall(). */
long sb_preload_syscall_mbind(long number, void *addr, unsigned long len, long mode,
			      const unsigned long *nodemask, unsigned long maxnode, long flags);
long sb_preload_syscall_migrate_pages(long number, long pid, unsigned long maxnode,
				      const unsigned long *old_nodes,
				      const unsigned long *new_nodes);

static struct sb_traced trace_of(const struct sb_settings *settings, const void *caller)
{
	return (struct sb_traced){
		.settings = settings,
		.caller = caller,
		.report = STRICTBIND_REPORT_INIT,
	};
}

static long mbind_traced(struct sb_traced traced, const struct sb_traced_mbind *call)
{
	struct strictbind_options options;

	traced.result = strictbind_mbind_opt(
		call->start, call->len, call->mode, call->nodemask, call->maxnode, call->flags,
		sb_settings_options(traced.settings, &options), &traced.report);
	traced.error = errno;
	sb_trace_mbind(&traced, call);
	return traced.result;
}

static long mbind_for(const void *caller, const struct sb_traced_mbind *call)
{
	const struct sb_settings *settings = sb_settings();
	struct strictbind_options options;

	if (settings->off)
		return sb_result(sb_sys_mbind((uintptr_t)call->start, call->len, call->mode,
					      call->nodemask, call->maxnode, call->flags));
	if (settings->trace[0])
		return mbind_traced(trace_of(settings, caller), call);
	return strictbind_mbind_opt(call->start, call->len, call->mode, call->nodemask,
				    call->maxnode, call->flags,
				    sb_settings_options(settings, &options), NULL);
}

SB_EXPORT long mbind(void *addr, unsigned long len, int mode, const unsigned long *nodemask,
		     unsigned long maxnode, unsigned flags)
{
	struct sb_traced_mbind call = { addr, len, mode, nodemask, maxnode, flags };

	return mbind_for(__builtin_return_address(0), &call);
}

long sb_preload_syscall_mbind(long number, void *addr, unsigned long len, long mode,
			      const unsigned long *nodemask, unsigned long maxnode, long flags)
{
	struct sb_traced_mbind call = { addr, len, (int)mode, nodemask, maxnode, (unsigned)flags };

	(void)number;
	return mbind_for(__builtin_return_address(0), &call);
}

static long migrate_traced(struct sb_traced traced, const struct sb_traced_migrate *call)
{
	struct strictbind_options options;

	traced.result = strictbind_migrate_pages_opt(
		call->pid, call->maxnode, call->old_nodes, call->new_nodes,
		sb_settings_options(traced.settings, &options), &traced.report);
	traced.error = errno;
	sb_trace_migrate(&traced, call);
	return traced.result;
}

static long migrate_for(const void *caller, const struct sb_traced_migrate *call)
{
	const struct sb_settings *settings = sb_settings();
	struct strictbind_options options;

	if (settings->off)
		return sb_result(sb_sys_migrate_pages(call->pid, call->maxnode, call->old_nodes,
						      call->new_nodes));
	if (settings->trace[0])
		return migrate_traced(trace_of(settings, caller), call);
	return strictbind_migrate_pages_opt(call->pid, call->maxnode, call->old_nodes,
					    call->new_nodes,
					    sb_settings_options(settings, &options), NULL);
}

SB_EXPORT long migrate_pages(int pid, unsigned long maxnode, const unsigned long *old_nodes,
			     const unsigned long *new_nodes)
{
	struct sb_traced_migrate call = { pid, maxnode, old_nodes, new_nodes };

	return migrate_for(__builtin_return_address(0), &call);
}

long sb_preload_syscall_migrate_pages(long number, long pid, unsigned long maxnode,
				      const unsigned long *old_nodes,
				      const unsigned long *new_nodes)
{
	struct sb_traced_migrate call = { (int)pid, maxnode, old_nodes, new_nodes };

	(void)number;
	return migrate_for(__builtin_return_address(0), &call);
}
