/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reasons.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <numaif.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "command.h"
#include "files.h"

const char *const reason_names[REASONS] = {
	[REASON_SHARED] = "shared",
	[REASON_KERNEL] = "kernel memory",
	[REASON_MERGED] = "merged (KSM)",
	[REASON_CACHE] = "file cache",
	[REASON_FULL] = "no room where they belong",
	[REASON_CPUSET] = "not allowed by the cpuset",
	[REASON_UNTOLD] = "not told",
	[REASON_NOT_MOVED] = "not moved, or pinned",
};

/* Entries of /proc/PID/pagemap. */
#define PRESENT (UINT64_C(1) << 63)
#define EXCLUSIVE (UINT64_C(1) << 56)
#define FRAME ((UINT64_C(1) << 55) - 1)

/* Flags of /proc/kpageflags (linux/kernel-page-flags.h). */
#define KERNEL_FLAGS_NONE_OF                                                                       \
	(UINT64_C(1) << 3 /* up to date */ | UINT64_C(1) << 5 /* on an LRU list */ |               \
	 UINT64_C(1) << 12 /* anonymous */ | UINT64_C(1) << 14 /* swap backed */ |                 \
	 UINT64_C(1) << 15 | UINT64_C(1) << 16 /* part of a compound page */ |                     \
	 UINT64_C(1) << 17 /* hugetlb */ | UINT64_C(1) << 22 /* transparent huge */)
#define MERGED (UINT64_C(1) << 21)

enum { BATCH = 4096 };

struct look {
	const struct process *process;
	const struct mapping *mapping;
	bool cache; /* pages of the mapping that are not anonymous are a file's */
	int frames; /* /proc/kpageflags, or -1 */
	bool ksm;   /* it tells merged pages */
	struct reasons reasons;
	unsigned long *own; /* on each node, those that are not shared; or NULL */
	int count;
	void *addresses[BATCH];
	uint64_t entries[BATCH];
	int nodes[BATCH];
};

/* Whether it is a file on a disk, not one in memory, whose pages follow policies. */
static bool is_on_disk(const struct process *process, const struct mapping *mapping)
{
	struct statfs system;
	char path[128];

	if (!mapping->file || mapping->huge || strncmp(mapping->name, "/memfd:", 7) == 0 ||
	    strncmp(mapping->name, "/SYSV", 5) == 0 || strncmp(mapping->name, "/dev/zero", 9) == 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/map_files/%lx-%lx", process->pid, mapping->start,
		 mapping->end);
	if (statfs(path, &system) != 0 && statfs(mapping->name, &system) != 0)
		return strncmp(mapping->name, "/dev/shm/", 9) != 0;
	/* A tmpfs takes policies for its files; a ramfs, as all others, does not. */
	return system.f_type != TMPFS_MAGIC && system.f_type != HUGETLBFS_MAGIC;
}

static uint64_t frame_flags(int frames, uint64_t entry)
{
	uint64_t flags = 0;

	if (frames < 0 || (entry & FRAME) == 0 ||
	    pread(frames, &flags, sizeof(flags), (off_t)((entry & FRAME) * sizeof(flags))) !=
		    sizeof(flags))
		return UINT64_MAX & ~MERGED;
	return flags;
}

/* Some kernels (6.12) call every anonymous page merged. One of this program's stack is not. */
static bool tells_merged(int frames)
{
	unsigned long page = (unsigned long)sysconf(_SC_PAGESIZE);
	volatile uint64_t entry = 0;
	uint64_t got = 0;
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	bool read = pagemap >= 0 &&
		    pread(pagemap, &got, sizeof(got),
			  (off_t)((uintptr_t)&entry / page * sizeof(got))) == sizeof(got);

	close(pagemap);
	return read && !(frame_flags(frames, got) & MERGED);
}

static uint64_t page_flags(const struct look *look, uint64_t entry)
{
	uint64_t flags = frame_flags(look->frames, entry);

	return look->ksm ? flags : flags & ~MERGED;
}

/* Bit 61 of an entry: a page of a file, or of memory shared as a file is. */
static enum reason reason_of(const struct look *look, uint64_t entry)
{
	uint64_t flags = page_flags(look, entry);

	if (flags & MERGED)
		return REASON_MERGED;
	if ((flags & KERNEL_FLAGS_NONE_OF) == 0)
		return REASON_KERNEL;
	if (!(entry & EXCLUSIVE))
		return REASON_SHARED;
	if (look->cache && entry >> 61 & 1)
		return REASON_CACHE;
	return REASON_NOT_MOVED;
}

static void flush(struct look *look)
{
	int count = look->count;

	look->count = 0;
	if (count == 0 || syscall(SYS_move_pages, look->process->pid, (unsigned long)count,
				  look->addresses, NULL, look->nodes, 0) != 0)
		return;
	for (int i = 0; i < count; i++) {
		enum reason reason;

		if (look->nodes[i] < 0 || nodes_has(&look->mapping->nodes, look->nodes[i]))
			continue;
		reason = reason_of(look, look->entries[i]);
		look->reasons.pages[reason]++;
		if (look->own && reason != REASON_SHARED && look->nodes[i] < look->process->nodes)
			look->own[look->nodes[i]]++;
	}
}

static void look_at(struct look *look, int pagemap, unsigned long at, unsigned long last)
{
	static uint64_t entries[BATCH];
	unsigned long page = (unsigned long)sysconf(_SC_PAGESIZE);

	while (at < last) {
		unsigned long pages = (last - at) / page;
		size_t size = (pages < BATCH ? pages : BATCH) * sizeof(*entries);
		ssize_t got = pread(pagemap, entries, size, (off_t)(at / page * sizeof(*entries)));

		if (got <= 0)
			break;
		for (size_t i = 0; i < (size_t)got / sizeof(*entries); i++, at += page) {
			if (!(entries[i] & PRESENT))
				continue;
			look->addresses[look->count] =
				(void *)at; // NOLINT(performance-no-int-to-ptr)
			look->entries[look->count++] = entries[i];
			if (look->count == BATCH)
				flush(look);
		}
	}
	flush(look);
}

/* The misplaced pages between two addresses, by reason. */
static void look_between(struct look *look, unsigned long start, unsigned long end)
{
	char path[64];
	int pagemap;

	look->cache = is_on_disk(look->process, look->mapping);
	snprintf(path, sizeof(path), "/proc/%d/pagemap", look->process->pid);
	pagemap = open(path, O_RDONLY | O_CLOEXEC);
	look->frames = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	look->ksm = tells_merged(look->frames);
	if (pagemap >= 0)
		look_at(look, pagemap, start, end);
	close(pagemap);
	close(look->frames);
}

void reasons_own(const struct process *process, const struct mapping *mapping, unsigned long start,
		 unsigned long end, unsigned long *pages)
{
	static struct look look;

	look = (struct look){ .process = process, .mapping = mapping, .own = pages };
	memset(pages, 0, (size_t)process->nodes * sizeof(*pages));
	look_between(&look, start, end);
}

/* ---- what goes for all pages of a mapping ---- */

static bool allowed_nowhere(const struct process *process, const struct mapping *mapping)
{
	char path[64];
	char *text;
	const char *list;
	bool nowhere = false;

	snprintf(path, sizeof(path), "/proc/%d/status", process->pid);
	text = file_text(path, NULL);
	list = file_field(text, "Mems_allowed_list");
	if (list) {
		struct nodes allowed;

		nodes_read(list, &allowed);
		allowed = nodes_both(&allowed, &mapping->nodes);
		nowhere = nodes_empty(&allowed);
	}
	free(text);
	return nowhere;
}

static bool is_full(const struct mapping *mapping, unsigned long pages)
{
	unsigned long room = 0;

	for (int node = 0; node < NODES_MOST; node++)
		if (nodes_has(&mapping->nodes, node))
			room += nodes_free(node, mapping->huge ? mapping->page_kib : 0);
	return room < pages * (unsigned long)sysconf(_SC_PAGESIZE);
}

/* What numa_maps has counted and the look has not found is put to the side. */
static void settle(struct reasons *reasons, unsigned long misplaced)
{
	unsigned long found = 0;

	for (int i = 0; i < REASONS; i++)
		found += reasons->pages[i];
	if (found < misplaced)
		reasons->pages[REASON_UNTOLD] += misplaced - found;
	/* More have come meanwhile. */
	for (int i = REASONS - 1; i >= 0 && found > misplaced; i--) {
		unsigned long excess = found - misplaced;

		if (excess > reasons->pages[i])
			excess = reasons->pages[i];
		reasons->pages[i] -= excess;
		found -= excess;
	}
}

struct reasons reasons_of(const struct process *process, const struct mapping *mapping)
{
	static struct look look;
	struct reasons *reasons = &look.reasons;
	unsigned long *rest = &reasons->pages[REASON_NOT_MOVED];
	enum reason better = REASON_NOT_MOVED;

	look = (struct look){ .process = process, .mapping = mapping };
	look_between(&look, mapping->start, mapping->end);
	settle(reasons, mapping->misplaced);
	if (*rest && allowed_nowhere(process, mapping))
		better = REASON_CPUSET;
	else if (*rest && is_full(mapping, *rest))
		better = REASON_FULL;
	if (better != REASON_NOT_MOVED) {
		reasons->pages[better] = *rest;
		*rest = 0;
	}
	return *reasons;
}
