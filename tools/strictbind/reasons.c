/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reasons.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "command.h"
#include "judge.h"
#include "page_map.h"

const char *const reason_names[REASONS] = {
	[REASON_SHARED] = "shared",
	[REASON_KERNEL] = "kernel memory",
	[REASON_SECRET] = "secret memory",
	[REASON_MERGED] = "merged (KSM)",
	[REASON_CACHE] = "file cache",
	[REASON_FULL] = "no room where they belong",
	[REASON_CPUSET] = "not allowed by the cpuset",
	[REASON_UNEVEN] = "not spread as asked",
	[REASON_UNTOLD] = "not told",
	[REASON_UNSEEN] = "not looked at",
	[REASON_OUTSIDE] = "outside the cpuset",
	[REASON_ASKED] = "outside the nodes asked for",
	[REASON_NOT_MOVED] = "not moved, or pinned",
};

/*
 * How much is looked at if it is not to be everything: entries of the page map, of which a kernel
 * without PAGEMAP_SCAN has one for each page that is not there, and pages.
 */
enum { BATCH = 4096, ENTRIES_LEAST = 128 * 1024, PAGES_LEAST = 4 * 1024 };

/* Bytes that are free on some nodes, in huge pages of that many KiB or, 0, all. */
struct room {
	const struct nodes *nodes;
	unsigned long huge_kib;
	unsigned long bytes;
};

struct look {
	const struct process *process;
	struct room room; /* that was asked for last */
	struct {
		const struct nodes *nodes;
		bool yes;
	} nowhere;	  /* the same, of whether the process may use none of these */
	const char *file; /* that was asked for last */
	bool on_disk;
	struct page_map map;
	bool opened;
	bool bounded;
	unsigned long entries_left;
	unsigned long pages_left;
	struct reasons *reasons; /* of each mapping */
	unsigned long *own;	 /* on each node, those that are not shared; or NULL */
	/* Pages of any mappings, of which the node is still to be asked. */
	int count;
	void *addresses[BATCH];
	uint64_t entries[BATCH];
	const struct mapping *mappings[BATCH];
	bool cache[BATCH];
	int nodes[BATCH];
};

/* ---- what a mapping is of ---- */

static bool begins(const char *text, const char *beginning)
{
	return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* Memory that the kernel has taken for itself and lets programs see. */
static bool is_kernels(const struct mapping *mapping)
{
	return begins(mapping->name, "socket:") || begins(mapping->name, "anon_inode:") ||
	       begins(mapping->name, "/anon_inode:");
}

static bool is_secret(const struct mapping *mapping)
{
	return begins(mapping->name, "/secretmem");
}

static bool ask_file_system(const struct process *process, const struct mapping *mapping)
{
	struct statfs system;
	char path[128], *name;
	bool told;

	snprintf(path, sizeof(path), "/proc/%d/map_files/%lx-%lx", process->pid, mapping->start,
		 mapping->end);
	told = statfs(path, &system) == 0;
	if (!told) {
		/* As the process sees it, which may be in a container. */
		name = print_new("/proc/%d/root%s", process->pid, mapping->name);
		told = statfs(name, &system) == 0 || statfs(mapping->name, &system) == 0;
		free(name);
	}
	if (!told)
		return !begins(mapping->name, "/dev/shm/");
	/* A tmpfs takes policies for its files; a ramfs, as all others, does not. */
	return system.f_type != TMPFS_MAGIC && system.f_type != HUGETLBFS_MAGIC;
}

/* Whether it is a file on a disk, not one in memory, whose pages follow policies. */
static bool is_on_disk(struct look *look, const struct mapping *mapping)
{
	if (!mapping->file || mapping->huge || is_kernels(mapping) || is_secret(mapping) ||
	    begins(mapping->name, "/memfd:") || begins(mapping->name, "/SYSV") ||
	    begins(mapping->name, "/dev/zero"))
		return false;
	/* Parts of one file come one after the other. */
	if (!look->file || strcmp(look->file, mapping->name) != 0)
		look->on_disk = ask_file_system(look->process, mapping);
	look->file = mapping->name;
	return look->on_disk;
}

/*
 * What numa_maps tells of all misplaced pages of a mapping at once; REASONS if it does not. Pages
 * that are mapped more than once may be shared or merged or both.
 */
static enum reason reason_of_all(const struct mapping *mapping, bool cache)
{
	if (is_secret(mapping))
		return REASON_SECRET;
	if (is_kernels(mapping))
		return REASON_KERNEL;
	if (mapping->sharing)
		return REASONS;
	if (mapping->anonymous == mapping->present)
		return REASON_NOT_MOVED;
	if (!mapping->file)
		return REASONS;
	if (!cache)
		return begins(mapping->name, "/dev/") && !begins(mapping->name, "/dev/zero") &&
				       !begins(mapping->name, "/dev/shm/") &&
				       !begins(mapping->name, "/dev/hugepages/")
			       ? REASONS
			       : REASON_NOT_MOVED;
	return mapping->anonymous == 0 && mapping->name[0] == '/' ? REASON_CACHE : REASONS;
}

/* ---- looking at pages ---- */

/* Only anonymous pages are merged, and only devices and their like map pages of the kernel. */
static enum reason reason_of(const struct look *look, const struct mapping *mapping, bool cache,
			     uint64_t entry)
{
	bool strange = mapping->name[0] != '/' || begins(mapping->name, "/dev/");

	if (!entry_file(entry) && page_is_merged(&look->map, entry))
		return REASON_MERGED;
	if (entry_file(entry) && strange && page_is_kernels(&look->map, entry))
		return REASON_KERNEL;
	if (!entry_exclusive(entry))
		return REASON_SHARED;
	return cache && entry_file(entry) ? REASON_CACHE : REASON_NOT_MOVED;
}

static void flush(struct look *look)
{
	int count = look->count;

	look->count = 0;
	if (count == 0 || syscall(SYS_move_pages, look->process->pid, (unsigned long)count,
				  look->addresses, NULL, look->nodes, 0) != 0)
		return;
	for (int i = 0; i < count; i++) {
		const struct mapping *mapping = look->mappings[i];
		enum reason reason;

		if (look->nodes[i] < 0 || nodes_has(mapping->nodes, look->nodes[i]))
			continue;
		reason = reason_of(look, mapping, look->cache[i], look->entries[i]);
		if (look->reasons)
			look->reasons[mapping - look->process->mappings].pages[reason]++;
		if (look->own && reason != REASON_SHARED && look->nodes[i] < look->process->nodes)
			look->own[look->nodes[i]]++;
	}
}

static void add_page(struct look *look, const struct mapping *mapping, bool cache,
		     unsigned long address, uint64_t entry)
{
	look->addresses[look->count] = (void *)address; // NOLINT(performance-no-int-to-ptr)
	look->entries[look->count] = entry;
	look->cache[look->count] = cache;
	look->mappings[look->count++] = mapping;
	if (look->count == BATCH)
		flush(look);
}

/* How much may still be looked at, no more than is wanted. */
static unsigned long take(const struct look *look, unsigned long *left, unsigned long wanted)
{
	unsigned long taken = look->bounded && *left < wanted ? *left : wanted;

	if (look->bounded)
		*left -= taken;
	return taken;
}

/* Whether all present pages are misplaced ones, so that none has to be asked for its node. */
static bool all_are_misplaced(const struct look *look, const struct mapping *mapping)
{
	return look->reasons && look->map.scans && mapping->misplaced == mapping->present;
}

/* False when no more may be looked at. */
static bool look_at_page(struct look *look, const struct mapping *mapping, bool cache,
			 unsigned long address, uint64_t entry)
{
	if (all_are_misplaced(look, mapping)) {
		enum reason reason = reason_of(look, mapping, cache, entry);

		look->reasons[mapping - look->process->mappings].pages[reason]++;
		return true;
	}
	if (!take(look, &look->pages_left, 1))
		return false;
	add_page(look, mapping, cache, address, entry);
	return true;
}

/* A stretch with present pages. False when no more may be looked at. */
static bool look_at_stretch(struct look *look, const struct mapping *mapping, bool cache,
			    unsigned long at, unsigned long end)
{
	static uint64_t entries[BATCH];
	unsigned long page = (unsigned long)sysconf(_SC_PAGESIZE);

	while (at < end) {
		unsigned long pages = (end - at) / page;
		size_t got;

		pages = take(look, &look->entries_left, pages < BATCH ? pages : BATCH);
		got = pages ? page_map_read(&look->map, at, pages, entries) : 0;
		if (got == 0)
			return false;
		for (size_t i = 0; i < got; i++, at += page)
			if (entry_present(entries[i]) &&
			    !look_at_page(look, mapping, cache, at, entries[i]))
				return false;
	}
	return true;
}

static void look_between(struct look *look, const struct mapping *mapping, unsigned long start,
			 unsigned long end)
{
	bool cache = is_on_disk(look, mapping);
	bool more = true;

	if (!look->opened) {
		look->map = page_map_open(look->process->pid);
		look->opened = true;
	}
	if (look->map.fd < 0)
		return;
	while (more && start < end && take(look, &look->entries_left, 1)) {
		unsigned long behind;

		start = page_map_next(&look->map, start, end, &behind);
		if (start < end)
			more = look_at_stretch(look, mapping, cache, start, behind);
		start = behind;
	}
}

static void end_look(struct look *look)
{
	flush(look);
	if (look->opened)
		page_map_close(&look->map);
	look->opened = false;
}

void reasons_own(const struct process *process, const struct mapping *mapping, unsigned long start,
		 unsigned long end, unsigned long *pages)
{
	static struct look look;

	look = (struct look){ .process = process, .own = pages };
	memset(pages, 0, (size_t)process->nodes * sizeof(*pages));
	look_between(&look, mapping, start, end);
	end_look(&look);
}

/* ---- what goes for all pages of a mapping ---- */

/* Bytes that are free on the nodes where the pages of a mapping belong. */
static unsigned long room_for(struct room *room, const struct mapping *mapping)
{
	unsigned long kib = mapping->huge ? mapping->page_kib : 0;

	/* Neighbours mostly belong to the same nodes. */
	if (room->nodes == mapping->nodes && room->huge_kib == kib)
		return room->bytes;
	*room = (struct room){ mapping->nodes, kib, nodes_room(mapping->nodes, kib) };
	return room->bytes;
}

/* Neighbours mostly belong to one of a few sets of nodes. */
static bool is_allowed_nowhere(struct look *look, const struct mapping *mapping)
{
	if (look->nowhere.nodes != mapping->nodes)
		look->nowhere.yes = judge_allowed_nowhere(look->process, mapping);
	look->nowhere.nodes = mapping->nodes;
	return look->nowhere.yes;
}

/* Of pages that could have been moved. */
static enum reason reason_of_rest(struct look *look, const struct mapping *mapping,
				  unsigned long pages)
{
	if (is_allowed_nowhere(look, mapping))
		return REASON_CPUSET;
	if (room_for(&look->room, mapping) < pages * (unsigned long)sysconf(_SC_PAGESIZE))
		return REASON_FULL;
	return mapping->judged_by == BY_CPUSET	? REASON_OUTSIDE
	       : mapping->judged_by == BY_ASKED ? REASON_ASKED
						: REASON_NOT_MOVED;
}

/* What numa_maps has counted and the look has not found is put to the side. */
static void settle(struct reasons *reasons, unsigned long misplaced, enum reason unfound)
{
	unsigned long found = 0;

	for (int i = 0; i < REASONS; i++)
		found += reasons->pages[i];
	if (found < misplaced)
		reasons->pages[unfound] += misplaced - found;
	/* More have come meanwhile. */
	for (int i = REASONS - 1; i >= 0 && found > misplaced; i--) {
		unsigned long excess = found - misplaced;

		if (excess > reasons->pages[i])
			excess = reasons->pages[i];
		reasons->pages[i] -= excess;
		found -= excess;
	}
}

static void finish(struct look *look, const struct mapping *mapping, struct reasons *reasons)
{
	bool used_up = look->bounded && (!look->entries_left || !look->pages_left);
	unsigned long uneven = judge_surplus(look->process, mapping);
	unsigned long rest;

	settle(reasons, mapping->misplaced - uneven, used_up ? REASON_UNSEEN : REASON_UNTOLD);
	rest = reasons->pages[REASON_NOT_MOVED];
	if (rest) {
		reasons->pages[REASON_NOT_MOVED] = 0;
		reasons->pages[reason_of_rest(look, mapping, rest)] += rest;
	}
	reasons->pages[REASON_UNEVEN] += uneven;
}

static void begin(struct look *look, const struct mapping *mapping, struct reasons *reasons)
{
	bool cache = !mapping->sharing && mapping->anonymous != mapping->present &&
		     is_on_disk(look, mapping);
	enum reason reason = reason_of_all(mapping, cache);

	if (reason == REASONS)
		look_between(look, mapping, mapping->start, mapping->end);
	else
		reasons->pages[reason] = mapping->misplaced - judge_surplus(look->process, mapping);
}

void reasons_find(const struct process *process, bool every_page, struct reasons *reasons)
{
	static struct look look;

	if (!process->misplaced)
		return;
	look = (struct look){
		.process = process,
		.bounded = !every_page,
		.entries_left = ENTRIES_LEAST + process->present,
		.pages_left = PAGES_LEAST + process->present / 8,
		.reasons = reasons,
	};
	for (size_t i = 0; i < process->count; i++)
		if (process->mappings[i].misplaced)
			begin(&look, &process->mappings[i], &reasons[i]);
	end_look(&look);
	for (size_t i = 0; i < process->count; i++)
		if (process->mappings[i].misplaced)
			finish(&look, &process->mappings[i], &reasons[i]);
}

enum reason reasons_main(const struct reasons *reasons)
{
	int most = 0;

	for (int i = 1; i < REASONS; i++)
		if (reasons->pages[i] > reasons->pages[most])
			most = i;
	return (enum reason)most;
}
