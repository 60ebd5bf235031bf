/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stage.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "space.h"

struct stage stage;

/* A stage that cannot be set up is no verdict on anything. */
static void need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "stage: %s: %s\n", stage.about ? stage.about : "", what);
	abort();
}

/* Nodes --------------------------------------------------------------------------------------- */

bool many_nodes(void)
{
	return machine()->node_count > 1;
}

/* In the lab this node has a CPU, which perf rings need. */
int pages_home(void)
{
	return machine()->node[many_nodes() ? 1 : 0];
}

int pages_target(void)
{
	return machine()->node[machine()->node_count > 2 ? 2 : 0];
}

int pages_other(void)
{
	return machine()->node_count > 3 ? machine()->node[3] : pages_target();
}

int pages_local(void)
{
	static int local = -1;
	size_t page = machine()->page;
	char *at;

	if (local >= 0)
		return local;
	run_on_node(machine()->node[0]);
	at = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*at = 1;
	local = node_of(at);
	munmap(at, page);
	return local;
}

void prefer_node(int node)
{
	struct nodes set = nodes_one(node);

	raw_set_mempolicy(MPOL_PREFERRED, set.words, NODES_MAXNODE);
}

/* The stage ----------------------------------------------------------------------------------- */

char *stage_page(size_t index)
{
	return stage.base + index * machine()->page;
}

void stage_open(size_t count, size_t lead)
{
	size_t huge_pages = machine()->huge / machine()->page;

	need(count <= STAGE_CELLS, "too many cells");
	stage_close();
	pages_local();
	stop_numa_balancing();
	stage.base = space(count + 2 * huge_pages) + machine()->huge - lead * machine()->page;
	stage.count = count;
}

/* Rings are kept from stage to stage: to close one takes long. All are at home. */
static struct ring rings[STAGE_RINGS];
static char *ring_places[STAGE_RINGS];

static bool open_ring(struct ring *ring)
{
	bool opened = ring->store || ring_open_counted(ring, pages_home(), 1);

	run_on_node(machine()->node[0]);
	return opened;
}

bool put_ring(size_t index)
{
	size_t n = 0;

	while (n < STAGE_RINGS && ring_places[n])
		n++;
	if (n == STAGE_RINGS || !open_ring(&rings[n]) || !ring_put(&rings[n], 0, stage_page(index)))
		return false;
	ring_places[n] = stage_page(index);
	stage.cells[index] = (struct cell){ .mapped = true, .present = true, .stuck = true };
	return true;
}

static void take_rings(void)
{
	for (size_t n = 0; n < STAGE_RINGS; n++) {
		if (ring_places[n])
			ring_take(&rings[n], 0, ring_places[n]);
		ring_places[n] = NULL;
	}
}

void stage_forget(void)
{
	stage_close();
	for (size_t n = 0; n < STAGE_RINGS; n++)
		if (rings[n].store)
			ring_close(&rings[n]);
}

static void end_child(void)
{
	if (stage.child <= 0)
		return;
	kill(stage.child, SIGKILL);
	waitpid(stage.child, NULL, 0);
}

static void let_go(void)
{
	if (stage.pins_opened) {
		unpin_all(&stage.pins);
		pins_close(&stage.pins);
	}
	while (stage.file_count)
		close(stage.files[--stage.file_count]);
}

void stage_close(void)
{
	take_rings();
	end_child();
	let_go();
	/* What cannot be put away at its place belongs to the system: the vdso. */
	if (stage.base && stage.count && !stage.cells[0].unseen)
		munmap(stage.base, stage.count * machine()->page);
	if (stage.second)
		munmap(stage.second, stage.second_pages * machine()->page);
	if (stage.device.store)
		ring_close(&stage.device);
	memset(&stage, 0, offsetof(struct stage, cells) + stage.count * sizeof(*stage.cells));
}

/* What is put on it --------------------------------------------------------------------------- */

uint64_t stamp_of_cell(size_t index)
{
	return 0x9e3779b97f4a7c15UL * (index + 1);
}

void touch_cells(size_t first, size_t count, int node)
{
	prefer_node(node);
	for (size_t i = first; i < first + count; i++) {
		stage.cells[i].stamp = stamp_of_cell(i);
		memcpy(stage_page(i), &stage.cells[i].stamp, sizeof(stage.cells[i].stamp));
	}
	stop_numa_balancing();
}

void put_anon(size_t first, size_t count, int node)
{
	size_t len = count * machine()->page;

	need(mmap(stage_page(first), len, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == stage_page(first),
	     "no memory");
	touch_cells(first, count, node);
	for (size_t i = first; i < first + count; i++)
		stage.cells[i].mapped = stage.cells[i].present = true;
}

/* Left out of core dumps: makes a mapping of its own, and changes nothing else. */
void cut_mapping(size_t first, size_t count)
{
	madvise(stage_page(first), count * machine()->page, MADV_DONTDUMP);
}

bool pin_cell(size_t index)
{
	if (!stage.pins_opened)
		stage.pins_opened = pins_open(&stage.pins);
	return stage.pins_opened && pin(&stage.pins, stage_page(index));
}

bool put_pinned(size_t index, int node)
{
	put_anon(index, 1, node);
	stage.cells[index].stuck = true;
	return pin_cell(index);
}

bool put_child_that_reads(size_t first, size_t count)
{
	int status;

	stage.child = fork();
	if (stage.child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (size_t i = first; i < first + count; i++)
			(void)*(volatile char *)stage_page(i);
		for (;;)
			raise(SIGSTOP);
	}
	return stage.child > 0 && waitpid(stage.child, &status, WUNTRACED) == stage.child &&
	       WIFSTOPPED(status);
}

bool put_child(void)
{
	return put_child_that_reads(0, 0);
}

void keep_file(int fd)
{
	need(stage.file_count < STAGE_FILES, "too many descriptors");
	stage.files[stage.file_count++] = fd;
}

/* Before the call ----------------------------------------------------------------------------- */

static size_t mapped_run(size_t first)
{
	size_t end = first;

	while (end < stage.count && stage.cells[end].mapped)
		end++;
	return end - first;
}

/* Linux up to 5.4 takes a device mapping in the middle of the range for a hole. */
static bool prefer(size_t first, size_t count, const struct nodes *set)
{
	size_t page = machine()->page;

	if (!raw_mbind(stage_page(first), count * page, MPOL_PREFERRED, set->words, NODES_MAXNODE,
		       0))
		return true;
	for (size_t i = first; i < first + count; i++)
		if (raw_mbind(stage_page(i), page, MPOL_PREFERRED, set->words, NODES_MAXNODE, 0))
			return false;
	return true;
}

static void set_old_policy(void)
{
	struct nodes set = nodes_one(pages_home());
	struct policy policy = { .mode = MPOL_PREFERRED, .nodes = set.words[0] };

	for (size_t i = 0; i < stage.count; i++) {
		size_t run = mapped_run(i);

		stage.cells[i].policy.mode = -1;
		if (!run)
			continue;
		need(prefer(i, run, &set), "no policy before the call");
		for (size_t end = i + run; i < end; i++)
			stage.cells[i].policy = policy;
		i--;
	}
}

static void protect_inaccessible(int protection)
{
	for (size_t i = 0, end; i < stage.count; i = end + 1) {
		for (end = i; end < stage.count && stage.cells[end].inaccessible; end++)
			;
		if (end > i)
			mprotect(stage_page(i), (end - i) * machine()->page, protection);
	}
}

bool stage_looks_seldom;
enum { SELDOM = 8 };

/* Inside of huge pages nothing is seen between these. */
static bool looked_at(size_t index)
{
	const struct cell *cell = &stage.cells[index];

	return !stage_looks_seldom || index % SELDOM == 0 || index == 0 || !cell->huge ||
	       !cell[-1].huge || index + 1 == stage.count || !cell[1].huge;
}

static void look_at_nodes(int *nodes)
{
	for (size_t i = 0, end; i < stage.count; i = end) {
		if (!looked_at(i)) {
			nodes[i] = nodes[i - 1];
			end = i + 1;
			continue;
		}
		for (end = i + 1; end < stage.count && looked_at(end); end++)
			;
		nodes_of(stage_page(i), end - i, nodes + i);
	}
}

void stage_look(int *nodes)
{
	protect_inaccessible(PROT_READ);
	for (size_t i = 0; i < stage.count; i++)
		if (stage.cells[i].cached)
			(void)*(volatile char *)stage_page(i);
	look_at_nodes(nodes);
	for (size_t i = 0; i < stage.count; i++)
		if (stage.cells[i].untold && nodes[i] < 0)
			nodes[i] = node_of_mapping(stage_page(i));
}

const char *stage_note(void)
{
	static char text[160];
	int nodes[STAGE_CELLS];
	const char *why = NULL;

	stage_look(nodes);
	protect_inaccessible(PROT_NONE);
	for (size_t i = 0; i < stage.count; i++) {
		struct cell *cell = &stage.cells[i];

		cell->node = nodes[i];
		if (why || cell->unseen || cell->present == (nodes[i] >= 0))
			continue;
		snprintf(text, sizeof(text), "page %zu is on node %d", i, nodes[i]);
		why = text;
	}
	set_old_policy();
	return why;
}
