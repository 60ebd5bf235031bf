/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "work/node_cpus.h"
#include "core/proc_file.h"
#include "core/syscall.h"

bool sb_cpus_allowed(cpu_set_t *cpus)
{
	CPU_ZERO(cpus);
	return sb_syscall(SYS_sched_getaffinity, 0, sizeof(*cpus), (long)(uintptr_t)cpus, 0, 0, 0) >
	       0;
}

/* Reads a list such as "0-3,8". */
static void read_list(const char *text, cpu_set_t *cpus)
{
	CPU_ZERO(cpus);
	while (*text >= '0' && *text <= '9') {
		unsigned long first = sb_number(&text, 10);
		unsigned long last = first;

		if (*text == '-') {
			text++;
			last = sb_number(&text, 10);
		}
		for (; first <= last && first < CPU_SETSIZE; first++)
			CPU_SET(first, cpus);
		if (*text == ',')
			text++;
	}
}

bool sb_cpus_near(cpu_set_t *cpus)
{
	cpu_set_t of_node;
	char list[1024];
	unsigned cpu, node;
	long got;
	int fd;

	if (!sb_cpus_allowed(cpus) ||
	    sb_syscall(SYS_getcpu, (long)(uintptr_t)&cpu, (long)(uintptr_t)&node, 0, 0, 0, 0) < 0)
		return false;
	fd = sb_node_open(node, "cpulist");
	if (fd < 0)
		return false;
	got = sb_sys_read(fd, list, sizeof(list) - 1);
	sb_sys_close(fd);
	/* A list that does not fit is cut somewhere inside a number. */
	if (got <= 0 || list[got - 1] != '\n')
		return false;
	list[got] = '\0';
	read_list(list, &of_node);
	CPU_AND(cpus, cpus, &of_node);
	return true;
}
