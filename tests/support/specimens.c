/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "specimens.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "machine.h"
#include "observe.h"
#include "pins.h"
#include "raw.h"
#include "rings.h"
#include "space.h"

enum { MAX_CHILDREN = 8, HUGE_PAGES = 512, GIVEN_BACK = 16, KSM_SECONDS = 20 };

static pid_t children[MAX_CHILDREN];
static int child_count;
static struct pins pins;
static bool pins_are_open;
static struct ring ring;

void specimens_end(void)
{
	while (child_count) {
		kill(children[--child_count], SIGKILL);
		waitpid(children[child_count], NULL, 0);
	}
	if (pins_are_open)
		pins_close(&pins);
	pins_are_open = false;
	if (ring.store)
		ring_close(&ring);
}

/* Building stones ----------------------------------------------------------------------------- */

static size_t bytes(size_t pages)
{
	return pages * machine()->page;
}

static bool map(char *at, size_t pages, int flags, int fd)
{
	return mmap(at, bytes(pages), PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, 0) == at;
}

void map_anon(char *at, size_t pages)
{
	if (!map(at, pages, MAP_PRIVATE | MAP_ANONYMOUS, -1)) {
		perror("map_anon");
		abort();
	}
}

static void prefer(int node)
{
	struct nodes set = nodes_one(node);

	raw_set_mempolicy(MPOL_PREFERRED, set.words, NODES_MAXNODE);
}

/* Compilers must not know that the first byte is all that is wanted. */
static void write_to(char *at)
{
	*(volatile char *)at = 1;
}

static void read_from(const char *at)
{
	(void)*(const volatile char *)at;
}

void touch_on(char *at, size_t pages, int node)
{
	prefer(node);
	for (size_t i = 0; i < pages; i++)
		write_to(at + bytes(i));
	stop_numa_balancing();
}

static void read_on(const char *at, size_t pages, int node)
{
	prefer(node);
	for (size_t i = 0; i < pages; i++)
		read_from(at + bytes(i));
	stop_numa_balancing();
}

bool pin_page(char *at)
{
	if (!pins_are_open)
		pins_are_open = pins_open(&pins);
	return pins_are_open && pin(&pins, at);
}

static void sleep_as_child(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

bool fork_sharer(void)
{
	pid_t child = fork();

	if (child == 0)
		sleep_as_child();
	if (child > 0)
		children[child_count++] = child;
	return child > 0;
}

/* A child that maps the file too. */
static bool fork_mapper(int fd, size_t pages)
{
	int ends[2];
	char byte;
	pid_t child;

	if (pipe(ends))
		return false;
	child = fork();
	if (child == 0) {
		if (mmap(NULL, bytes(pages), PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0) !=
		    MAP_FAILED)
			if (write(ends[1], "", 1) == 1)
				sleep_as_child();
		_exit(1);
	}
	close(ends[1]);
	children[child_count++] = child;
	if (child < 0 || read(ends[0], &byte, 1) != 1)
		child = -1;
	close(ends[0]);
	return child > 0;
}

static int new_memfd(size_t pages)
{
	int fd = (int)syscall(SYS_memfd_create, "strictbind-test", MFD_CLOEXEC);

	if (fd >= 0 && ftruncate(fd, (off_t)bytes(pages))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Anonymous memory ---------------------------------------------------------------------------- */

enum { SMALL = 2 }; /* pages of a specimen that is not huge */

static const char *make_anon(char *at, int node)
{
	map_anon(at, SMALL);
	touch_on(at, SMALL, node);
	return NULL;
}

static const char *make_readonly(char *at, int node)
{
	make_anon(at, node);
	return mprotect(at, bytes(SMALL), PROT_READ) ? "mprotect failed" : NULL;
}

static const char *make_inaccessible(char *at, int node)
{
	make_anon(at, node);
	return mprotect(at, bytes(SMALL), PROT_NONE) ? "mprotect failed" : NULL;
}

static const char *make_locked(char *at, int node)
{
	make_anon(at, node);
	return mlock(at, bytes(SMALL)) ? "mlock is not permitted" : NULL;
}

static const char *make_untouched(char *at, int node)
{
	(void)node;
	map_anon(at, SMALL);
	return NULL;
}

static const char *make_zero(char *at, int node)
{
	map_anon(at, SMALL);
	read_on(at, SMALL, node);
	return NULL;
}

static const char *make_swapped(char *at, int node)
{
	if (!has_swap())
		return "no swap here";
	make_anon(at, node);
	for (int i = 0; i < 20 && !(page_swapped(at) && page_swapped(at + machine()->page)); i++)
		if (madvise(at, bytes(SMALL), 21 /* MADV_PAGEOUT, since 5.4 */))
			return "no MADV_PAGEOUT";
	return page_swapped(at) ? NULL : "the kernel did not swap the page out";
}

static const char *make_pinned(char *at, int node)
{
	make_anon(at, node);
	return pin_page(at) && pin_page(at + machine()->page) ? NULL : "vmsplice failed";
}

static const char *make_pinned_inaccessible(char *at, int node)
{
	const char *problem = make_pinned(at, node);

	return problem ? problem
		       : mprotect(at, bytes(SMALL), PROT_NONE) ? "mprotect failed" : NULL;
}

static const char *make_forked(char *at, int node)
{
	make_anon(at, node);
	return fork_sharer() ? NULL : "fork failed";
}

static const char *make_forked_inaccessible(char *at, int node)
{
	const char *problem = make_forked(at, node);

	return problem ? problem
		       : mprotect(at, bytes(SMALL), PROT_NONE) ? "mprotect failed" : NULL;
}

/* Files and shared memory --------------------------------------------------------------------- */

static const char *make_shmem(char *at, int node)
{
	if (!map(at, SMALL, MAP_SHARED | MAP_ANONYMOUS, -1))
		return "mmap failed";
	touch_on(at, SMALL, node);
	return NULL;
}

static const char *make_pinned_shmem(char *at, int node)
{
	const char *problem = make_shmem(at, node);

	if (problem)
		return problem;
	return pin_page(at) && pin_page(at + machine()->page) ? NULL : "vmsplice failed";
}

static const char *map_memfd(char *at, int flags)
{
	int fd = new_memfd(SMALL);
	bool done = fd >= 0 && map(at, SMALL, flags, fd);

	if (fd >= 0)
		close(fd);
	return done ? NULL : "no memfd";
}

static const char *make_memfd(char *at, int node)
{
	const char *problem = map_memfd(at, MAP_SHARED);

	if (!problem)
		touch_on(at, SMALL, node);
	return problem;
}

static const char *make_tmpfs_private(char *at, int node)
{
	const char *problem = map_memfd(at, MAP_PRIVATE);

	if (!problem)
		read_on(at, SMALL, node);
	return problem;
}

static const char *make_tmpfs_dirtied(char *at, int node)
{
	const char *problem = map_memfd(at, MAP_PRIVATE);

	if (!problem)
		touch_on(at, SMALL, node);
	return problem;
}

/* In the current directory, on whatever file system that is. */
static const char *make_regular_file(char *at, int node)
{
	char name[] = "strictbind-test-XXXXXX";
	int fd = mkstemp(name);
	bool done;

	if (fd < 0)
		return "no file can be made in the current directory";
	unlink(name);
	prefer(node);
	done = write(fd, name, sizeof(name)) > 0 && ftruncate(fd, (off_t)bytes(SMALL)) == 0 &&
	       fsync(fd) == 0 && map(at, SMALL, MAP_SHARED, fd);
	close(fd);
	if (done)
		read_on(at, SMALL, node);
	stop_numa_balancing();
	return done ? NULL : "a file cannot be written and mapped";
}

/* An old size of 0 maps shared memory once more. */
static bool map_again(char *at, size_t pages)
{
	char *twin = space(pages);

	if (mremap(at, 0, bytes(pages), MREMAP_MAYMOVE | MREMAP_FIXED, twin) != twin)
		return false;
	for (size_t i = 0; i < pages; i++)
		read_from(twin + bytes(i));
	return true;
}

static const char *make_twice_mapped(char *at, int node)
{
	const char *problem = make_shmem(at, node);

	if (problem)
		return problem;
	return map_again(at, SMALL) ? NULL : "mremap failed";
}

static const char *make_pinned_twice_mapped(char *at, int node)
{
	const char *problem = make_pinned_shmem(at, node);

	if (problem)
		return problem;
	return map_again(at, SMALL) ? NULL : "mremap failed";
}

static const char *make_other_process(char *at, int node)
{
	int fd = new_memfd(SMALL);
	const char *problem = NULL;

	if (fd < 0 || !map(at, SMALL, MAP_SHARED, fd))
		return "no memfd";
	touch_on(at, SMALL, node);
	if (!fork_mapper(fd, SMALL))
		problem = "no second process";
	close(fd);
	return problem;
}

/* Huge pages ---------------------------------------------------------------------------------- */

static const char *make_thp(char *at, int node)
{
	if (!has_thp())
		return "transparent huge pages are switched off";
	map_anon(at, HUGE_PAGES);
	if (madvise(at, bytes(HUGE_PAGES), MADV_HUGEPAGE))
		return "no MADV_HUGEPAGE";
	touch_on(at, 1, node);
	/* One touch is enough for a huge page; khugepaged is to leave it as it is made. */
	madvise(at, bytes(HUGE_PAGES), MADV_NOHUGEPAGE);
	if (node_of(at + bytes(1)) != node)
		return "no transparent huge page to be had";
	/* A kernel that splits it puts the zero page where nothing was written. */
	touch_on(at, HUGE_PAGES, node);
	return NULL;
}

static const char *make_thp_split_mapping(char *at, int node)
{
	const char *problem = make_thp(at, node);

	if (problem)
		return problem;
	mprotect(at + bytes(HUGE_PAGES / 2), bytes(1), PROT_READ);
	mprotect(at + bytes(HUGE_PAGES / 2), bytes(1), PROT_READ | PROT_WRITE);
	return NULL;
}

static const char *give_back(char *at, int node, size_t first)
{
	const char *problem = make_thp(at, node);

	if (problem)
		return problem;
	return madvise(at + bytes(first), bytes(GIVEN_BACK), MADV_DONTNEED) ? "no MADV_DONTNEED"
									     : NULL;
}

static const char *make_thp_head_given_back(char *at, int node)
{
	return give_back(at, node, 0);
}

static const char *make_thp_tail_given_back(char *at, int node)
{
	return give_back(at, node, HUGE_PAGES - GIVEN_BACK);
}

static const char *make_thp_inaccessible(char *at, int node)
{
	const char *problem = make_thp(at, node);

	return problem ? problem
		       : mprotect(at, bytes(HUGE_PAGES), PROT_NONE) ? "mprotect failed" : NULL;
}

static const char *make_pinned_thp(char *at, int node)
{
	const char *problem = make_thp(at, node);

	return problem ? problem : pin_page(at + bytes(7)) ? NULL : "vmsplice failed";
}

static const char *make_forked_thp(char *at, int node)
{
	const char *problem = make_thp(at, node);

	return problem ? problem : fork_sharer() ? NULL : "fork failed";
}

static const char *make_hugetlb(char *at, int node)
{
	for (int i = 0; i < machine()->node_count; i++)
		if (free_hugetlb_on(machine()->node[i]) < 1)
			return "no free page in the hugetlb pool of every node";
	if (!map(at, HUGE_PAGES, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1))
		return "no hugetlb mapping";
	touch_on(at, 1, node);
	return node_of(at) == node ? NULL : "no hugetlb page on the node";
}

static const char *make_pinned_hugetlb(char *at, int node)
{
	const char *problem = make_hugetlb(at, node);

	return problem ? problem : pin_page(at) ? NULL : "vmsplice failed";
}

/* Rings and devices --------------------------------------------------------------------------- */

static const char *make_ring(char *at, int node)
{
	map_anon(at, 1);
	if (!ring_open_counted(&ring, node, 1))
		return "no ring whose pages a policy governs";
	return ring_put(&ring, 0, at) ? NULL : "mremap failed";
}

static const char *make_twice_mapped_ring(char *at, int node)
{
	map_anon(at, 1);
	if (!ring_open(&ring, RING_PACKET, node, 1))
		return "no packet socket";
	if (!ring_twin(&ring))
		return "the ring cannot be mapped twice";
	return ring_put(&ring, 0, at) ? NULL : "mremap failed";
}

/* The BIOS of a PC may be mapped by root; new kernels have perf rings for everyone. */
static const char *make_device(char *at, int node)
{
	int fd = open("/dev/mem", O_RDONLY | O_CLOEXEC);
	void *got = MAP_FAILED;

	map_anon(at, 1);
	if (fd >= 0) {
		got = mmap(at, bytes(1), PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0xf0000);
		close(fd);
		if (got == at && mapping_has_flag(at, "pf io"))
			return NULL;
		map_anon(at, 1);
	}
	if (!ring_open(&ring, RING_PERF, node, 1))
		return "no device mapping to be had";
	if (!ring.device)
		return "a perf ring is no device mapping here, and /dev/mem is closed";
	return ring_put(&ring, 0, at) ? NULL : "mremap failed";
}

/* Kernel samepage merging --------------------------------------------------------------------- */

static bool write_number(const char *path, const char *number)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, number, strlen(number)) > 0;

	if (fd >= 0)
		close(fd);
	return done;
}

/* Contents that no other page has: left-overs of other tests must not join in. */
static void write_alike(char *at, size_t pages, int node)
{
	uint64_t word = (uint64_t)getpid() << 32 | (uint32_t)time(NULL);

	prefer(node);
	for (size_t i = 0; i < pages; i++)
		memcpy(at + bytes(i) + 64, &word, sizeof(word));
	stop_numa_balancing();
}

static const char *make_ksm(char *at, int node)
{
	const struct timespec pause_time = { 0, 50 * 1000 * 1000 };
	char *other = space(1);
	bool merged = false;

	if (!has_ksm())
		return "KSM is not there or not permitted";
	map_anon(at, 1);
	map_anon(other, 1);
	write_alike(at, 1, node);
	write_alike(other, 1, node);
	if (madvise(at, bytes(1), MADV_MERGEABLE) || madvise(other, bytes(1), MADV_MERGEABLE))
		return "no MADV_MERGEABLE";
	write_number("/sys/kernel/mm/ksm/pages_to_scan", "10000");
	write_number("/sys/kernel/mm/ksm/sleep_millisecs", "20");
	write_number("/sys/kernel/mm/ksm/run", "1");
	for (int i = 0; i < KSM_SECONDS * 20 && !merged; i++) {
		nanosleep(&pause_time, NULL);
		merged = page_present(at) && page_shared(at);
	}
	write_number("/sys/kernel/mm/ksm/run", "0");
	return merged ? NULL : "KSM did not merge the pages";
}

/* The table ----------------------------------------------------------------------------------- */

#define SPECIMEN(id, ...) \
	const struct specimen specimen_##id = { .name = #id, .make = make_##id, __VA_ARGS__ }

SPECIMEN(anon, .fate = FATE_MOVES, .pages = SMALL);
SPECIMEN(readonly, .fate = FATE_MOVES, .pages = SMALL);
SPECIMEN(inaccessible, .fate = FATE_MOVES, .pages = SMALL, .inaccessible = true);
SPECIMEN(locked, .fate = FATE_MOVES, .pages = SMALL);
SPECIMEN(shmem, .fate = FATE_MOVES, .pages = SMALL);
SPECIMEN(memfd, .fate = FATE_MOVES, .pages = SMALL);
SPECIMEN(tmpfs_private, .fate = FATE_MOVES, .pages = SMALL);
SPECIMEN(tmpfs_dirtied, .fate = FATE_MOVES, .pages = SMALL);
SPECIMEN(regular_file, .fate = FATE_MOVES, .pages = SMALL);
SPECIMEN(thp, .fate = FATE_MOVES, .pages = HUGE_PAGES);
SPECIMEN(thp_split_mapping, .fate = FATE_MOVES, .pages = HUGE_PAGES);
SPECIMEN(thp_tail_given_back, .fate = FATE_MOVES, .pages = HUGE_PAGES);
SPECIMEN(thp_head_given_back, .fate = FATE_MOVES, .pages = HUGE_PAGES);
SPECIMEN(thp_inaccessible, .fate = FATE_MOVES, .pages = HUGE_PAGES, .inaccessible = true);
SPECIMEN(hugetlb, .fate = FATE_MOVES, .pages = HUGE_PAGES);
SPECIMEN(untouched, .fate = FATE_IGNORED, .pages = SMALL, .absent = true);
SPECIMEN(zero, .fate = FATE_IGNORED, .pages = SMALL, .absent = true);
SPECIMEN(swapped, .fate = FATE_IGNORED, .pages = SMALL, .absent = true);
SPECIMEN(device, .fate = FATE_IGNORED, .pages = 1, .absent = true);
SPECIMEN(pinned, .fate = FATE_STUCK, .pages = SMALL);
SPECIMEN(pinned_shmem, .fate = FATE_STUCK, .pages = SMALL);
SPECIMEN(pinned_inaccessible, .fate = FATE_STUCK, .pages = SMALL, .inaccessible = true);
SPECIMEN(pinned_thp, .fate = FATE_STUCK, .pages = HUGE_PAGES);
SPECIMEN(pinned_hugetlb, .fate = FATE_STUCK, .pages = HUGE_PAGES);
SPECIMEN(ring, .fate = FATE_STUCK, .pages = 1);
SPECIMEN(twice_mapped, .fate = FATE_SHARED, .pages = SMALL);
SPECIMEN(forked, .fate = FATE_SHARED, .pages = SMALL);
SPECIMEN(forked_inaccessible, .fate = FATE_SHARED, .pages = SMALL, .inaccessible = true);
SPECIMEN(other_process, .fate = FATE_SHARED, .pages = SMALL);
SPECIMEN(ksm, .fate = FATE_SHARED, .pages = 1);
SPECIMEN(forked_thp, .fate = FATE_SHARED, .pages = HUGE_PAGES);
SPECIMEN(pinned_twice_mapped, .fate = FATE_SHARED_STUCK, .pages = SMALL);
SPECIMEN(twice_mapped_ring, .fate = FATE_SHARED_STUCK, .pages = 1);
