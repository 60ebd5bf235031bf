/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kinds of pages that every rule is tried on. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"
#include "space.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

enum { HUGE = 512, FEW = 2 };

static void note_mapped(size_t first, size_t count, bool present)
{
	for (size_t i = first; i < first + count; i++) {
		stage.cells[i].mapped = true;
		stage.cells[i].present = present;
	}
}

static bool map_at(size_t first, size_t count, int flags, int fd)
{
	char *at = stage_page(first);

	return mmap(at, count * machine()->page, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd,
		    0) == at;
}

static const char *put_plain(size_t first)
{
	put_anon(first, FEW, pages_home());
	return NULL;
}

static const char *put_locked(size_t first)
{
	put_anon(first, FEW, pages_home());
	return mlock(stage_page(first), FEW * machine()->page) ? "mlock is refused" : NULL;
}

static const char *put_inaccessible(size_t first)
{
	put_anon(first, FEW, pages_home());
	mprotect(stage_page(first), FEW * machine()->page, PROT_NONE);
	for (size_t i = first; i < first + FEW; i++)
		stage.cells[i].inaccessible = true;
	return NULL;
}

/* Huge pages ---------------------------------------------------------------------------------- */

static void note_huge(size_t first)
{
	note_mapped(first, HUGE, true);
	for (size_t i = first; i < first + HUGE; i++)
		stage.cells[i].huge = true;
}

/* One touch makes a huge page, if one is to be had: then the second page is there too. */
static const char *put_thp(size_t first)
{
	char *at = stage_page(first);

	if (!has_thp() || machine()->huge != HUGE * machine()->page)
		return "no transparent huge pages";
	if (!map_at(first, HUGE, MAP_PRIVATE | MAP_ANONYMOUS, -1) ||
	    madvise(at, machine()->huge, MADV_HUGEPAGE))
		return "no transparent huge pages";
	prefer_node(pages_home());
	*(volatile char *)at = 0;
	stop_numa_balancing();
	if (node_of(at + machine()->page) != pages_home())
		return "no free huge page";
	touch_cells(first, HUGE, pages_home());
	note_huge(first);
	return NULL;
}

static const char *put_thp_pinned(size_t first)
{
	const char *why = put_thp(first);

	if (why)
		return why;
	stage.pins_opened = pins_open(&stage.pins);
	if (!stage.pins_opened || !pin(&stage.pins, stage_page(first + 7)))
		return "vmsplice is refused";
	for (size_t i = first; i < first + HUGE; i++)
		stage.cells[i].stuck = true;
	return NULL;
}

static const char *put_hugetlb(size_t first)
{
	if (machine()->huge != HUGE * machine()->page || free_hugetlb() < 2 ||
	    !free_hugetlb_on(pages_home()) || !free_hugetlb_on(pages_target()) ||
	    !free_hugetlb_on(pages_local()))
		return "too few free hugetlb pages";
	if (!map_at(first, HUGE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1))
		return "no hugetlb page";
	touch_cells(first, HUGE, pages_home());
	note_huge(first);
	return node_of(stage_page(first)) == pages_home() ? NULL : "no hugetlb page at home";
}

/* Files --------------------------------------------------------------------------------------- */

static const char *put_shmem(size_t first)
{
	if (!map_at(first, FEW, MAP_SHARED | MAP_ANONYMOUS, -1))
		return "no shared memory";
	touch_cells(first, FEW, pages_home());
	note_mapped(first, FEW, true);
	return NULL;
}

static const char *put_memfd(size_t first)
{
	int fd = (int)syscall(SYS_memfd_create, "pages", MFD_CLOEXEC);
	bool done;

	if (fd < 0)
		return "no memfd";
	done = !ftruncate(fd, (off_t)(FEW * machine()->page)) &&
	       map_at(first, FEW, MAP_SHARED, fd);
	close(fd);
	if (!done)
		return "no memfd";
	touch_cells(first, FEW, pages_home());
	note_mapped(first, FEW, true);
	return NULL;
}

/* A file with a page more than is wanted, in the page cache at home. */
static int open_file(void)
{
	const char *directory = getenv("TMPDIR");
	char path[256];
	char page[4096] = { 1 };
	int fd;

	snprintf(path, sizeof(path), "%s/mbind_XXXXXX", directory ? directory : "/tmp");
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -1;
	unlink(path);
	prefer_node(pages_home());
	for (size_t written = 0; written < (FEW + 1) * machine()->page; written += sizeof(page))
		if (write(fd, page, sizeof(page)) != sizeof(page))
			break;
	stop_numa_balancing();
	/* Pages that are being written back would have to be waited for. */
	fsync(fd);
	return fd;
}

/* Not every file system can move its pages. The last page of the file is tried. */
static bool file_moves(int fd)
{
	size_t page = machine()->page;
	volatile char *at = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
				 (off_t)(FEW * page));
	void *address = (void *)(uintptr_t)at;
	int target = pages_target(), status = -1;

	if (address == MAP_FAILED)
		return false;
	*at = 2;
	raw_move_pages(0, 1, &address, &target, &status, MPOL_MF_MOVE);
	munmap(address, page);
	return status == target;
}

enum file_use { FILE_CLEAN, FILE_DIRTY, FILE_SHARED };

static const char *put_file(size_t first, enum file_use use)
{
	int fd = open_file();
	bool moves;

	if (fd < 0)
		return "no file can be made";
	moves = use == FILE_DIRTY || file_moves(fd);
	if (!map_at(first, FEW, use == FILE_SHARED ? MAP_SHARED : MAP_PRIVATE, fd)) {
		close(fd);
		return "no file can be mapped";
	}
	close(fd);
	if (!moves)
		return "this file system cannot move pages";
	for (size_t i = first; i < first + FEW; i++)
		(void)*(volatile char *)stage_page(i);
	if (use != FILE_CLEAN)
		touch_cells(first, FEW, pages_home());
	note_mapped(first, FEW, true);
	return node_of(stage_page(first)) == pages_home() ? NULL : "the file's pages are elsewhere";
}

static const char *put_file_clean(size_t first)
{
	return put_file(first, FILE_CLEAN);
}

static const char *put_file_dirty(size_t first)
{
	return put_file(first, FILE_DIRTY);
}

static const char *put_file_shared(size_t first)
{
	return put_file(first, FILE_SHARED);
}

/* Shared pages -------------------------------------------------------------------------------- */

static void note_shared(size_t first)
{
	for (size_t i = first; i < first + FEW; i++)
		stage.cells[i].shared = true;
}

static const char *put_twice(size_t first)
{
	size_t len = FEW * machine()->page;
	const char *why = put_shmem(first);

	if (why)
		return why;
	stage.second = space(FEW);
	stage.second_pages = FEW;
	/* An old size of 0 maps shared memory once more. */
	if (mremap(stage_page(first), 0, len, MREMAP_MAYMOVE | MREMAP_FIXED, stage.second) !=
	    stage.second)
		return "no second mapping";
	for (size_t i = 0; i < FEW; i++)
		(void)*(volatile char *)(stage.second + i * machine()->page);
	note_shared(first);
	return NULL;
}

static const char *put_forked(size_t first)
{
	put_anon(first, FEW, pages_home());
	stage.child = fork();
	if (stage.child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	note_shared(first);
	return stage.child > 0 ? NULL : "no child";
}

static bool write_number(const char *path, long number)
{
	char text[32];
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int length = snprintf(text, sizeof(text), "%ld", number);
	bool done;

	if (fd < 0)
		return false;
	done = write(fd, text, (size_t)length) == length;
	close(fd);
	return done;
}

static void nap(long milliseconds)
{
	struct timespec time = { .tv_nsec = milliseconds * 1000000 };

	nanosleep(&time, NULL);
}

/* Equal pages become one, a while after the kernel was told to look for them. */
static bool merged(size_t first)
{
	for (int i = 0; i < 200; i++) {
		if (page_shared(stage_page(first)) && page_shared(stage_page(first + 1)))
			return true;
		nap(5);
	}
	return false;
}

static const char *put_ksm(size_t first)
{
	static bool tried, failed;
	long run, pause_time;
	bool done;

	if (!has_ksm() || geteuid())
		return "no KSM, or no right to start it";
	if (tried && failed)
		return "KSM merges nothing here";
	put_anon(first, FEW, pages_home());
	for (size_t i = first; i < first + FEW; i++)
		stage.cells[i].stamp = stamp_of_cell(first);
	memcpy(stage_page(first + 1), stage_page(first), machine()->page);
	if (madvise(stage_page(first), FEW * machine()->page, MADV_MERGEABLE))
		return "no KSM";
	run = number_in("/sys/kernel/mm/ksm/run", 0);
	pause_time = number_in("/sys/kernel/mm/ksm/sleep_millisecs", 20);
	write_number("/sys/kernel/mm/ksm/sleep_millisecs", 2);
	write_number("/sys/kernel/mm/ksm/run", 1);
	done = merged(first);
	write_number("/sys/kernel/mm/ksm/run", run);
	write_number("/sys/kernel/mm/ksm/sleep_millisecs", pause_time);
	tried = true;
	failed = !done;
	note_shared(first);
	return done ? NULL : "KSM merges nothing here";
}

/* Nothing that is counted --------------------------------------------------------------------- */

static const char *put_untouched(size_t first)
{
	note_mapped(first, FEW, false);
	return map_at(first, FEW, MAP_PRIVATE | MAP_ANONYMOUS, -1) ? NULL : "no memory";
}

static const char *put_zero(size_t first)
{
	const char *why = put_untouched(first);

	for (size_t i = first; !why && i < first + FEW; i++)
		(void)*(volatile char *)stage_page(i);
	return why;
}

static const char *put_swapped(size_t first)
{
	if (!has_swap())
		return "no swap";
	put_anon(first, FEW, pages_home());
	note_mapped(first, FEW, false);
	for (size_t i = first; i < first + FEW; i++)
		stage.cells[i].swapped = true;
	/* A page that was used a moment ago may need a second try. */
	for (int i = 0; i < 50; i++) {
		madvise(stage_page(first), FEW * machine()->page, MADV_PAGEOUT);
		if (page_swapped(stage_page(first)) && page_swapped(stage_page(first + 1)))
			return NULL;
		nap(2);
	}
	return "nothing is swapped out";
}

static bool put_device_ring(size_t first)
{
	bool opened = ring_open(&stage.device, RING_PERF, pages_home(), 1);

	run_on_node(machine()->node[0]);
	return opened && stage.device.device && ring_put(&stage.device, 0, stage_page(first));
}

static const char *put_device(size_t first)
{
	/* The BIOS, which even careful kernels let root read. */
	const off_t bios = 0xf0000;
	int fd = open("/dev/mem", O_RDONLY | O_CLOEXEC);
	void *at = MAP_FAILED;

	if (fd >= 0) {
		at = mmap(stage_page(first), machine()->page, PROT_READ, MAP_SHARED | MAP_FIXED,
			  fd, bios);
		close(fd);
	}
	if (at == MAP_FAILED && !put_device_ring(first))
		return "no device mapping";
	note_mapped(first, 1, false);
	return NULL;
}

/* The vdso can only be bound as a whole: its mapping cannot be split. */
static size_t vdso_pages(void)
{
	unsigned long vdso = getauxval(AT_SYSINFO_EHDR), from, to;
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	size_t pages = 1;

	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2 && from == vdso)
			pages = (to - from) / machine()->page;
	if (maps)
		fclose(maps);
	return pages;
}

size_t kind_pages(const struct kind *kind)
{
	return kind->pages ? kind->pages : vdso_pages();
}

static const char *put_vdso(size_t first)
{
	stage.base = (char *)getauxval(AT_SYSINFO_EHDR);
	if (!stage.base) {
		stage.count = 0;
		return "no vdso";
	}
	note_mapped(first, stage.count, false);
	for (size_t i = first; i < stage.count; i++)
		stage.cells[i].unseen = true;
	return NULL;
}

/* Pages that cannot move ---------------------------------------------------------------------- */

static const char *put_pins(size_t first)
{
	for (size_t i = first; i < first + FEW; i++)
		if (!put_pinned(i, pages_home()))
			return "vmsplice is refused";
	return NULL;
}

static const char *put_ring_page(size_t first)
{
	return put_ring(first) ? NULL : "no ring that is counted";
}

const struct kind kinds[] = {
	{ "anon", FEW, 0, false, put_plain },
	{ "thp", HUGE, 0, false, put_thp },
	{ "thp_part", HUGE, 200, false, put_thp },
	{ "thp_pinned", HUGE, 0, false, put_thp_pinned },
	{ "hugetlb", HUGE, 0, false, put_hugetlb },
	{ "shmem", FEW, 0, false, put_shmem },
	{ "memfd", FEW, 0, false, put_memfd },
	{ "file_private_clean", FEW, 0, false, put_file_clean },
	{ "file_private_dirty", FEW, 0, false, put_file_dirty },
	{ "file_shared", FEW, 0, false, put_file_shared },
	{ "ksm", FEW, 0, false, put_ksm },
	{ "mapped_twice", FEW, 0, false, put_twice },
	{ "forked", FEW, 0, false, put_forked },
	{ "prot_none", FEW, 0, false, put_inaccessible },
	{ "mlocked", FEW, 0, false, put_locked },
	{ "untouched", FEW, 0, false, put_untouched },
	{ "zero_page", FEW, 0, false, put_zero },
	{ "swapped_out", FEW, 0, false, put_swapped },
	{ "pinned", FEW, 0, false, put_pins },
	{ "ring", 1, 0, false, put_ring_page },
	{ "device", 1, 0, false, put_device },
	{ "vdso", 0, 0, true, put_vdso },
};

const size_t kind_count = sizeof(kinds) / sizeof(kinds[0]);
