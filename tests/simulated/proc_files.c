/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of /proc, and the descriptors of rings. */
#include <assert.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "calls.h"
#include "core/pagemap.h"
#include "core/syscall.h"
#include "kernel.h"

/* ---- text ---- */

static void print_escaped(FILE *out, const char *text, const char *escaped)
{
	for (; *text; text++)
		if (strchr(escaped, *text))
			fprintf(out, "\\%03o", (unsigned)*text);
		else
			fputc(*text, out);
}

/* Hugetlb mappings always have a file, also those that nobody gave one. */
static bool has_file(const struct fake_vma *vma)
{
	return vma->file || vma->kind == FAKE_HUGETLB || vma->kind == FAKE_SECRET ||
	       (vma->name && vma->name[0] == '/');
}

/* Of the file systems without a disk that shared memory, hugetlb and secret memory are on. */
enum { DEVICE_OF_SHMEM = 1, DEVICE_OF_HUGETLB = 15, DEVICE_OF_SECRET = 16 };

static unsigned device_of(const struct fake_vma *vma)
{
	if (vma->kind == FAKE_HUGETLB)
		return DEVICE_OF_HUGETLB;
	if (vma->kind == FAKE_SECRET)
		return DEVICE_OF_SECRET;
	return has_file(vma) ? DEVICE_OF_SHMEM : 0;
}

static void print_maps(FILE *out)
{
	for (unsigned i = 0; i < fake.space.vma_count; i++) {
		const struct fake_vma *vma = &fake.space.vmas[i];

		fprintf(out, "%08lx-%08lx %c%c-p 00000000 00:%02x %u ", vma->start, vma->end,
			vma->prot & PROT_READ ? 'r' : '-', vma->prot & PROT_WRITE ? 'w' : '-',
			device_of(vma), has_file(vma) ? 1000 + i : 0);
		if (vma->name) {
			fputs("                  ", out);
			print_escaped(out, vma->name, "\n");
		}
		fputc('\n', out);
	}
}

struct statistics {
	unsigned long total;
	unsigned mapmax;
	unsigned long on[FAKE_MAX_NODES];
};

static void gather(struct statistics *statistics, const struct fake_vma *vma)
{
	memset(statistics, 0, sizeof(*statistics));
	for (unsigned i = fake_find_page(&fake.space, vma->start); i < fake.space.page_count; i++) {
		const struct fake_page *page = &fake.space.pages[i];
		unsigned long count = vma->kind == FAKE_HUGETLB ? 1 : page->span;

		if (page->address >= vma->end)
			break;
		if (page->kind == FAKE_ZERO || page->kind == FAKE_DEVICE_PAGE)
			continue;
		statistics->total += count;
		statistics->on[page->node] += count;
		if (page->mapcount > statistics->mapmax)
			statistics->mapmax = page->mapcount;
	}
}

static void print_statistics(FILE *out, const struct statistics *statistics,
			     const struct fake_vma *vma)
{
	fprintf(out, " anon=%lu dirty=%lu", statistics->total, statistics->total);
	if (statistics->mapmax > 1)
		fprintf(out, " mapmax=%u", statistics->mapmax);
	for (int node = 0; node < FAKE_MAX_NODES; node++)
		if (statistics->on[node])
			fprintf(out, " N%d=%lu", node, statistics->on[node]);
	fprintf(out, " kernelpagesize_kB=%d", vma->kind == FAKE_HUGETLB ? 2048 : 4);
}

static void print_numa_maps(FILE *out)
{
	static const char *const modes[] = { "default",
					     "prefer:0",
					     "bind:0-3",
					     "interleave:0-3",
					     "local",
					     "prefer (many):0-3",
					     "weighted interleave:0-3" };
	struct statistics statistics;

	for (unsigned i = 0; i < fake.space.vma_count; i++) {
		const struct fake_vma *vma = &fake.space.vmas[i];

		fprintf(out, "%08lx %s", vma->start, modes[vma->policy.mode & 7]);
		if (vma->name) {
			fputs(" file=", out);
			print_escaped(out, vma->name, "\n\t= ");
		}
		if (vma->kind == FAKE_HUGETLB)
			fputs(" huge", out);
		gather(&statistics, vma);
		if (statistics.total)
			print_statistics(out, &statistics, vma);
		fputc('\n', out);
	}
}

static unsigned long hugetlb_kb(void)
{
	unsigned long pages = 0;

	for (unsigned i = 0; i < fake.space.page_count; i++) {
		const struct fake_page *page = &fake.space.pages[i];
		const struct fake_vma *vma = fake_vma_at(&fake.space, page->address);

		if (vma && vma->kind == FAKE_HUGETLB)
			pages += page->span;
	}
	return pages * FAKE_PAGE / 1024;
}

static void write_text(struct fake_file *file)
{
	FILE *out = open_memstream(&file->text, &file->length);

	if (!out)
		abort();
	if (fake.size_of[file->kind])
		fwrite(fake.text_of[file->kind], 1, fake.size_of[file->kind], out);
	else if (fake.text_of[file->kind])
		fputs(fake.text_of[file->kind], out);
	else if (file->kind == FAKE_MAPS)
		print_maps(out);
	else if (file->kind == FAKE_NUMA_MAPS)
		print_numa_maps(out);
	else if (file->kind == FAKE_CPULIST)
		fputs("0-1\n", out);
	else if (file->kind == FAKE_HUGE_SIZE)
		fputs("2097152\n", out);
	else if (file->kind == FAKE_STATUS)
		fprintf(out, "Name:\tprogram\nVmRSS:\t%8lu kB\nHugetlbPages:\t%8lu kB\n",
			fake.resident_kb, hugetlb_kb());
	fclose(out);
}

static void write_auxv(struct fake_file *file)
{
	unsigned long entries[4] = { AT_SYSINFO_EHDR, getauxval(AT_SYSINFO_EHDR), AT_NULL, 0 };

	file->length = sizeof(entries);
	file->text = malloc(file->length);
	if (!file->text)
		abort();
	memcpy(file->text, entries, file->length);
}

/* ---- descriptors ---- */

static long new_fd(enum fake_file_kind kind)
{
	for (int slot = 0; slot < FAKE_FILES; slot++) {
		struct fake_file *file = &fake.files[slot];

		if (file->open)
			continue;
		*file = (struct fake_file){ .open = true, .kind = kind };
		return FAKE_FIRST_FD + slot;
	}
	return -EMFILE;
}

static struct fake_file *file_of(long fd)
{
	long slot = fd - FAKE_FIRST_FD;

	if (slot < 0 || slot >= FAKE_FILES || !fake.files[slot].open) {
		fake.misuse = "a call on a descriptor that is not open";
		return NULL;
	}
	return &fake.files[slot];
}

/* What follows the directory of the process, or NULL. */
static const char *below_process(const char *path)
{
	static const char *const self[] = { "/proc/self/", "/proc/4242/", "/proc/thread-self/" };
	int known = fake.kernel.thread_self ? 3 : 2;

	for (int i = 0; i < known; i++)
		if (strncmp(path, self[i], strlen(self[i])) == 0)
			return path + strlen(self[i]);
	return NULL;
}

/* Files that are there when a test says what is in them. */
static long open_given(const char *path)
{
	static const char *const paths[FAKE_FILE_KINDS] = {
		[FAKE_NODES_ONLINE] = "/sys/devices/system/node/online",
		[FAKE_NODES_WITH_MEMORY] = "/sys/devices/system/node/has_memory",
		[FAKE_MAX_MAP_COUNT] = "/proc/sys/vm/max_map_count",
	};

	for (int kind = 0; kind < FAKE_FILE_KINDS; kind++)
		if (paths[kind] && fake.text_of[kind] && strcmp(path, paths[kind]) == 0)
			return new_fd((enum fake_file_kind)kind);
	return -ENOENT;
}

/* Files of nodes, by their ends. */
static long open_of_node(const char *path)
{
	if (strstr(path, "/cpulist"))
		return new_fd(FAKE_CPULIST);
	if (fake.text_of[FAKE_MEMINFO] && strstr(path, "/meminfo"))
		return new_fd(FAKE_MEMINFO);
	if (fake.text_of[FAKE_FREE_HUGEPAGES] && strstr(path, "/free_hugepages"))
		return new_fd(FAKE_FREE_HUGEPAGES);
	return -ENOENT;
}

/* What is below the directory of the threads, or that itself. */
static long open_of_threads(const char *name)
{
	if (fake.text_of[FAKE_THREADS] && !*name)
		return new_fd(FAKE_THREADS);
	if (fake.text_of[FAKE_THREAD_NUMA_MAPS] && strstr(name, "/numa_maps"))
		return new_fd(FAKE_THREAD_NUMA_MAPS);
	return -ENOENT;
}

static bool is_given(int kind)
{
	return kind < FAKE_NODES_ONLINE || fake.text_of[kind];
}

long fake_openat(const struct fake_args *args)
{
	static const char *const names[FAKE_FILE_KINDS] = {
		[FAKE_MAPS] = "maps",	    [FAKE_NUMA_MAPS] = "numa_maps",
		[FAKE_PAGEMAP] = "pagemap", [FAKE_AUXV] = "auxv",
		[FAKE_STATUS] = "status",   [FAKE_SMAPS] = "smaps",
		[FAKE_UID_MAP] = "uid_map", [FAKE_MOUNTINFO] = "mountinfo",
	};
	const char *path = fake_pointer(args->b);
	const char *name = fake.proc ? below_process(path) : NULL;

	if (!(args->c & O_CLOEXEC))
		fake.misuse = "a descriptor that a child would inherit";
	if (strncmp(path, "/sys/devices/system/node/node", 29) == 0)
		return open_of_node(path);
	if (strcmp(path, "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size") == 0)
		return new_fd(FAKE_HUGE_SIZE);
	if (name && strncmp(name, "task/", 5) == 0)
		return open_of_threads(name + 5);
	for (int kind = 0; name && kind < FAKE_FILE_KINDS; kind++)
		if (names[kind] && is_given(kind) && strcmp(name, names[kind]) == 0)
			return new_fd((enum fake_file_kind)kind);
	return open_given(path);
}

long fake_read(const struct fake_args *args)
{
	struct fake_file *file = file_of(args->a);
	size_t size = (size_t)args->c;

	if (!file)
		return -EBADF;
	if (!file->text && file->kind == FAKE_AUXV && !fake.text_of[FAKE_AUXV])
		write_auxv(file);
	if (!file->text)
		write_text(file);
	if (size > file->length - file->at)
		size = file->length - file->at;
	if (fake.read_max && size > fake.read_max)
		size = fake.read_max;
	memcpy(fake_pointer(args->b), file->text + file->at, size);
	file->at += size;
	return (long)size;
}

/* One entry of a directory, as struct linux_dirent64 has it. Returns its length, 0 without room. */
static size_t put_entry(char *at, size_t room, const char *name, size_t length)
{
	enum { LENGTH_AT = 16, NAME_AT = 19 };
	unsigned short whole = (unsigned short)((NAME_AT + length + 1 + 7) / 8 * 8);

	if (whole > room)
		return 0;
	memset(at, 0, whole);
	memcpy(at + LENGTH_AT, &whole, sizeof(whole));
	memcpy(at + NAME_AT, name, length);
	return whole;
}

long fake_getdents(const struct fake_args *args)
{
	struct fake_file *file = file_of(args->a);
	size_t used = 0, entry = 1;

	if (!file || file->kind != FAKE_THREADS)
		return -EBADF;
	if (!file->text)
		write_text(file);
	while (file->at < file->length && entry) {
		const char *name = file->text + file->at;
		size_t length = strcspn(name, "\n");

		entry = put_entry((char *)fake_pointer(args->b) + used, (size_t)args->c - used,
				  name, length);
		used += entry;
		file->at += entry ? length + 1 : 0;
	}
	return used || entry ? (long)used : -EINVAL;
}

long fake_close(const struct fake_args *args)
{
	struct fake_file *file = file_of(args->a);

	if (!file)
		return -EBADF;
	free(file->text);
	*file = (struct fake_file){ .open = false };
	return 0;
}

/* ---- the page map ---- */

enum { PAGE_IS_FILE = 1 << 2 };

/* Of the zero page and of device memory the kernel has no page. */
static bool has_page(const struct fake_page *page)
{
	return page->kind != FAKE_ZERO && page->kind != FAKE_DEVICE_PAGE;
}

static bool is_of_file(const struct fake_page *page)
{
	const struct fake_vma *vma = fake_vma_at(&fake.space, page->address);

	return has_page(page) && vma && (vma->file || vma->kind == FAKE_SECRET);
}

static uint64_t frame_of(const struct fake_page *page, unsigned long address)
{
	return fake.frames ? page->frame + (address - page->address) / FAKE_PAGE : 0;
}

static uint64_t entry_of(unsigned long address)
{
	const struct fake_page *page = fake_page_at(&fake.space, address);
	uint64_t entry = 1UL << 63;

	if (!page || fake.pagemap_zero)
		return 0;
	entry |= frame_of(page, address);
	/* Before 4.2 some of the bits in between hold the size of the page. */
	if (!fake.kernel.told_exclusive)
		return entry | 12UL << 55;
	if (is_of_file(page))
		entry |= 1UL << 61;
	if (page->mapcount == 1 && has_page(page))
		entry |= 1UL << 56;
	return entry;
}

long fake_pread(const struct fake_args *args)
{
	const struct fake_file *file = file_of(args->a);
	uint64_t *entries = fake_pointer(args->b);
	size_t count = (size_t)args->c / 8;

	if (!file || file->kind != FAKE_PAGEMAP)
		return -EBADF;
	if (args->c % 8 || args->d % 8)
		return -EINVAL;
	if (fake.read_max && count > (fake.read_max + 7) / 8)
		count = (fake.read_max + 7) / 8;
	if ((unsigned long)args->d / 8 * FAKE_PAGE >= 1UL << 47)
		return 0;
	for (size_t i = 0; i < count; i++)
		entries[i] = entry_of(((unsigned long)args->d / 8 + i) * FAKE_PAGE);
	return (long)count * 8;
}

static uint64_t categories_of(const struct fake_page *page)
{
	return SB_SCAN_PRESENT | (page->kind == FAKE_ZERO ? SB_SCAN_ZERO : 0) |
	       (is_of_file(page) ? PAGE_IS_FILE : 0) |
	       (page->span * FAKE_PAGE >= FAKE_HUGE ? SB_SCAN_HUGE : 0);
}

/* Adds to the last region what continues it. False when there is no room for another. */
static bool add_region(const struct sb_pagemap_scan_args *scan, uint64_t *count,
		       const struct sb_scan_region *region)
{
	struct sb_scan_region *regions = fake_pointer((long)scan->regions);
	struct sb_scan_region *last = *count ? &regions[*count - 1] : NULL;

	if (last && last->end == region->start && last->categories == region->categories) {
		last->end = region->end;
		return true;
	}
	if (*count == scan->regions_len)
		return false;
	regions[(*count)++] = *region;
	return true;
}

static long scan_pages(struct sb_pagemap_scan_args *scan)
{
	uint64_t count = 0;

	for (unsigned i = fake_find_page(&fake.space, scan->start); i < fake.space.page_count;
	     i++) {
		const struct fake_page *page = &fake.space.pages[i];
		uint64_t categories = categories_of(page);
		struct sb_scan_region region = { page->address, fake_page_end(page),
						 categories & scan->return_mask };

		if (page->address >= scan->end || scan->walk_end != scan->end)
			break;
		if (((categories ^ scan->category_inverted) & scan->category_mask) !=
		    scan->category_mask)
			continue;
		if (region.start < scan->start)
			region.start = scan->start;
		if (region.end > scan->end)
			region.end = scan->end;
		if (scan->max_pages == 1)
			scan->walk_end = region.end = region.start + FAKE_PAGE;
		if (!add_region(scan, &count, &region))
			scan->walk_end = region.start;
	}
	return (long)count;
}

static long scan(struct sb_pagemap_scan_args *scan)
{
	if (!fake_readable((unsigned long)scan, sizeof(*scan)))
		return -EFAULT;
	if (scan->start % FAKE_PAGE || !scan->category_mask || scan->regions_len < 1 ||
	    scan->max_pages > 1)
		return -EINVAL;
	scan->walk_end = scan->end;
	return fake.pagemap_zero ? 0 : scan_pages(scan);
}

long fake_ioctl(const struct fake_args *args)
{
	const struct fake_file *file = file_of(args->a);

	if (!file)
		return -EBADF;
	if (file->kind == FAKE_PAGEMAP && fake.kernel.pagemap_scan &&
	    args->b == (long)SB_PAGEMAP_SCAN)
		return args->c ? scan(fake_pointer(args->c)) : -EFAULT;
	if (file->kind == FAKE_MAPS && fake.kernel.procmap_query && (args->b >> 16 & 0x3fff) == 104)
		return args->c ? -EINVAL : -EFAULT;
	return -ENOTTY;
}

/* ---- rings, and secret memory ---- */

long fake_perf_event_open(const struct fake_args *args)
{
	if (!(args->e & 8))
		fake.misuse = "a descriptor that a child would inherit";
	return fake.perf ? new_fd(FAKE_PERF_EVENT) : -EACCES;
}

/* Each is closed for programs that are started. */
long fake_pidfd_open(const struct fake_args *args)
{
	return args->a == FAKE_PID && args->b == 0 ? new_fd(FAKE_PROCESS) : -ESRCH;
}

long fake_process_madvise(const struct fake_args *args)
{
	const struct fake_file *file = file_of(args->a);
	const struct iovec *range = fake_pointer(args->b);
	struct fake_args advice = { .c = args->d };

	if (!file || file->kind != FAKE_PROCESS)
		return -EBADF;
	if (args->c != 1 || args->e)
		fake.misuse = "process_madvise for something else";
	if (!fake.nice)
		return -EPERM;
	advice.a = (long)range->iov_base;
	advice.b = (long)range->iov_len;
	return fake_madvise(&advice);
}

long fake_socket(const struct fake_args *args)
{
	if (!(args->b & SOCK_CLOEXEC))
		fake.misuse = "a descriptor that a child would inherit";
	return fake.packet ? new_fd(FAKE_PACKET_SOCKET) : -EPERM;
}

long fake_setsockopt(const struct fake_args *args)
{
	const struct fake_file *file = file_of(args->a);

	return file && file->kind == FAKE_PACKET_SOCKET && args->c == PACKET_RX_RING ? 0 : -EINVAL;
}

long fake_memfd_secret(const struct fake_args *args)
{
	if (!fake.kernel.secretmem || !fake.secretmem)
		return -ENOSYS;
	if (!(args->a & O_CLOEXEC))
		fake.misuse = "a descriptor that a child would inherit";
	return new_fd(FAKE_SECRET_FILE);
}

/* A file that has a size keeps it. */
long fake_ftruncate(const struct fake_args *args)
{
	struct fake_file *file = file_of(args->a);

	if (!file || file->kind != FAKE_SECRET_FILE || args->b < 0 || file->length)
		return -EINVAL;
	file->length = (size_t)args->b;
	return 0;
}
