/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process as the command reads it: stat, maps and numa_maps, and of its threads status and
 * numa_maps. Sums are sums, what points somewhere points to what is there, no more is misplaced
 * than is present, and the pieces in which files are read make no difference.
 */
#include "fuzz.h"
#include "given.h"
#include "plain.h"

#include "judge.h"
#include "process.h"

enum { PID = 4242, NODES = 4, NUMBER_MOST = 9 };

static struct {
	char *stat, *maps, *numa_maps, *status, *names, *others;
} contents;

static void give(size_t read_max)
{
	given_begin(read_max);
	given_file("/node/has_memory", "0-3\n", 4);
	given_file("/node0", "3\n", 2);
	given_file("/proc/4242/stat", contents.stat, strlen(contents.stat));
	given_file("/proc/4242/maps", contents.maps, strlen(contents.maps));
	given_file("/proc/4242/numa_maps", contents.numa_maps, strlen(contents.numa_maps));
	given_file("/status", contents.status, strlen(contents.status));
	given_directory("/proc/4242/task", contents.names);
	given_file("/numa_maps", contents.others, strlen(contents.others));
}

/* ---- what must hold ---- */

static unsigned lines_of(const char *text)
{
	unsigned lines = 0;

	while ((text = strchr(text, '\n'))) {
		text++;
		lines++;
	}
	return lines;
}

/* No number of pages is so long that sums wrap around. */
static bool is_bounded(const char *text)
{
	while ((text = strchr(text, '=')))
		if (strspn(++text, "0123456789") > NUMBER_MOST)
			return false;
	return true;
}

static void check_mapping(const struct process *process, const struct mapping *mapping)
{
	unsigned long present = 0;

	for (int node = 0; node < process->nodes; node++)
		present += mapping->pages[node];
	require(mapping->present == present, "%lx: %lu pages, not %lu", mapping->start,
		mapping->present, present);
	require(strlen(mapping->permissions) < sizeof(mapping->permissions), "permissions");
	require(!strchr(mapping->name, '\n') && !strchr(mapping->policy, '\n'), "more than a line");
	require(mapping->nodes, "no nodes");
	if (is_bounded(contents.numa_maps))
		require(mapping->misplaced <= mapping->present, "%lx: %lu misplaced of %lu",
			mapping->start, mapping->misplaced, mapping->present);
}

static void check_process(const struct process *process)
{
	unsigned long present = 0, misplaced = 0;

	require(process->count <= lines_of(contents.maps), "%zu mappings", process->count);
	require(process->map_count <= lines_of(contents.maps), "%zu for vm.max_map_count",
		process->map_count);
	for (size_t i = 0; i < process->count; i++) {
		check_mapping(process, &process->mappings[i]);
		present += process->mappings[i].present;
		misplaced += process->mappings[i].misplaced;
	}
	require(process->present == present && process->misplaced == misplaced,
		"%lu pages, %lu misplaced; not %lu and %lu", process->present, process->misplaced,
		present, misplaced);
	require(!process->has_file || process->file < process->count, "no such file");
	for (size_t i = 0; i < process->policy_count; i++)
		require(process->policies[i].threads && process->policies[i].text, "policy %zu", i);
}

/* ---- in whatever pieces ---- */

struct summary {
	int state;
	size_t count;
	unsigned long present, misplaced, sum;
};

static void add(unsigned long *sum, const char *text)
{
	for (; *text; text++)
		*sum = *sum * 31 + (unsigned char)*text;
}

static struct summary look(size_t read_max, bool spread)
{
	struct judge how = { .spread = spread };
	struct summary summary = { 0 };
	struct process process;

	give(read_max);
	summary.state = (int)process_try_open(&process, PID);
	/* A process whose stat says nothing is read all the same, here. */
	process.started = 0;
	if (summary.state != PROCESS_FINE)
		process = (struct process){ .pid = PID, .nodes = NODES, .threads = 3 };
	summary.state = summary.state * 10 + (int)process_try_read(&process);
	judge(&process, &how);
	check_process(&process);
	summary.count = process.count;
	summary.present = process.present;
	summary.misplaced = process.misplaced;
	for (size_t i = 0; i < process.count; i++) {
		const struct mapping *mapping = &process.mappings[i];

		add(&summary.sum, mapping->name);
		add(&summary.sum, mapping->policy);
		add(&summary.sum, mapping->permissions);
		summary.sum += mapping->start + mapping->end * 3 + mapping->anonymous * 5 +
			       mapping->threads_differ * 7UL + mapping->uneven * 11UL;
	}
	process_forget(&process);
	return summary;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = input_of(data, size);
	size_t read_max = 16 + input_number(&input, 2);
	bool spread = input_below(&input, 2);
	struct summary whole, pieces;

	contents.stat = input_text(&input, NULL);
	contents.maps = input_text(&input, NULL);
	contents.numa_maps = input_text(&input, NULL);
	contents.status = input_text(&input, NULL);
	contents.names = input_text(&input, NULL);
	contents.others = input_text(&input, NULL);
	whole = look(0, spread);
	pieces = look(read_max, spread);
	require(memcmp(&whole, &pieces, sizeof(whole)) == 0,
		"reads of %zu bytes: %zu mappings and %lu pages, not %zu and %lu", read_max,
		pieces.count, pieces.present, whole.count, whole.present);
	given_end();
	free(contents.stat);
	free(contents.maps);
	free(contents.numa_maps);
	free(contents.status);
	free(contents.names);
	free(contents.others);
	return 0;
}
