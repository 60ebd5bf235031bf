/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What "strictbind check" costs, as ratios in one run: against "cat numa_maps" of the same process,
 * and how long the process that is looked at waits at worst for its page faults and mappings,
 * against being left alone and against cat. Usage: check-cost STRICTBIND [TRIES]
 *
 * mappings   30,000 mappings of a page, each second bound to another node than its page is on
 * sparse     a terabyte bound to another node than the 16 pages are on that it has
 * shared     the same, mapped by a child as well: numa_maps does not tell the reason
 * file       64 MiB of shared memory bound to another node, mapped by a child as well
 */
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAPPINGS = 30000, SPARSE_PAGES = 16, FILE_SIZE = 64 << 20, TRIES = 15, TRIES_MOST = 1000 };

static size_t page;
static unsigned long near_node = 1, far_node = 1; /* sets of one node */

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* ---- the process that is looked at ---- */

static void bind(char *start, size_t size, const unsigned long *nodes)
{
	if (syscall(SYS_mbind, start, size, MPOL_BIND, nodes, 65UL, 0) != 0)
		perror("mbind");
}

static char *map(size_t size, int sharing)
{
	char *start = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   sharing | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (start == MAP_FAILED) {
		perror("mmap");
		exit(77);
	}
	madvise(start, size, MADV_NOHUGEPAGE);
	bind(start, size, &near_node);
	return start;
}

static void make_mappings(void)
{
	char *start = map(MAPPINGS * page, MAP_PRIVATE);

	memset(start, 1, MAPPINGS * page);
	for (size_t i = 1; i < MAPPINGS; i += 2) {
		if (near_node != far_node)
			bind(start + i * page, page, &far_node);
		else
			mprotect(start + i * page, page, PROT_READ);
	}
}

static void touch_in_child(const char *start, size_t size, size_t step)
{
	if (fork() != 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (size_t at = 0; at < size; at += step)
		(void)*(volatile const char *)(start + at);
	pause();
	_exit(0);
}

static void make_sparse(int sharing)
{
	size_t size = (size_t)1 << 40, step = size / SPARSE_PAGES;
	char *start = map(size, sharing);

	for (size_t at = 0; at < size; at += step)
		start[at] = 1;
	bind(start, size, &far_node);
	if (sharing == MAP_SHARED)
		touch_in_child(start, size, step);
}

static void make_file(void)
{
	char *start = map(FILE_SIZE, MAP_SHARED);

	memset(start, 1, FILE_SIZE);
	bind(start, FILE_SIZE, &far_node);
	touch_in_child(start, FILE_SIZE, page);
}

/* Shared with the process: how long it has waited at worst, and that it is to begin anew. */
static struct waits {
	volatile double fault_ms;
	volatile double map_ms;
} * waits;

/* Faults and maps all the time, each of them by a clock. */
static _Noreturn void live(void)
{
	for (;;) {
		double start = now_ms(), mapped, faulted;
		char *memory = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				    -1, 0);

		mapped = now_ms();
		if (memory == MAP_FAILED)
			_exit(1);
		*memory = 1;
		faulted = now_ms();
		munmap(memory, page);
		if (mapped - start > waits->map_ms)
			waits->map_ms = mapped - start;
		if (faulted - mapped > waits->fault_ms)
			waits->fault_ms = faulted - mapped;
		/* So often that it is seen to wait, and others run too. */
		usleep(100);
	}
}

static pid_t start_process(const char *what)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready) != 0)
		exit(1);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (strcmp(what, "mappings") == 0)
			make_mappings();
		else if (strcmp(what, "file") == 0)
			make_file();
		else
			make_sparse(strcmp(what, "shared") == 0 ? MAP_SHARED : MAP_PRIVATE);
		if (write(ready[1], "", 1) == 1)
			live();
		_exit(1);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1) {
		printf("%-9s not here\n", what);
		waitpid(pid, NULL, 0);
		pid = 0;
	}
	close(ready[0]);
	return pid;
}

/* ---- those who look ---- */

/* In processor time, as the machine may be busy with something else. */
static double time_command(char **words)
{
	struct rusage used;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 1);
		execvp(words[0], words);
		_exit(127);
	}
	wait4(pid, &status, 0, &used);
	if (!WIFEXITED(status) || WEXITSTATUS(status) > 1) {
		fprintf(stderr, "check-cost: %s: status %x\n", words[0], (unsigned)status);
		exit(1);
	}
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
}

static int compare(const void *a, const void *b)
{
	double one = *(const double *)a, other = *(const double *)b;

	return (one > other) - (one < other);
}

static double median(double *values, int count)
{
	qsort(values, (size_t)count, sizeof(*values), compare);
	return values[count / 2];
}

struct run {
	double ms[TRIES_MOST];
	double ratios[TRIES_MOST];
	struct waits waits;
};

static void take_waits(struct waits *most)
{
	if (waits->fault_ms > most->fault_ms)
		most->fault_ms = waits->fault_ms;
	if (waits->map_ms > most->map_ms)
		most->map_ms = waits->map_ms;
	waits->fault_ms = waits->map_ms = 0;
}

static void leave_alone(double ms, struct waits *most)
{
	waits->fault_ms = waits->map_ms = 0;
	usleep((unsigned)(ms * 1000));
	take_waits(most);
}

static void measure(char *strictbind, const char *what, int tries)
{
	static struct run cat, check, nothing, version;
	char number[16], path[64];
	char *cat_words[] = { "cat", path, NULL };
	char *check_words[] = { strictbind, "check", number, NULL };
	char *nothing_words[] = { "cat", "/dev/null", NULL };
	char *version_words[] = { strictbind, "--version", NULL };
	struct waits alone = { 0, 0 };
	pid_t pid = start_process(what);

	if (!pid)
		return;
	snprintf(number, sizeof(number), "%d", pid);
	snprintf(path, sizeof(path), "/proc/%d/numa_maps", pid);
	cat.waits = check.waits = alone;
	time_command(cat_words);
	time_command(check_words);
	for (int i = 0; i < tries; i++) {
		waits->fault_ms = waits->map_ms = 0;
		cat.ms[i] = time_command(cat_words);
		take_waits(&cat.waits);
		check.ms[i] = time_command(check_words);
		take_waits(&check.waits);
		check.ratios[i] = check.ms[i] / cat.ms[i];
		nothing.ms[i] = time_command(nothing_words);
		version.ms[i] = time_command(version_words);
		leave_alone(check.ms[i], &alone);
	}
	printf("%-8s %6.2f %8.1f %8.1f %8.1f %8.1f  %7.2f %7.2f %7.2f  %7.2f %7.2f %7.2f\n", what,
	       median(check.ratios, tries), median(cat.ms, tries), median(check.ms, tries),
	       median(nothing.ms, tries), median(version.ms, tries), alone.fault_ms,
	       cat.waits.fault_ms, check.waits.fault_ms, alone.map_ms, cat.waits.map_ms,
	       check.waits.map_ms);
	fflush(stdout);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* The second bit of a set such as "0-3" or "0,2"; as it is where there is no second node. */
static void find_nodes(void)
{
	FILE *file = fopen("/sys/devices/system/node/has_memory", "r");
	unsigned first = 0, second = 0;

	if (file && fscanf(file, "%u%*[-,]%u", &first, &second) < 2)
		second = first;
	if (file)
		fclose(file);
	near_node = 1UL << first % 64;
	far_node = 1UL << second % 64;
}

int main(int argc, char **argv)
{
	static const char *const all[] = { "mappings", "sparse", "shared", "file" };
	int tries = argc > 2 ? atoi(argv[2]) : TRIES;

	if (argc < 2 || tries < 1 || tries > TRIES_MOST)
		return 2;
	page = (size_t)sysconf(_SC_PAGESIZE);
	waits = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	find_nodes();
	if (near_node == far_node)
		puts("One memory node: no page is misplaced.");
	puts("         ------ processor time, ms ------------------  --- worst fault, ms ---  "
	     "--- worst mmap, ms ----\n"
	     "          ratio      cat    check  start of cat, check    alone     cat   check    "
	     "alone     cat   check");
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		measure(argv[1], all[i], tries);
	return 0;
}
