/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nodes.h"

#include <ctype.h>
#include <numa.h>
#include <numaif.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "command.h"
#include "files.h"

bool nodes_has(const struct nodes *set, int node)
{
	return node >= 0 && node < NODES_MOST && set->words[node / 64] >> node % 64 & 1;
}

void nodes_add(struct nodes *set, int node)
{
	if (node >= 0 && node < NODES_MOST)
		set->words[node / 64] |= 1UL << node % 64;
}

int nodes_weight(const struct nodes *set)
{
	int weight = 0;

	for (int i = 0; i < NODES_WORDS; i++)
		weight += __builtin_popcountl(set->words[i]);
	return weight;
}

bool nodes_empty(const struct nodes *set)
{
	for (int i = 0; i < NODES_WORDS; i++)
		if (set->words[i])
			return false;
	return true;
}

int nodes_last(const struct nodes *set)
{
	int node = NODES_MOST - 1;

	while (node >= 0 && !nodes_has(set, node))
		node--;
	return node;
}

struct nodes nodes_both(const struct nodes *a, const struct nodes *b)
{
	struct nodes both;

	for (int i = 0; i < NODES_WORDS; i++)
		both.words[i] = a->words[i] & b->words[i];
	return both;
}

struct nodes nodes_without(const struct nodes *a, const struct nodes *b)
{
	struct nodes rest;

	for (int i = 0; i < NODES_WORDS; i++)
		rest.words[i] = a->words[i] & ~b->words[i];
	return rest;
}

char *nodes_print(const struct nodes *set)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		fail(EXIT_FAILED, "no memory");
	for (int node = 0; node < NODES_MOST; node++) {
		int last = node;

		if (!nodes_has(set, node))
			continue;
		while (nodes_has(set, last + 1))
			last++;
		fprintf(file, last > node ? "%s%d-%d" : "%s%d", ftell(file) ? "," : "", node, last);
		node = last;
	}
	if (nodes_empty(set))
		fputs("none", file);
	if (fclose(file) != 0)
		fail(EXIT_FAILED, "no memory");
	return text;
}

char *nodes_describe(const struct nodes *set)
{
	int count = nodes_weight(set);
	char *nodes, *text;

	if (count == 0)
		return print_new("memory nodes not told");
	nodes = nodes_print(set);
	text = print_new("%d memory node%s: %s", count, count == 1 ? "" : "s", nodes);
	free(nodes);
	return text;
}

const char *nodes_read(const char *text, struct nodes *set)
{
	*set = (struct nodes){ 0 };
	while (*text >= '0' && *text <= '9') {
		char *end;
		long first = strtol(text, &end, 10);
		long last = *end == '-' ? strtol(end + 1, &end, 10) : first;

		for (long node = first; node <= last && node < NODES_MOST; node++)
			nodes_add(set, (int)node);
		text = *end == ',' ? end + 1 : end;
	}
	return text;
}

/* Fits as often as there are nodes. */
#define NODES_FREE_UNTOLD (~0UL / NODES_MOST)

/* ---- arguments ---- */

/* What libnuma had to say, without the end of the line. */
static char complaint[160];

/* libnuma calls this when it cannot read a string; its own prints a line. */
void numa_warn(int num, char *fmt, ...)
{
	va_list arguments;

	(void)num;
	va_start(arguments, fmt);
	vsnprintf(complaint, sizeof(complaint), fmt, arguments);
	va_end(arguments);
	complaint[strcspn(complaint, "\n")] = '\0';
	for (size_t end = strlen(complaint); end > 0 && complaint[end - 1] == ' '; end--)
		complaint[end - 1] = '\0';
}

/* Numbers and ranges with commas between: libnuma reads these only with the help of /proc. */
static bool read_plain(const char *text, struct nodes *set)
{
	for (;; text++) {
		char *end;
		long first, last;

		if (!isdigit((unsigned char)*text))
			return false;
		first = last = strtol(text, &end, 10);
		if (*end == '-' && isdigit((unsigned char)end[1]))
			last = strtol(end + 1, &end, 10);
		if (last < first || last >= NODES_MOST)
			return false;
		for (long node = first; node <= last; node++)
			nodes_add(set, (int)node);
		text = end;
		if (*text != ',')
			return *text == '\0';
	}
}

static void read_by_libnuma(const char *what, const char *text, const struct nodes *machine,
			    struct nodes *set)
{
	struct bitmask *mask;

	complaint[0] = '\0';
	mask = numa_parse_nodestring_all(text);
	/* It complains about the sum of a number and something else. */
	if (strchr(text, '+'))
		complaint[0] = '\0';
	if (!mask)
		fail(EXIT_USAGE, "%s: '%s' names no nodes of this machine%s%s (it has %s)", what,
		     text, complaint[0] ? ": " : "", complaint, nodes_print(machine));
	*set = (struct nodes){ 0 };
	for (unsigned node = 0; node < mask->size; node++)
		if (numa_bitmask_isbitset(mask, node))
			nodes_add(set, (int)node);
}

struct nodes nodes_argument(const char *what, const char *text)
{
	struct nodes machine = nodes_of_machine();
	struct nodes set = { 0 };
	const char *named = text + (*text == '!');
	struct nodes strange;

	if (nodes_empty(&machine))
		fail(EXIT_SYSTEM, "which memory nodes there are is not told here (no /sys, and "
				  "get_mempolicy is refused)");
	if (strcmp(named, "all") == 0)
		set = machine;
	else if (*named && !read_plain(named, &set))
		read_by_libnuma(what, named, &machine, &set);
	strange = nodes_without(&set, &machine);
	if (!nodes_empty(&strange))
		fail(EXIT_USAGE, "%s: node %s is not online or has no memory (this machine has %s)",
		     what, nodes_print(&strange), nodes_print(&machine));
	/* All but these: of nodes that are there, not, as by libnuma, of those that could be. */
	if (named > text && *named)
		set = nodes_without(&machine, &set);
	if (nodes_empty(&set))
		fail(EXIT_USAGE, "%s: '%s' is an empty set of nodes", what, text);
	return set;
}

static bool read_has_memory(struct nodes *set)
{
	char *text = file_text("/sys/devices/system/node/has_memory", NULL);

	if (text)
		nodes_read(text, set);
	free(text);
	return !nodes_empty(set);
}

struct nodes nodes_allowed(void)
{
	struct nodes set = { 0 };

	syscall(SYS_get_mempolicy, NULL, set.words, NODES_MAXNODE, NULL, MPOL_F_MEMS_ALLOWED);
	return set;
}

struct nodes nodes_by_status(void)
{
	struct nodes set = { 0 };
	char *status = file_text("/proc/thread-self/status", NULL);
	const char *list = file_field(status, "Mems_allowed_list");

	if (list)
		nodes_read(list, &set);
	free(status);
	return set;
}

struct nodes nodes_of_machine(void)
{
	struct nodes set = { 0 };

	return read_has_memory(&set) ? set : nodes_allowed();
}

unsigned long nodes_free(int node, unsigned long huge_kib)
{
	char path[96];
	char *text;
	const char *field;
	unsigned long bytes = NODES_FREE_UNTOLD;
	long pages;

	if (huge_kib) {
		snprintf(path, sizeof(path),
			 "/sys/devices/system/node/node%d/hugepages/hugepages-%lukB/free_hugepages",
			 node, huge_kib);
		pages = file_number(path, -1);
		return pages < 0 ? NODES_FREE_UNTOLD : (unsigned long)pages * huge_kib * 1024;
	}
	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/meminfo", node);
	text = file_text(path, NULL);
	field = text ? strstr(text, "MemFree:") : NULL;
	if (field)
		bytes = strtoul(field + strlen("MemFree:"), NULL, 10) * 1024;
	free(text);
	return bytes;
}

/* A zone of a node, as lines of /proc/zoneinfo tell it one after the other. */
struct zone {
	int node;
	unsigned long free;
	unsigned long kept;
};

/* What a line adds to the pages that can be had: free ones, and the page cache, which gives way. */
static unsigned long read_zone(struct zone *zone, const char *line, const struct nodes *set)
{
	unsigned long pages = 0;

	if (sscanf(line, "Node %d,", &zone->node) == 1)
		zone->free = 0;
	else if (sscanf(line, " pages free %lu", &zone->free) == 1)
		return 0;
	else if (sscanf(line, " min %lu", &zone->kept) == 1)
		pages = zone->free > zone->kept ? zone->free - zone->kept : 0;
	else if (sscanf(line, " nr_zone_inactive_file %lu", &pages) != 1)
		sscanf(line, " nr_zone_active_file %lu", &pages);
	return nodes_has(set, zone->node) ? pages : 0;
}

/* False where it is not told. */
static bool read_zones(const struct nodes *set, unsigned long *bytes)
{
	struct zone zone = { .node = -1 };
	char *text = file_text("/proc/zoneinfo", NULL), *rest = text;
	unsigned long pages = 0;

	if (!text)
		return false;
	/* Line by line: sscanf looks for the end of all its text first. */
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		pages += read_zone(&zone, line, set);
	free(text);
	*bytes = pages * (unsigned long)sysconf(_SC_PAGESIZE);
	return true;
}

unsigned long nodes_room(const struct nodes *set, unsigned long huge_kib)
{
	unsigned long bytes = 0;

	if (!huge_kib && read_zones(set, &bytes))
		return bytes;
	for (int node = 0; node < NODES_MOST; node++)
		if (nodes_has(set, node))
			bytes += nodes_free(node, huge_kib);
	return bytes;
}

int nodes_limit(void)
{
	struct nodes set = { 0 };

	return read_has_memory(&set) ? nodes_last(&set) + 1 : NODES_MOST;
}
