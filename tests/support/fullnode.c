/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fullnode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>

#include "machine.h"
#include "observe.h"
#include "raw.h"
#include "space.h"

/* A larger node would take too long to fill. */
enum { MOST_MIB = 1024, MOST_PIECES = 4 * MOST_MIB, PUSHES = 8, FILLINGS = 5 };

static char *pieces[MOST_PIECES];
static size_t piece_count;

long free_pages(int node)
{
	char path[96], line[160];
	long kib = 0;
	FILE *meminfo;

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/meminfo", node);
	meminfo = fopen(path, "re");
	if (!meminfo)
		return 0;
	while (fgets(line, sizeof(line), meminfo))
		if (strstr(line, "MemFree:"))
			kib = strtol(strstr(line, "MemFree:") + 8, NULL, 10);
	fclose(meminfo);
	return kib * 1024 / (long)machine()->page;
}

bool nodes_have_room(size_t pages)
{
	for (int i = 0; i < machine()->node_count; i++) {
		long room = free_pages(machine()->node[i]);

		if (room > 0 && (size_t)room < pages)
			return false;
	}
	return true;
}

const char *cannot_fill(int node)
{
	long mib = free_pages(node) * (long)machine()->page >> 20;

	if (has_swap())
		return "with swap a node does not get full";
	if (mib == 0)
		return "the kernel does not tell how much memory the node has";
	return mib > MOST_MIB ? "the node is too large to fill" : NULL;
}

static char *take_piece(int node, bool huge)
{
	size_t page = machine()->page, len = ROOM_PIECE * page;
	struct nodes set = nodes_one(node);
	char *at = mmap(space(ROOM_PIECE), len, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	madvise(at, len, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	raw_mbind(at, len, MPOL_PREFERRED, set.words, NODES_MAXNODE, 0);
	for (size_t i = 0; i < ROOM_PIECE; i++)
		at[i * page] = 1;
	pieces[piece_count++] = at;
	return at;
}

static bool all_on(const char *at, int node)
{
	int nodes[ROOM_PIECE];

	nodes_of(at, ROOM_PIECE, nodes);
	for (size_t i = 0; i < ROOM_PIECE; i++)
		if (nodes[i] != node)
			return false;
	return true;
}

static void take_all(int node, bool huge)
{
	const char *at;

	do
		at = take_piece(node, huge);
	while (at && all_on(at, node) && piece_count < MOST_PIECES - 2 * PUSHES);
}

/* What an ordinary allocation leaves can still be had by moving pages there. */
static bool push_piece(int node, int from)
{
	struct nodes set = nodes_one(node);
	char *at = take_piece(from, false);

	if (!at)
		return false;
	raw_mbind(at, ROOM_PIECE * machine()->page, MPOL_BIND, set.words, NODES_MAXNODE, MOVE);
	return all_on(at, node);
}

static void give_back(size_t index)
{
	unmap(pieces[index], ROOM_PIECE);
	pieces[index] = pieces[--piece_count];
}

/*
 * The kernel warns of many an allocation that fails, with a page of text that the console of an
 * emulated machine takes long for. Messages that are worse than a warning are still shown.
 */
enum { CONSOLE_LEVEL = 8, NO_WARNINGS = 4 };

static int level_before;

static void quieten(void)
{
	if (!level_before)
		level_before = (int)number_in("/proc/sys/kernel/printk", NO_WARNINGS);
	klogctl(CONSOLE_LEVEL, NULL, NO_WARNINGS);
}

/* Pieces that have come to lie elsewhere would be taken for pages of the test. */
static void give_back_strays(int node)
{
	for (size_t i = 0; i < piece_count;)
		if (all_on(pieces[i], node))
			i++;
		else
			give_back(i);
}

bool fill_node(int node, size_t pieces_left)
{
	int from = machine()->node[machine()->node[0] == node ? 1 : 0];

	quieten();
	take_all(node, true);
	take_all(node, false);
	give_back_strays(node);
	for (int i = 0; i < PUSHES && push_piece(node, from); i++)
		;
	for (size_t i = 0; i < piece_count && pieces_left;)
		if (all_on(pieces[i], node)) {
			give_back(i);
			pieces_left--;
		} else {
			i++;
		}
	return !pieces_left;
}

bool meets_full_node(bool (*meets)(void *arg), void *arg, int node, size_t pieces_left)
{
	for (int filling = 1; !meets(arg); filling++)
		if (filling == FILLINGS || !fill_node(node, pieces_left))
			return false;
	return true;
}

void empty_nodes(void)
{
	while (piece_count)
		give_back(piece_count - 1);
	if (level_before)
		klogctl(CONSOLE_LEVEL, NULL, level_before);
}
