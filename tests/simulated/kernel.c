/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel.h"

#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "calls.h"
#include "core/syscall.h"
#include "kernel/quirks.h"

struct fake fake;

/* Not in the headers of every distribution that can build this. */
enum { PIDFD_OPEN = 434, PROCESS_MADVISE = 440, MEMFD_SECRET = 447 };

/* ---- small calls ---- */

static long fake_uname(const struct fake_args *args)
{
	struct utsname *name = fake_pointer(args->a);

	memset(name, 0, sizeof(*name));
	strcpy(name->sysname, "Linux");
	strncpy(name->release, fake.kernel.release, sizeof(name->release) - 1);
	return 0;
}

static long fake_sched_yield(const struct fake_args *args)
{
	(void)args;
	if (fake.migrating > 0 && --fake.migrating == 0)
		for (unsigned i = 0; i < fake.space.page_count; i++)
			if (fake.space.pages[i].kind == FAKE_MIGRATING)
				fake.space.pages[i].kind = FAKE_MOVABLE;
	return 0;
}

static long fake_rt_sigprocmask(const struct fake_args *args)
{
	if (args->d != 8)
		return -EINVAL;
	if (args->b && !fake_readable((unsigned long)args->b, 8))
		return -EFAULT;
	return args->a >= SIG_BLOCK && args->a <= SIG_SETMASK ? 0 : -EINVAL;
}

static long fake_getcpu(const struct fake_args *args)
{
	if (args->a)
		*(unsigned *)fake_pointer(args->a) = 0;
	if (args->b)
		*(unsigned *)fake_pointer(args->b) = (unsigned)fake.local;
	return 0;
}

/* A call for FAKE_PID is then one for another process, which has the same memory. */
static long fake_getpid(const struct fake_args *args)
{
	(void)args;
	return FAKE_PID + 1;
}

/* Two processors. */
static long fake_sched_getaffinity(const struct fake_args *args)
{
	if (args->b < 8)
		return -EINVAL;
	*(unsigned long *)fake_pointer(args->c) = 3;
	return 8;
}

static long fake_sched_setaffinity(const struct fake_args *args)
{
	(void)args;
	return 0;
}

static long fake_prctl(const struct fake_args *args)
{
	if (args->a != PR_GET_SECCOMP)
		fake.misuse = "prctl that is more than a question";
	return fake.filtered ? 2 : 0;
}

static long fake_capget(const struct fake_args *args)
{
	struct __user_cap_data_struct *data = fake_pointer(args->b);

	memset(data, 0, 2 * sizeof(*data));
	data[0].effective = fake.nice ? 1U << CAP_SYS_NICE : 0;
	return 0;
}

static fake_call *call_of(long number)
{
	switch (number) {
	case SYS_mbind:
		return fake_mbind;
	case SYS_migrate_pages:
		return fake_migrate_pages;
	case SYS_move_pages:
		return fake_move_pages;
	case SYS_get_mempolicy:
		return fake_get_mempolicy;
	case SYS_mmap:
		return fake_mmap;
	case SYS_munmap:
		return fake_munmap;
	case SYS_mprotect:
		return fake_mprotect;
	case SYS_madvise:
		return fake_madvise;
	case SYS_msync:
		return fake_msync;
	case SYS_mincore:
		return fake_mincore;
	case SYS_openat:
		return fake_openat;
	case SYS_read:
		return fake_read;
	case SYS_getdents64:
		return fake_getdents;
	case SYS_pread64:
		return fake_pread;
	case SYS_close:
		return fake_close;
	case SYS_ioctl:
		return fake_ioctl;
	case SYS_perf_event_open:
		return fake_perf_event_open;
	case SYS_socket:
		return fake_socket;
	case SYS_setsockopt:
		return fake_setsockopt;
	case MEMFD_SECRET:
		return fake_memfd_secret;
	case SYS_ftruncate:
		return fake_ftruncate;
	case SYS_getpid:
		return fake_getpid;
	case PIDFD_OPEN:
		return fake_pidfd_open;
	case PROCESS_MADVISE:
		return fake_process_madvise;
	case SYS_getcpu:
		return fake_getcpu;
	case SYS_sched_getaffinity:
		return fake_sched_getaffinity;
	case SYS_sched_setaffinity:
		return fake_sched_setaffinity;
	case SYS_uname:
		return fake_uname;
	case SYS_sched_yield:
		return fake_sched_yield;
	case SYS_rt_sigprocmask:
		return fake_rt_sigprocmask;
	case SYS_prctl:
		return fake_prctl;
	case SYS_capget:
		return fake_capget;
	default:
		return NULL;
	}
}

/* ---- failing calls ---- */

struct fake_rule *fake_fail(long number, int error)
{
	for (int i = 0; i < FAKE_RULES; i++)
		if (!fake.rules[i].used) {
			fake.rules[i] = (struct fake_rule){ .used = true,
							    .number = number,
							    .error = error };
			return &fake.rules[i];
		}
	abort();
}

void fake_heal(void)
{
	memset(fake.rules, 0, sizeof(fake.rules));
	fake.fail_at[0] = 0;
	fake.fail_at[1] = 0;
}

static bool rule_meets(const struct fake_rule *rule, long number, const struct fake_args *args)
{
	if (!rule->used || (rule->number != -1 && rule->number != number))
		return false;
	return !rule->path || (number == SYS_openat && strstr(fake_pointer(args->b), rule->path));
}

static bool rule_fires(struct fake_rule *rule)
{
	if (rule->skip > 0) {
		rule->skip--;
		return false;
	}
	if (rule->times > 0 && --rule->times == 0)
		rule->used = false;
	return true;
}

/* A descriptor is closed and memory unmapped whatever close and munmap say. */
static bool always_succeeds(long number)
{
	return number == SYS_close || number == SYS_munmap;
}

/* msync says ENOMEM for a hole, which is an answer and no failure. */
static bool is_failure(long number, int error)
{
	return number != SYS_msync || error != ENOMEM;
}

static int planned_failure(long number, const struct fake_args *args)
{
	if (always_succeeds(number))
		return 0;
	if (fake.calls == fake.fail_at[0] || fake.calls == fake.fail_at[1])
		return is_failure(number, fake.fail_error) ? fake.fail_error : 0;
	for (int i = 0; i < FAKE_RULES; i++)
		if (rule_meets(&fake.rules[i], number, args) && rule_fires(&fake.rules[i]))
			return fake.rules[i].error;
	return 0;
}

/* ---- the way in ---- */

/* The library may have several threads at work; a call is one step of the simulation. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static void check_limit(long number)
{
	if (fake.call_limit == 0 || fake.calls <= fake.call_limit)
		return;
	fprintf(stderr, "fake: %u system calls and no end, the last one was number %ld\n",
		fake.calls, number);
	abort();
}

/* Whether it matters to the call what memory has been touched; finding that out takes a while. */
static bool looks_at_pages(long number)
{
	switch (number) {
	case SYS_mbind:
	case SYS_migrate_pages:
	case SYS_move_pages:
	case SYS_get_mempolicy:
	case SYS_read:
	case SYS_pread64:
	case SYS_ioctl:
	case SYS_munmap:
		return true;
	default:
		return false;
	}
}

static long do_syscall(long number, const struct fake_args *args)
{
	fake_call *call = call_of(number);
	int error;

	if (!call || number < 0 || number >= 512) {
		fake.misuse = "a system call that the simulation does not know";
		return -ENOSYS;
	}
	fake.calls++;
	fake.calls_of[number]++;
	check_limit(number);
	if (looks_at_pages(number))
		fake_see_touched();
	if (fake.before_call)
		fake.before_call(fake.calls);
	error = planned_failure(number, args);
	return error ? -error : call(args);
}

/* In the place of the library's own: this is how the simulated kernel is called. */
long sb_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	struct fake_args args = { a, b, c, d, e, f };
	long result;

	pthread_mutex_lock(&one_at_a_time);
	result = do_syscall(number, &args);
	pthread_mutex_unlock(&one_at_a_time);
	return result;
}

long fake_raw_mbind(unsigned long start, unsigned long len, int mode, const unsigned long *mask,
		    unsigned long maxnode, unsigned flags)
{
	struct fake_args args = { (long)start,		 (long)len,	mode,
				  (long)(uintptr_t)mask, (long)maxnode, (long)flags };

	return fake_mbind(&args);
}

/* ---- the process ---- */

void fake_make_unreadable(const void *start, size_t size)
{
	for (int i = 0; i < FAKE_UNREADABLE; i++)
		if (fake.unreadable[i].end == 0) {
			fake.unreadable[i].start = (unsigned long)start;
			fake.unreadable[i].end = (unsigned long)start + size;
			return;
		}
	abort();
}

bool fake_readable(unsigned long start, unsigned long size)
{
	if (start < FAKE_PAGE || start + size < start || start >> 47)
		return false;
	for (int i = 0; i < FAKE_UNREADABLE; i++)
		if (start < fake.unreadable[i].end && start + size > fake.unreadable[i].start)
			return false;
	return true;
}

static void map_plain(unsigned long start, unsigned long pages, const char *name)
{
	struct fake_vma vma = {
		.start = start,
		.end = start + pages * FAKE_PAGE,
		.prot = PROT_READ | PROT_WRITE,
		.name = name,
	};

	fake_map(&fake.space, &vma);
	for (unsigned long i = 0; i < pages; i += 2) {
		struct fake_page page = { .address = start + i * FAKE_PAGE,
					  .span = 1,
					  .node = fake.local,
					  .mapcount = 1 };

		fake_put_page(&fake.space, &page);
	}
}

static void release_all(void)
{
	for (int i = 0; i < FAKE_FILES; i++)
		free(fake.files[i].text);
	for (unsigned i = 0; i < fake.space.vma_count; i++)
		if (fake.space.vmas[i].real)
			real_syscall(SYS_munmap, (long)fake.space.vmas[i].start,
				     (long)(fake.space.vmas[i].end - fake.space.vmas[i].start), 0,
				     0, 0, 0);
}

void fake_boot(const struct fake_kernel *kernel, int nodes)
{
	release_all();
	memset(&fake, 0, offsetof(struct fake, space));
	fake.space.vma_count = 0;
	fake.space.page_count = 0;
	fake.space.vma_limit = 0;
	memset((char *)&fake + offsetof(struct fake, memory), 0,
	       sizeof(fake) - offsetof(struct fake, memory));
	fake.kernel = *kernel;
	fake.memory = fake_first_nodes(nodes);
	fake.allowed = fake.memory;
	fake.kernel_nodes = FAKE_MAX_NODES;
	for (int node = 0; node < FAKE_MAX_NODES; node++)
		fake.room[node] = fake.pool[node] = -1;
	fake.busy = -1;
	fake.nice = fake.frames = fake.perf = fake.packet = fake.proc = fake.secretmem = true;
	fake.resident_kb = 100000;
	fake.call_limit = 200000;
	map_plain(0x400000, 4, "/usr/bin/program");
	map_plain(0x7ffffff00000, 6, NULL);
	sb_forget();
}

void fake_forget_answers(void)
{
	sb_forget();
}

void fake_count(void)
{
	fake.calls = 0;
	memset(fake.calls_of, 0, sizeof(fake.calls_of));
}

unsigned fake_calls_of(long number)
{
	return fake.calls_of[number];
}

const char *fake_leftover(void)
{
	if (fake.misuse)
		return fake.misuse;
	for (int i = 0; i < FAKE_FILES; i++)
		if (fake.files[i].open)
			return "a descriptor is left open";
	for (unsigned i = 0; i < fake.space.vma_count; i++)
		if (fake.space.vmas[i].real)
			return "a mapping is left behind";
	return NULL;
}
