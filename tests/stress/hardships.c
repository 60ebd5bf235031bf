/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hardships.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine.h"
#include "rights.h"
#include "rng.h"
#include "wrong.h"

enum { CHANGE_US = 5000, SPARE_KIB = 256, BLOCKS_MOST = 256, CPUS_MOST = 64, PATH = 160 };

#define LEAST_STACK (16UL << 10)
#define GROWN_STACK (64UL << 10)
#define MEMORY_LIMIT "12M"
#define GROUPS "/tmp/stress-cgroup"
#define GROUP GROUPS "/stress"
#define CPUS "/sys/devices/system/cpu"
#define BLOCKS "/sys/devices/system/memory"
#define VM "/proc/sys/vm/"

static const char *const names[HARDSHIPS] = {
	[SIGNALS] = "signals",	     [FILES] = "files",		  [ADDRESS_SPACE] = "address-space",
	[STACK] = "stack",	     [RIVALS] = "rivals",	  [MEMORY] = "memory",
	[OVERCOMMIT] = "overcommit", [PROCESSORS] = "processors", [CPUSET] = "cpuset",
	[OFFLINE] = "offline",
};

static bool chosen[HARDSHIPS];
static atomic_ulong *met; /* how often, of each kind; children count, too */
static pid_t changer;

bool hardships_choose(const char *list)
{
	while (*list) {
		size_t length = strcspn(list, ","), i = 0;

		while (i < HARDSHIPS &&
		       (strlen(names[i]) != length || strncmp(names[i], list, length) != 0))
			i++;
		if (i == HARDSHIPS)
			return false;
		chosen[i] = true;
		list += length + (list[length] == ',');
	}
	return true;
}

bool hardship_is(enum hardship hardship)
{
	return chosen[hardship];
}

void hardship_met(enum hardship hardship)
{
	atomic_fetch_add(&met[hardship], 1);
}

/* ---- files of the kernel ---- */

static bool get(const char *path, char *text, size_t size)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = file >= 0 ? read(file, text, size - 1) : -1;

	if (file >= 0)
		close(file);
	text[got > 0 ? got : 0] = '\0';
	return got > 0;
}

static unsigned long number_of(const char *path, const char *key)
{
	char text[8192], *at;

	if (!get(path, text, sizeof(text)) || !(at = strstr(text, key)))
		return 0;
	return strtoul(at + strlen(key), NULL, 10);
}

/* ---- limits of the process ---- */

static void limit_soft(int resource, rlim_t value)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) == 0) {
		limit.rlim_cur = value < limit.rlim_max ? value : limit.rlim_max;
		setrlimit(resource, &limit);
	}
}

void hardships_give_stack(void)
{
	limit_soft(RLIMIT_STACK, GROWN_STACK * 16);
	limit_soft(RLIMIT_AS, RLIM_INFINITY);
}

/* The first thread needs no more than this, which is there before address space runs short. */
static void grow_stack(void)
{
	volatile char frame[GROWN_STACK];

	for (size_t i = 0; i < sizeof(frame); i += 1024)
		frame[i] = 1;
}

/* ---- groups ---- */

static const char *open_group(void)
{
	char mine[16];

	mkdir(GROUPS, 0755);
	if (mount("none", GROUPS, "cgroup2", 0, NULL) != 0)
		return "takes root, and cgroups of version 2";
	if ((chosen[MEMORY] && !write_word(GROUPS "/cgroup.subtree_control", "+memory")) ||
	    (chosen[CPUSET] && !write_word(GROUPS "/cgroup.subtree_control", "+cpuset")))
		return "takes a cgroup for memory, and one for cpusets";
	if (mkdir(GROUP, 0755) != 0 && errno != EEXIST)
		return "cannot make a cgroup";
	snprintf(mine, sizeof(mine), "%d", getpid());
	if (!write_word(GROUP "/cgroup.procs", mine))
		return "cannot enter a cgroup";
	if (chosen[MEMORY]) {
		if (number_of("/proc/meminfo", "SwapTotal:") == 0)
			return "takes swap";
		if (!write_word(GROUP "/memory.max", MEMORY_LIMIT))
			return "cannot limit the memory of a cgroup";
	}
	return NULL;
}

static void close_group(void)
{
	char mine[16];

	snprintf(mine, sizeof(mine), "%d", getpid());
	write_word(GROUPS "/cgroup.procs", mine);
	rmdir(GROUP);
	umount(GROUPS);
	rmdir(GROUPS);
}

/* ---- what another process changes ---- */

static void change_nodes(struct rng *rng)
{
	char list[256] = "";
	size_t length = 0;

	for (int i = 0; i < machine()->node_count; i++)
		if (rng_percent(rng, 60))
			length += (size_t)snprintf(list + length, sizeof(list) - length, "%s%d",
						   length ? "," : "", machine()->node[i]);
	if (length && write_word(GROUP "/cpuset.mems", list))
		hardship_met(CPUSET);
}

/* Not processor 0, which must stay. */
static void change_processor(struct rng *rng)
{
	char path[PATH], state[8];
	size_t cpu = 1 + rng_below(rng, CPUS_MOST - 1);

	snprintf(path, sizeof(path), CPUS "/cpu%zu/online", cpu);
	if (get(path, state, sizeof(state)) && write_word(path, state[0] == '1' ? "0" : "1"))
		hardship_met(PROCESSORS);
}

static void move_threads(struct rng *rng, pid_t pid)
{
	char path[PATH];
	struct dirent *entry;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	while (tasks && (entry = readdir(tasks))) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(rng_below(rng, 2), &set);
		if (rng_percent(rng, 50))
			CPU_SET(1 - rng_below(rng, 2), &set);
		if (atoi(entry->d_name) > 0 &&
		    sched_setaffinity(atoi(entry->d_name), sizeof(set), &set) == 0)
			hardship_met(PROCESSORS);
	}
	if (tasks)
		closedir(tasks);
}

/* The node keeps another block, so that it remains a node with memory. */
static bool is_alone(size_t block)
{
	char path[PATH], state[16];
	unsigned online = 0;

	for (int node = 0; node < machine()->node_count; node++) {
		snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/memory%zu",
			 machine()->node[node], block);
		if (access(path, F_OK) != 0)
			continue;
		for (size_t i = 0; i < BLOCKS_MOST; i++) {
			snprintf(path, sizeof(path),
				 "/sys/devices/system/node/node%d/memory%zu/state",
				 machine()->node[node], i);
			online +=
				get(path, state, sizeof(state)) && strncmp(state, "online", 6) == 0;
		}
	}
	return online < 2;
}

static void change_memory(struct rng *rng)
{
	char path[PATH], state[16];
	size_t block = rng_below(rng, BLOCKS_MOST);

	snprintf(path, sizeof(path), BLOCKS "/memory%zu/state", block);
	if (!get(path, state, sizeof(state)))
		return;
	if (strncmp(state, "offline", 7) == 0)
		write_word(path, "online_movable");
	else if (!is_alone(block) && write_word(path, "offline"))
		hardship_met(OFFLINE);
}

static _Noreturn void change(pid_t pid)
{
	struct rng rng = rng_for((uint64_t)pid, 0, 0);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		if (chosen[CPUSET])
			change_nodes(&rng);
		if (chosen[PROCESSORS]) {
			change_processor(&rng);
			move_threads(&rng, pid);
		}
		if (chosen[OFFLINE])
			change_memory(&rng);
		usleep(CHANGE_US);
	}
}

/* All that may be away comes back. */
static void undo_changes(void)
{
	char path[PATH], state[16];

	for (size_t i = 1; chosen[PROCESSORS] && i < CPUS_MOST; i++) {
		snprintf(path, sizeof(path), CPUS "/cpu%zu/online", i);
		write_word(path, "1");
	}
	for (size_t i = 0; chosen[OFFLINE] && i < BLOCKS_MOST; i++) {
		snprintf(path, sizeof(path), BLOCKS "/memory%zu/state", i);
		if (get(path, state, sizeof(state)) && strncmp(state, "offline", 7) == 0)
			write_word(path, "online");
	}
}

/* ---- all of it ---- */

const char *hardships_open(void)
{
	const char *why = NULL;

	met = mmap(NULL, HARDSHIPS * sizeof(*met), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (met == MAP_FAILED)
		return "no memory";
	if (chosen[MEMORY] || chosen[CPUSET])
		why = open_group();
	/* Swap counts as memory that is there. */
	if (!why && chosen[OVERCOMMIT] &&
	    (access(VM "overcommit_memory", W_OK) != 0 || number_of("/proc/meminfo", "SwapTotal:")))
		why = "takes root, and no swap";
	if (!why && chosen[PROCESSORS] && access(CPUS "/cpu1/online", W_OK) != 0)
		why = "takes root, and processors that can be taken away";
	if (!why && chosen[OFFLINE] && access(BLOCKS "/block_size_bytes", R_OK) != 0)
		why = "this kernel takes no memory offline";
	if (why && (chosen[MEMORY] || chosen[CPUSET]))
		close_group();
	return why;
}

void hardships_begin(size_t holes)
{
	char kib[32];

	if (chosen[PROCESSORS] || chosen[CPUSET] || chosen[OFFLINE]) {
		pid_t pid = getpid();

		changer = fork();
		if (changer == 0)
			change(pid);
		if (changer < 0)
			wrong("fork: errno %d", errno);
	}
	if (chosen[OVERCOMMIT]) {
		snprintf(kib, sizeof(kib), "%lu",
			 number_of("/proc/meminfo", "Committed_AS:") + SPARE_KIB);
		if (!write_word(VM "overcommit_kbytes", kib) ||
		    !write_word(VM "overcommit_memory", "2"))
			wrong("overcommit: errno %d", errno);
	}
	grow_stack();
	if (chosen[STACK])
		limit_soft(RLIMIT_STACK, LEAST_STACK);
	if (chosen[ADDRESS_SPACE])
		limit_soft(RLIMIT_AS, (number_of("/proc/self/status", "VmSize:") << 10) +
					      (holes + 1) * machine()->page);
	if (chosen[FILES])
		limit_soft(RLIMIT_NOFILE, 3);
}

void hardships_end(void)
{
	if (changer > 0) {
		kill(changer, SIGKILL);
		waitpid(changer, NULL, 0);
		changer = 0;
	}
	limit_soft(RLIMIT_NOFILE, RLIM_INFINITY);
	hardships_give_stack();
	if (chosen[OVERCOMMIT])
		write_word(VM "overcommit_memory", "0");
	undo_changes();
}

static bool is_counted(enum hardship hardship)
{
	return chosen[hardship] &&
	       (hardship == MEMORY || hardship == OVERCOMMIT || hardship == PROCESSORS ||
		hardship == CPUSET || hardship == OFFLINE);
}

/* Of the one that the kernel counts. */
static void read_met(void)
{
	if (chosen[MEMORY])
		atomic_store(&met[MEMORY], number_of(GROUP "/memory.events", "max "));
}

bool hardships_all_met(void)
{
	read_met();
	for (size_t i = 0; i < HARDSHIPS; i++)
		if (is_counted(i) && !atomic_load(&met[i]))
			return false;
	return true;
}

static void print_met(void)
{
	for (size_t i = 0; i < HARDSHIPS; i++) {
		if (!is_counted(i))
			continue;
		printf("%s: met %lu times\n", names[i], atomic_load(&met[i]));
		if (!atomic_load(&met[i]))
			wrong("%s never made it hard", names[i]);
	}
}

void hardships_close(void)
{
	read_met();
	if (chosen[MEMORY] || chosen[CPUSET])
		close_group();
	print_met();
}
