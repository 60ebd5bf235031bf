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

/* For syscall.S: names that nobody else can take over. */
#define ALIAS_OF(function) __attribute__((alias(#function), visibility("hidden")))
extern __typeof__(mbind) sb_preload_mbind ALIAS_OF(mbind);
extern __typeof__(migrate_pages) sb_preload_migrate_pages ALIAS_OF(migrate_pages);

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

SB_EXPORT long mbind(void *addr, unsigned long len, int mode, const unsigned long *nodemask,
		     unsigned long maxnode, unsigned flags)
{
	const struct sb_settings *settings = sb_settings();
	struct sb_traced_mbind call = { addr, len, mode, nodemask, maxnode, flags };
	struct strictbind_options options;

	if (settings->off)
		return sb_result(
			sb_sys_mbind((uintptr_t)addr, len, mode, nodemask, maxnode, flags));
	if (settings->trace[0])
		return mbind_traced(trace_of(settings, __builtin_return_address(0)), &call);
	return strictbind_mbind_opt(addr, len, mode, nodemask, maxnode, flags,
				    sb_settings_options(settings, &options), NULL);
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

SB_EXPORT long migrate_pages(int pid, unsigned long maxnode, const unsigned long *old_nodes,
			     const unsigned long *new_nodes)
{
	const struct sb_settings *settings = sb_settings();
	struct sb_traced_migrate call = { pid, maxnode, old_nodes, new_nodes };
	struct strictbind_options options;

	if (settings->off)
		return sb_result(sb_sys_migrate_pages(pid, maxnode, old_nodes, new_nodes));
	if (settings->trace[0])
		return migrate_traced(trace_of(settings, __builtin_return_address(0)), &call);
	return strictbind_migrate_pages_opt(pid, maxnode, old_nodes, new_nodes,
					    sb_settings_options(settings, &options), NULL);
}
