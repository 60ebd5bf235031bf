/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process with pages on known nodes, for the command to look at. Prints "ready PID START A B",
 * the address of its pages and two nodes, the same one where there is only one, and waits. On
 * SIGUSR1 it lets go of what holds pages, and of memory that is in their way, and prints
 * "released".
 *
 * misplaced  16 pages bound to B, the first 6 of them on A
 * pinned     16 pages on A, 3 of them pinned
 * registered 16 pages bound to B and on A, 4 of them registered with an io_uring for direct I/O
 * full       8 MiB bound to B and on A, and no room on B
 * clean      pages bound to B and on A, for which there is room once B has given up page cache
 * shared     8 pages bound to B and on A, mapped by a child as well
 * kernel     16 pages bound to B and on A, the first the kernel's own
 * large      96 MiB on A
 * huge       a huge page bound to B and on A
 * hugetlb    the same of hugetlbfs
 * cut        a huge page on A, the first half of which is bound to B, and the second to A
 * cached     16 pages of a file on a disk, bound to B and on A
 * spread     16 pages interleaved on all nodes; its name, and theirs, are to do harm to a terminal
 * sparse     1 TiB bound to B, with 16 pages on A, at its end and spread over it
 * plain      16 pages on A without a policy, 3 of them pinned
 * threads    16 pages on B without a policy, the first thread is bound to A, another one to B; and
 *            behind them 16 pages on B that are bound to A
 * uneven     64 pages on A, interleaved on A and B
 * weighted   the same with weights
 * small      the same of as many pages as a huge one has
 * thirds     three huge pages, interleaved on A and B
 * astray     64 pages on A, interleaved on all other nodes
 * secret     a page of memfd_secret() bound to B and on A
 * slabs      as many mappings as are allowed, but for one in a hundred; each second is bound to B
 * mixed      16 pages bound to B, mapped by a child as well, 8 of them on A
 * restless   two threads map, unmap, protect and bind pages all the time
 */
#include <fcntl.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fullnode.h"
#include "machine.h"
#include "pins.h"
#include "raw.h"
#include "rings.h"
#include "space.h"

enum {
	PAGES = 16,
	MISPLACED = 6,
	PINNED = 3,
	REGISTERED = 4,
	SHARED = 8,
	UNEVEN = 64,
	SLABS_MOST = 200000,
	RESTLESS = 128, /* pages of each thread */
	LARGE = 96 << 20,
	FEW = 64, /* pages that a full node has room for now and then */
	FULL = 8 << 20,
};

static int node_a, node_b;

/* On SIGUSR1; NULL: nothing. */
static void (*release)(void);

static void bind(char *start, size_t pages, int node)
{
	struct nodes nodes = nodes_one(node);

	if (raw_mbind(start, pages * machine()->page, MPOL_BIND, nodes.words, NODES_MAXNODE, 0)) {
		perror("mbind");
		exit(1);
	}
}

/* Pages of their own on a node; its policy stays. */
static char *pages_on(size_t pages, int node, int sharing)
{
	size_t size = pages * machine()->page;
	char *start = mmap(space(pages), size, PROT_READ | PROT_WRITE,
			   sharing | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (start == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	madvise(start, size, MADV_NOHUGEPAGE);
	bind(start, pages, node);
	return memset(start, 1, size);
}

static char *misplaced(void)
{
	char *start = pages_on(PAGES, node_a, MAP_PRIVATE);
	size_t page = machine()->page;

	bind(start, PAGES, node_b);
	madvise(start + MISPLACED * page, (PAGES - MISPLACED) * page, MADV_DONTNEED);
	memset(start + MISPLACED * page, 1, (PAGES - MISPLACED) * page);
	return start;
}

static struct pins pins;

static void unpin(void)
{
	unpin_all(&pins);
}

static char *pinned(void)
{
	char *start = pages_on(PAGES, node_a, MAP_PRIVATE);

	if (!pins_open(&pins))
		exit(1);
	for (size_t i = 0; i < PINNED; i++)
		if (!pin(&pins, start + (4 + i) * machine()->page))
			exit(1);
	release = unpin;
	return start;
}

static int uring;

static void unregister(void)
{
	syscall(SYS_io_uring_register, uring, IORING_UNREGISTER_BUFFERS, NULL, 0);
}

static char *registered(void)
{
	char *start = pages_on(PAGES, node_a, MAP_PRIVATE);
	struct io_uring_params params = { .flags = 0 };
	struct iovec buffer = { start, REGISTERED * machine()->page };

	uring = (int)syscall(SYS_io_uring_setup, 1, &params);
	if (uring < 0 ||
	    syscall(SYS_io_uring_register, uring, IORING_REGISTER_BUFFERS, &buffer, 1) != 0)
		exit(77);
	bind(start, PAGES, node_b);
	release = unregister;
	return start;
}

/* Without a policy of their own. */
static void unbind(char *start, size_t pages)
{
	if (raw_mbind(start, pages * machine()->page, MPOL_DEFAULT, NULL, 0, 0)) {
		perror("mbind");
		exit(1);
	}
}

static char *plain(void)
{
	char *start = pinned();

	unbind(start, PAGES);
	return start;
}

static void bind_thread(int node)
{
	struct nodes nodes = nodes_one(node);

	if (raw_set_mempolicy(MPOL_BIND, nodes.words, NODES_MAXNODE)) {
		perror("set_mempolicy");
		exit(1);
	}
}

static pthread_barrier_t bound;

static void *bound_to_b(void *start)
{
	bind_thread(node_b);
	memset(start, 1, PAGES * machine()->page);
	pthread_barrier_wait(&bound);
	pause();
	return NULL;
}

static char *threads(void)
{
	size_t size = PAGES * machine()->page;
	char *start = pages_on(2 * PAGES, node_b, MAP_PRIVATE);
	pthread_t thread;

	madvise(start, size, MADV_DONTNEED);
	unbind(start, PAGES);
	bind(start + size, PAGES, node_a);
	bind_thread(node_a);
	pthread_barrier_init(&bound, NULL, 2);
	if (pthread_create(&thread, NULL, bound_to_b, start) != 0)
		exit(1);
	pthread_barrier_wait(&bound);
	return start;
}

static char *interleave(int mode, struct nodes nodes, size_t pages)
{
	char *start = pages_on(pages, node_a, MAP_PRIVATE);

	if (raw_mbind(start, pages * machine()->page, mode, nodes.words, NODES_MAXNODE, 0))
		exit(77);
	return start;
}

static char *uneven(void)
{
	return interleave(MPOL_INTERLEAVE, nodes_two(node_a, node_b), UNEVEN);
}

static char *weighted(void)
{
	return interleave(MODE_WEIGHTED_INTERLEAVE, nodes_two(node_a, node_b), UNEVEN);
}

static char *astray(void)
{
	struct nodes nodes = nodes_none();

	for (int i = 1; i < machine()->node_count; i++)
		nodes_add(&nodes, machine()->node[i]);
	if (nodes_empty(&nodes))
		exit(77);
	return interleave(MPOL_INTERLEAVE, nodes, UNEVEN);
}

static char *secret(void)
{
	size_t page = machine()->page;
	int file = (int)syscall(SYS_memfd_secret, 0);
	char *start;

	bind_thread(node_a);
	if (file < 0 || ftruncate(file, (off_t)page) != 0)
		exit(77);
	start = mmap(space(1), page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);
	if (start == MAP_FAILED)
		exit(77);
	*start = 1;
	bind(start, 1, node_b);
	raw_set_mempolicy(MPOL_DEFAULT, NULL, 0);
	return start;
}

static char *slabs(void)
{
	long most = number_in("/proc/sys/vm/max_map_count", 0);
	size_t page = machine()->page, pages;
	char *start;

	if (most <= 0 || most > SLABS_MOST)
		exit(77);
	pages = (size_t)(most - most / 100 - 50);
	start = pages_on(pages, node_a, MAP_PRIVATE);
	for (size_t i = 1; i < pages; i += 2)
		if (node_a != node_b)
			bind(start + i * page, 1, node_b);
		else
			mprotect(start + i * page, page, PROT_READ);
	return start;
}

/* A child that has done something, and waits. Returns its number. */
static pid_t child(void (*act)(char *start, size_t pages), char *start, size_t pages)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready) != 0)
		exit(1);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		act(start, pages);
		if (write(ready[1], "", 1) == 1)
			pause();
		_exit(0);
	}
	/* So that it is noticed when the child ends. */
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		exit(1);
	return pid;
}

static void touch(char *start, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		start[i * machine()->page]++;
}

/* Maps what is at start as well. */
static void share(char *start, size_t pages)
{
	child(touch, start, pages);
}

static char *shared(void)
{
	char *start = pages_on(SHARED, node_a, MAP_SHARED);

	bind(start, SHARED, node_b);
	share(start, SHARED);
	return start;
}

static char *mixed(void)
{
	size_t half = PAGES / 2 * machine()->page;
	char *start = pages_on(PAGES, node_a, MAP_SHARED);

	bind(start, PAGES, node_b);
	madvise(start + half, half, MADV_REMOVE);
	memset(start + half, 1, half);
	share(start, PAGES);
	return start;
}

static void fill(char *start, size_t pages)
{
	long before;

	munmap(start, pages * machine()->page);
	/* What one processor gives back others may not have. */
	run_on_node(node_b);
	do {
		before = free_pages(node_b);
		if (!fill_node(node_b, 0))
			_exit(1);
	} while (free_pages(node_b) + FEW < before);
}

static pid_t filler;

static void end_filler(void)
{
	kill(filler, SIGKILL);
	waitpid(filler, NULL, 0);
}

/* A node with some page cache, and memory that fits there only when that gives way. */
enum { CLEAN_PIECES = 16, CLEAN_FILE = 10 << 20, CLEAN_MORE = 5 << 20, CLEAN_MOST = 64 << 20 };

static void take_and_read(char *start, size_t pages)
{
	static char text[1 << 16];
	int file = open("/disk/clean", O_RDONLY | O_CLOEXEC);

	(void)start, (void)pages;
	run_on_node(node_b);
	if (!fill_node(node_b, CLEAN_PIECES))
		_exit(1);
	bind_thread(node_b);
	while (read(file, text, sizeof(text)) > 0)
		;
}

static void make_clean_file(void)
{
	int file = open("/disk/clean", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char *text = calloc(1, CLEAN_FILE);

	if (!text || file < 0 || write(file, text, CLEAN_FILE) != CLEAN_FILE || fsync(file) != 0 ||
	    posix_fadvise(file, 0, CLEAN_FILE, POSIX_FADV_DONTNEED) != 0)
		exit(77);
	free(text);
	close(file);
}

/* Pages of a node that are free and not kept by the kernel. */
static size_t free_to_take(int node)
{
	FILE *zones = fopen("/proc/zoneinfo", "re");
	unsigned long pages = 0, kept, sum = 0;
	char line[160];
	int of = -1;

	while (zones && fgets(line, sizeof(line), zones)) {
		sscanf(line, "Node %d,", &of);
		sscanf(line, " pages free %lu", &pages);
		if (sscanf(line, " min %lu", &kept) == 1 && of == node && pages > kept)
			sum += pages - kept;
	}
	if (zones)
		fclose(zones);
	return sum;
}

static char *clean(void)
{
	size_t pages;
	char *start;

	if (node_a == node_b || cannot_fill(node_b))
		exit(77);
	make_clean_file();
	child(take_and_read, NULL, 0);
	pages = free_to_take(node_b) + CLEAN_MORE / machine()->page;
	if (pages > CLEAN_MOST / machine()->page)
		exit(77);
	start = pages_on(pages, node_a, MAP_PRIVATE);
	bind(start, pages, node_b);
	return start;
}

static char *full(void)
{
	size_t pages = FULL / machine()->page;
	char *start = pages_on(pages, node_a, MAP_PRIVATE);

	if (node_a == node_b || cannot_fill(node_b))
		exit(77);
	bind(start, pages, node_b);
	filler = child(fill, start, pages);
	release = end_filler;
	return start;
}

static char *kernel(void)
{
	static struct ring ring;
	char *start = pages_on(PAGES, node_a, MAP_PRIVATE);

	if (!ring_open(&ring, RING_PACKET, node_a, 1) || !ring_put(&ring, 0, start))
		exit(77);
	bind(start, PAGES, node_b);
	return start;
}

static char *large(void)
{
	return pages_on(LARGE / machine()->page, node_a, MAP_PRIVATE);
}

/* Nothing of it is there yet. */
static char *map_huge(size_t size, int flags)
{
	char *start = mmap(space(size / machine()->page), size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | flags, -1, 0);

	if (start == MAP_FAILED)
		exit(77);
	madvise(start, size, MADV_HUGEPAGE);
	return start;
}

static char *huge_page(size_t size, int flags)
{
	char *start;

	/* Where one is of 512 MiB it does not come reliably. */
	if (!nodes_have_room(4 * size / machine()->page))
		exit(77);
	start = map_huge(size, flags);
	bind(start, size / machine()->page, node_a);
	*start = 1;
	bind(start, size / machine()->page, node_b);
	return start;
}

static char *huge(void)
{
	if (!has_thp())
		exit(77);
	return huge_page(machine()->huge, 0);
}

static char *small(void)
{
	size_t pages = has_thp() ? HUGE_PAGES : 2;

	if (!nodes_have_room(2 * pages))
		exit(77);
	return interleave(MPOL_INTERLEAVE, nodes_two(node_a, node_b), pages);
}

static char *thirds(void)
{
	struct nodes nodes = nodes_two(node_a, node_b);
	size_t size = 3 * machine()->huge;
	char *start;

	if (!has_thp() || !nodes_have_room(4 * HUGE_PAGES))
		exit(77);
	start = map_huge(size, 0);
	if (raw_mbind(start, size, MPOL_INTERLEAVE, nodes.words, NODES_MAXNODE, 0))
		exit(77);
	for (size_t i = 0; i < 3; i++)
		start[i * machine()->huge] = 1;
	return start;
}

static char *hugetlb(void)
{
	if (free_hugetlb_on(node_a) < 1)
		exit(77);
	return huge_page(machine()->hugetlb, MAP_HUGETLB);
}

static char *second_half;

static void join(void)
{
	bind(second_half, HUGE_PAGES / 2, node_b);
}

static char *cut(void)
{
	size_t half = machine()->huge / 2;
	char *start = huge();

	/* Pages of zeros would be given up when the huge page is split. */
	memset(start, 1, 2 * half);
	second_half = start + half;
	bind(second_half, half / machine()->page, node_a);
	release = join;
	return start;
}

static char *cached(void)
{
	size_t size = PAGES * machine()->page;
	int file = open("/disk/scene", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char *text = calloc(1, size), *start;

	bind_thread(node_a);
	if (!text || file < 0 || write(file, text, size) != (ssize_t)size || fsync(file) != 0)
		exit(77);
	raw_set_mempolicy(MPOL_DEFAULT, NULL, 0);
	start = mmap(space(PAGES), size, PROT_READ, MAP_SHARED | MAP_FIXED, file, 0);
	if (start == MAP_FAILED)
		exit(1);
	bind(start, PAGES, node_b);
	for (size_t i = 0; i < PAGES; i++)
		*text |= *(volatile char *)(start + i * machine()->page);
	free(text);
	close(file);
	return start;
}

static char *spread(void)
{
	size_t size = PAGES * machine()->page;
	struct nodes nodes = machine()->allowed;
	int file = memfd_create("a\033[31mb", MFD_CLOEXEC);
	char *start;

	prctl(PR_SET_NAME, "c\033[32md");
	if (file < 0 || ftruncate(file, (off_t)size) != 0)
		exit(1);
	start = mmap(space(PAGES), size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);
	if (start == MAP_FAILED ||
	    raw_mbind(start, size, MPOL_INTERLEAVE, nodes.words, NODES_MAXNODE, 0) != 0)
		exit(1);
	return memset(start, 1, size);
}

static char *sparse(void)
{
	size_t page = machine()->page;
	size_t size = (size_t)1 << 40;
	char *start = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (start == MAP_FAILED)
		exit(77);
	madvise(start, size, MADV_NOHUGEPAGE);
	bind(start, size / page, node_a);
	for (size_t i = 1; i <= PAGES; i++)
		start[i * (size / PAGES) - page] = 1;
	bind(start, size / page, node_b);
	return start;
}

static _Noreturn void change(char *start)
{
	size_t page = machine()->page;
	unsigned seed = (unsigned)(uintptr_t)start;

	for (;;) {
		size_t first = (size_t)rand_r(&seed) % RESTLESS,
		       pages = 1 + (size_t)rand_r(&seed) % 16;
		char *part = start + first * page;
		int what = rand_r(&seed) % 5;

		if (pages > RESTLESS - first)
			pages = RESTLESS - first;
		if (what == 0)
			munmap(part, pages * page);
		else if (what == 1)
			mprotect(part, pages * page, PROT_NONE);
		else if (mmap(part, pages * page, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != part)
			exit(1);
		else if (what == 2)
			memset(part, 1, pages * page);
		else
			bind(memset(part, 1, pages * page), pages, what == 3 ? node_a : node_b);
	}
}

static void *keep_changing(void *start)
{
	change(start);
}

static char *restless(void)
{
	size_t page = machine()->page;
	char *start = space(2 * RESTLESS);
	pthread_t thread;

	for (size_t i = 0; i < 2; i++)
		if (pthread_create(&thread, NULL, keep_changing, start + i * RESTLESS * page))
			exit(1);
	return start;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		char *(*make)(void);
	} scenes[] = {
		{ "misplaced", misplaced }, { "pinned", pinned }, { "registered", registered },
		{ "full", full },	    { "clean", clean },	  { "shared", shared },
		{ "kernel", kernel },	    { "large", large },	  { "huge", huge },
		{ "hugetlb", hugetlb },	    { "cut", cut },	  { "cached", cached },
		{ "spread", spread },	    { "sparse", sparse }, { "plain", plain },
		{ "threads", threads },	    { "uneven", uneven }, { "weighted", weighted },
		{ "astray", astray },	    { "secret", secret }, { "slabs", slabs },
		{ "mixed", mixed },	    { "small", small },	  { "thirds", thirds },
		{ "restless", restless },
	};
	char *start = NULL;
	sigset_t wanted;
	int number;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGUSR1);
	sigprocmask(SIG_BLOCK, &wanted, NULL);
	node_a = machine()->node[0];
	node_b = machine()->node[machine()->node_count > 1];
	for (size_t i = 0; argc == 2 && i < sizeof(scenes) / sizeof(*scenes); i++)
		if (strcmp(argv[1], scenes[i].name) == 0)
			start = scenes[i].make();
	if (!start)
		return 2;
	printf("ready %d %lx %d %d\n", getpid(), (unsigned long)start, node_a, node_b);
	fflush(stdout);
	while (sigwait(&wanted, &number) == 0) {
		if (release)
			release();
		release = NULL;
		puts("released");
		fflush(stdout);
	}
	return 0;
}
