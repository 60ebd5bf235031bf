/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "raw.h"

long number_in(const char *path, long fallback)
{
	char text[64] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return fallback;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	return got > 0 ? strtol(text, NULL, 10) : fallback;
}

bool file_holds(const char *path, const char *word)
{
	char text[4096] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return false;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	return got > 0 && strstr(text, word);
}

static bool has_capability(int number)
{
	char line[256];
	unsigned long caps = 0;
	FILE *status = fopen("/proc/self/status", "re");

	if (!status)
		return geteuid() == 0;
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "CapEff: %lx", &caps) == 1)
			break;
	fclose(status);
	return caps >> number & 1;
}

/* The kernel refuses the first bit beyond its own masks, but only looks when maxnode reaches it. */
static int kernel_nodes(void)
{
	for (int bits = 1; bits < NODES_BITS; bits *= 2) {
		struct nodes set = nodes_one(bits);

		nodes_add(&set, 0);
		if (raw_mbind(NULL, 0, MPOL_BIND, set.words, NODES_BITS, 0) < 0)
			return bits;
	}
	return NODES_BITS;
}

static int cpu_of_node(int node)
{
	char path[96];

	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d", cpu);
		if (access(path, F_OK))
			return -1;
		snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/cpu%d", node, cpu);
		if (!access(path, F_OK))
			return cpu;
	}
	return -1;
}

static void find_nodes(struct machine *f)
{
	int node;

	if (raw_get_mempolicy(NULL, f->allowed.words, NODES_MAXNODE, NULL, MPOL_F_MEMS_ALLOWED))
		nodes_add(&f->allowed, 0);
	for (node = nodes_next(&f->allowed, 0); node < NODES_BITS && f->node_count < MACHINE_NODES;
	     node = nodes_next(&f->allowed, node + 1)) {
		if (node >= MACHINE_NODES)
			break;
		f->node[f->node_count] = node;
		f->cpu[f->node_count] = cpu_of_node(node);
		f->node_count++;
	}
}

static size_t hugetlb_size(void)
{
	char line[128];
	unsigned long kib = 0;
	FILE *meminfo = fopen("/proc/meminfo", "re");

	if (!meminfo)
		return access("/sys/kernel/mm/hugepages/hugepages-2048kB", F_OK) ? 0 : 2048 * 1024;
	while (fgets(line, sizeof(line), meminfo))
		if (sscanf(line, "Hugepagesize: %lu", &kib) == 1)
			break;
	fclose(meminfo);
	return kib * 1024;
}

static struct machine collect(void)
{
	struct machine f = { .page = (size_t)sysconf(_SC_PAGESIZE) };
	struct utsname name;

	f.huge = (size_t)number_in("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size",
				   512 * (long)f.page);
	f.hugetlb = hugetlb_size();
	uname(&name);
	snprintf(f.release, sizeof(f.release), "%s", name.release);
	sscanf(name.release, "%d.%d", &f.major, &f.minor);
	find_nodes(&f);
	f.kernel_nodes = kernel_nodes();
	f.nice = has_capability(23);
	return f;
}

static struct machine known;

void machine_again(void)
{
	known = collect();
}

void machine_pretend(const struct machine *other)
{
	known = *other;
}

const struct machine *machine(void)
{
	if (!known.page)
		machine_again();
	return &known;
}

bool kernel_at_least(int major, int minor)
{
	const struct machine *f = machine();

	return f->major > major || (f->major == major && f->minor >= minor);
}

bool has_mode(int mode)
{
	struct nodes set = nodes_one(machine()->node[0]);
	bool empty = mode == MPOL_DEFAULT || mode == MODE_LOCAL;

	/* With length 0 nothing but the mode and the mask is looked at. */
	return raw_mbind(NULL, 0, mode, empty ? NULL : set.words, NODES_MAXNODE, 0) == 0;
}

bool has_thp(void)
{
	return !access("/sys/kernel/mm/transparent_hugepage/enabled", R_OK) &&
	       !file_holds("/sys/kernel/mm/transparent_hugepage/enabled", "[never]");
}

static void pool_path(char *path, size_t size, int node, const char *what)
{
	char where[64] = "/sys/kernel/mm";

	if (node >= 0)
		snprintf(where, sizeof(where), "/sys/devices/system/node/node%d", node);
	snprintf(path, size, "%s/hugepages/hugepages-%zukB/%s", where, machine()->hugetlb / 1024,
		 what);
}

static long pool_number(int node, const char *what)
{
	char path[192];

	pool_path(path, sizeof(path), node, what);
	return machine()->hugetlb ? number_in(path, 0) : 0;
}

long free_hugetlb(void)
{
	return pool_number(-1, "free_hugepages");
}

long free_hugetlb_on(int node)
{
	return pool_number(node, "free_hugepages");
}

long pool_hugetlb_on(int node)
{
	return pool_number(node, "nr_hugepages");
}

bool set_pool_hugetlb_on(int node, long pages)
{
	char path[192], text[24];
	int fd, size;
	ssize_t put;

	pool_path(path, sizeof(path), node, "nr_hugepages");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	size = snprintf(text, sizeof(text), "%ld\n", pages);
	put = write(fd, text, (size_t)size);
	close(fd);
	return put == size && pool_hugetlb_on(node) == pages;
}

bool has_swap(void)
{
	return file_holds("/proc/swaps", "\n/");
}

bool has_ksm(void)
{
	return !access("/sys/kernel/mm/ksm/run", W_OK);
}

bool run_on_node(int node)
{
	const struct machine *f = machine();

	for (int i = 0; i < f->node_count; i++) {
		cpu_set_t set;

		if (f->node[i] != node || f->cpu[i] < 0)
			continue;
		CPU_ZERO(&set);
		CPU_SET((size_t)f->cpu[i], &set);
		return sched_setaffinity(0, sizeof(set), &set) == 0;
	}
	return false;
}

void stop_numa_balancing(void)
{
	raw_set_mempolicy(MODE_LOCAL, NULL, 0);
}
