/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Uses everything the library offers, on memory of all kinds, for tools that look for mistakes:
 * from several threads at first use, with all flags and modes, and in a child after fork. Results
 * are only looked at for being possible ones; whether they are the right ones is the business of
 * other tests.
 *
 * Usage: exercise [good-pointers] [short]. With the first word no bad pointer is passed: valgrind
 * complains of them, and rightly. With the second two threads have to do, where time is dear.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <strictbind.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MANY_THREADS = 8, HUGE = 2 << 20, MODES = 7, FLAGS = 9, MASK_BITS = 64 };

/* As <numa.h> has it. */
struct bitmask {
	unsigned long size;
	unsigned long *maskp;
};

static bool bad_pointers = true;
static unsigned thread_count = MANY_THREADS;
static pthread_barrier_t all_ready;

static void fail(const char *what)
{
	fprintf(stderr, "exercise: %s: %s\n", what, strerror(errno));
	exit(1);
}

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* ---- memory of all kinds ---- */

enum { PAGES = 32, TWICE_AT = 12, HOLE_AT = 30 };

struct memory {
	char *at;
	char *huge;
	char *twin;
	int pipe[2];
};

static void *map(void *at, size_t length, int flags, int fd)
{
	void *mapped =
		mmap(at, length, PROT_READ | PROT_WRITE, flags | (at ? MAP_FIXED : 0), fd, 0);

	if (mapped == MAP_FAILED)
		fail("mmap");
	return mapped;
}

static void map_twice(struct memory *memory)
{
	size_t length = 2 * page_size();
	int fd = memfd_create("exercise", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)length))
		fail("memfd_create");
	map(memory->at + TWICE_AT * page_size(), length, MAP_SHARED, fd);
	memory->twin = map(NULL, length, MAP_SHARED, fd);
	close(fd);
}

static void prepare(struct memory *memory)
{
	size_t page = page_size();
	char *at = map(NULL, PAGES * page, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	struct iovec pinned = { at + 5 * page, 1 };

	memory->at = at;
	map_twice(memory);
	/* From the tenth on some are never touched. */
	memset(at, 1, 10 * page);
	memset(at + TWICE_AT * page, 1, 2 * page);
	memset(memory->twin, 1, 2 * page);
	memset(at + 20 * page, 1, 5 * page);
	(void)*(volatile char *)(at + 16 * page);
	if (pipe(memory->pipe) || vmsplice(memory->pipe[1], &pinned, 1, 0) != 1)
		fail("vmsplice");
	if (mprotect(at + 3 * page, page, PROT_NONE) || mprotect(at + 7 * page, page, PROT_READ))
		fail("mprotect");
	munmap(at + HOLE_AT * page, page);
	memory->huge = map(NULL, 4 * HUGE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	madvise(memory->huge, 4 * HUGE, MADV_HUGEPAGE);
	memset(memory->huge, 1, 4 * HUGE);
}

static void release(struct memory *memory)
{
	size_t page = page_size();

	/* Another thread may have mapped something into the hole. */
	munmap(memory->at, HOLE_AT * page);
	munmap(memory->at + (HOLE_AT + 1) * page, (PAGES - HOLE_AT - 1) * page);
	munmap(memory->huge, 4 * HUGE);
	munmap(memory->twin, 2 * page);
	close(memory->pipe[0]);
	close(memory->pipe[1]);
}

/* ---- calls ---- */

static bool possible(long result)
{
	switch (result < 0 ? errno : 0) {
	case 0:
	case EIO:
	case EFAULT:
	case EINVAL:
	case EPERM:
	case ENOMEM:
	case ENOSYS:
	case ECANCELED:
		return true;
	default:
		return false;
	}
}

static void expect_error(long result, int error, const char *what)
{
	if (result != -1 || errno != error)
		fail(what);
}

/* Stops the call at the third piece. */
static int stop_soon(void *user, unsigned long done, unsigned long total)
{
	int *calls = user;

	return done < total && ++*calls > 2;
}

static void bind(void *at, unsigned long length, int mode, unsigned flags)
{
	struct strictbind_report report = { .size = sizeof(report) };
	struct strictbind_options options = { .size = sizeof(options),
					      .threads = 3,
					      .stall_us = 100 };
	unsigned long mask = 1;
	bool empty = mode == 0 || mode == 4;
	const unsigned long *nodes = empty ? NULL : &mask;
	unsigned long maxnode = empty ? 0 : MASK_BITS + 1;
	int calls = 0;

	if (!possible(strictbind_mbind(at, length, mode, nodes, maxnode, flags)))
		fail("strictbind_mbind");
	if (!possible(strictbind_mbind_opt(at, length, mode, nodes, maxnode, flags, NULL, &report)))
		fail("strictbind_mbind_opt with a report");
	options.progress = stop_soon;
	options.user = &calls;
	if (!possible(strictbind_mbind_opt(at, length, mode, nodes, maxnode, flags, &options,
					   &report)))
		fail("strictbind_mbind_opt with options");
}

static void bind_everything(const struct memory *memory)
{
	size_t page = page_size();

	for (int mode = 0; mode < MODES; mode++) {
		for (unsigned flags = 0; flags < FLAGS; flags++) {
			bind(memory->at, HOLE_AT * page, mode, flags);
			bind(memory->at, PAGES * page, mode, flags);
			bind(memory->at + 2 * page, 3 * page, mode, flags);
		}
	}
	for (unsigned flags = 0; flags < FLAGS; flags++) {
		bind(memory->huge, 4 * HUGE, MPOL_BIND, flags);
		bind(memory->huge, 4 * HUGE, MPOL_PREFERRED, flags);
	}
	bind(memory->huge, 4 * HUGE, 4, MPOL_MF_STRICT | MPOL_MF_MOVE);
}

static void migrate(int pid)
{
	struct strictbind_report report = { .size = sizeof(report) };
	struct strictbind_options options = { .size = sizeof(options), .threads = 3 };
	unsigned long mask[2] = { 1, 2 };

	for (int from = 0; from < 2; from++) {
		if (!possible(strictbind_migrate_pages(pid, MASK_BITS + 1, &mask[from],
						       &mask[!from])))
			fail("strictbind_migrate_pages");
		if (!possible(strictbind_migrate_pages_opt(pid, MASK_BITS + 1, &mask[from],
							   &mask[!from], &options, &report)))
			fail("strictbind_migrate_pages_opt");
	}
}

static void locate(int pid, const struct memory *memory)
{
	size_t page = page_size();
	unsigned long pages[4], unknown, bits;
	struct bitmask mask = { MASK_BITS, &bits };

	if (!possible(strictbind_locate(pid, memory->at, PAGES * page, pages, 4, &unknown)) ||
	    !possible(strictbind_locate(pid, memory->huge + page, 2 * HUGE, pages, 0, NULL)) ||
	    !possible(strictbind_locate_bitmask(pid, memory->at, 10 * page, &mask)))
		fail("strictbind_locate");
}

static void use_bitmasks(const struct memory *memory)
{
	unsigned long one = 1, two = 2;
	struct bitmask nodes = { MASK_BITS, &one };
	struct bitmask others = { MASK_BITS, &two };
	struct strictbind_report report = { .size = sizeof(report) };

	if (!possible(strictbind_mbind_bitmask(memory->at, 10 * page_size(), MPOL_BIND, &nodes,
					       MPOL_MF_MOVE, NULL, &report)) ||
	    !possible(strictbind_migrate_pages_bitmask(0, &others, &nodes, NULL, &report)))
		fail("bitmasks");
}

static void make_mistakes(const struct memory *memory)
{
	struct {
		struct strictbind_options options;
		unsigned long later;
	} newer = { { .size = sizeof(newer) }, 1 };
	struct strictbind_report older = { .size = 1 };
	const unsigned long *nowhere = (const unsigned long *)page_size(); // NOLINT
	unsigned long mask = 1;

	expect_error(
		strictbind_mbind_opt(memory->at, page_size(), MPOL_BIND, &mask, 2, 0, NULL, &older),
		EINVAL, "a report too small");
	expect_error(strictbind_mbind_opt(memory->at, page_size(), MPOL_BIND, &mask, 2, 0,
					  &newer.options, NULL),
		     E2BIG, "options with something unknown");
	if (!bad_pointers)
		return;
	for (unsigned flags = 0; flags < 4; flags++)
		expect_error(strictbind_mbind(memory->at, page_size(), MPOL_BIND, nowhere,
					      MASK_BITS + 1, flags),
			     EFAULT, "a mask that cannot be read");
}

static void ask_kernel(void)
{
	struct strictbind_fact fact = { .size = sizeof(fact) };
	unsigned facts = 0;
	size_t letters = 0;

	while (strictbind_kernel(facts, &fact) == 1) {
		letters += strlen(fact.name) + strlen(fact.description) + strlen(fact.introduced) +
			   strlen(fact.fixed) + strlen(fact.handling);
		facts++;
	}
	if (facts < 10 || letters < 200 || !*strictbind_version())
		fail("strictbind_kernel");
}

/* ---- who calls ---- */

static void use(void)
{
	struct memory memory;

	prepare(&memory);
	bind_everything(&memory);
	locate(0, &memory);
	use_bitmasks(&memory);
	make_mistakes(&memory);
	release(&memory);
}

static void *thread_main(void *nothing)
{
	/* All at once, so that they ask the kernel at once. */
	pthread_barrier_wait(&all_ready);
	ask_kernel();
	use();
	return nothing;
}

static void use_in_threads(void)
{
	pthread_t threads[MANY_THREADS];

	pthread_barrier_init(&all_ready, NULL, thread_count);
	for (unsigned i = 0; i < thread_count; i++)
		if (pthread_create(&threads[i], NULL, thread_main, NULL))
			fail("pthread_create");
	for (unsigned i = 0; i < thread_count; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&all_ready);
}

static void use_in_child(void)
{
	struct memory memory;
	int status;
	pid_t child;

	prepare(&memory);
	child = fork();
	if (child < 0)
		fail("fork");
	if (child == 0) {
		/* Its pages are shared with the parent. */
		bind_everything(&memory);
		use();
		release(&memory);
		exit(0);
	}
	/* While it runs. */
	migrate(child);
	locate(child, &memory);
	release(&memory);
	if (waitpid(child, &status, 0) != child || status != 0)
		fail("the child");
	/* Not every valgrind knows migrate_pages. */
	if (strictbind_migrate_pages(child, 0, NULL, NULL) != -1 ||
	    (errno != ESRCH && errno != ENOSYS))
		fail("a process that is gone");
}

static unsigned open_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	unsigned count = 0;

	if (!directory)
		return 0;
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

int main(int argc, char **argv)
{
	unsigned descriptors = open_descriptors();

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "good-pointers"))
			bad_pointers = false;
		else if (!strcmp(argv[i], "short"))
			thread_count = 2;
	}
	use_in_threads();
	use_in_child();
	migrate(0);
	if (open_descriptors() != descriptors)
		fail("descriptors are left open");
	return 0;
}
