/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that the command reads besides those of a process's mappings: fields and numbers, lists of
 * processes and mounts, cgroups, zones and nodes, the page map, and programs. Every file has the
 * contents of the input; readers that do not look for them make nothing of them.
 */
#include "fuzz.h"
#include "given.h"
#include "plain.h"

#include "cgroup.h"
#include "files.h"
#include "nodes.h"
#include "page_map.h"
#include "program.h"
#include "refused.h"

enum { ENTRIES = 4, PAGE = 4096 };

/* Without zero bytes, as text; and with them. */
static char *text;
static size_t text_size, size_of_all;
static const char *all;
static size_t read_max;

static void give_all(void)
{
	given_begin(read_max);
	given_file("", all, size_of_all);
}

/* ---- fields and numbers ---- */

static void check_field(void)
{
	static const char *const keys[] = { "Mems_allowed_list", "Name", "" };

	for (unsigned i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const char *found = file_field(text, keys[i]);
		size_t length = strlen(keys[i]);
		const char *line = text;

		while (line && !(strncmp(line, keys[i], length) == 0 && line[length] == ':')) {
			line = strchr(line, '\n');
			line = line ? line + 1 : NULL;
		}
		require((found != NULL) == (line && *line), "%s: found %d", keys[i], found != NULL);
		if (found)
			require(found == line + length + 1 + strspn(line + length + 1, " \t"),
				"%s: elsewhere", keys[i]);
	}
}

static void check_number(void)
{
	char *end;
	long number = strtol(text, &end, 10), read = file_number("any", -7);

	require(read == (end == text ? -7 : number), "%ld, not %ld", read, number);
}

static void check_text(void)
{
	size_t size;
	char *read = file_text("any", &size);

	require(read && size == size_of_all && !read[size] && memcmp(read, all, size) == 0,
		"it is another text");
	free(read);
}

/* ---- nodes ---- */

static void check_room(void)
{
	struct nodes zero = { { 1 } }, one = { { 2 } }, both = { { 3 } };
	struct nodes read = nodes_by_status();

	require(nodes_room(&zero, 0) + nodes_room(&one, 0) == nodes_room(&both, 0),
		"two nodes together have other room");
	require(nodes_room(&zero, 2048) + nodes_room(&one, 2048) == nodes_room(&both, 2048),
		"two nodes together have other room for huge pages");
	require(nodes_last(&read) < NODES_MOST, "node %d", nodes_last(&read));
	require(nodes_limit() >= 1 && nodes_limit() <= NODES_MOST, "nodes up to %d", nodes_limit());
}

/* ---- cgroups ---- */

static void list_processes(void *context)
{
	int *pids;
	size_t count = cgroup_processes(context, &pids);

	for (size_t i = 0; i < count; i++)
		require(pids[i] > 0 && (i == 0 || pids[i] > pids[i - 1]), "process %d", pids[i]);
	free(pids);
}

static void check_cgroup(void)
{
	static char path[] = "group";
	char *of_process = cgroup_of(1);

	if (of_process)
		require(of_process[0] == '/' && strstr(text, of_process) &&
				!strchr(of_process, '\n'),
			"%s", of_process);
	free(of_process);
	require(!ends_program(list_processes, path), "it is there, and ends the program");
	/* Looked for where it is mounted. */
	given_begin(read_max);
	given_file("/self/mountinfo", all, size_of_all);
	given_file("/sys/fs/cgroup/group/cgroup.procs", "2\n1\n2\n", 6);
	ends_program(list_processes, path);
	give_all();
}

/* ---- what a process is, and where it runs ---- */

static void check_confinement(void)
{
	struct confinement confinement = confinement_of_process();

	require(!confinement.cpuset ||
			(!strchr(confinement.cpuset, '\n') && strstr(text, confinement.cpuset)),
		"%s", confinement.cpuset);
	free((char *)confinement.cpuset);
	/* Every file is there. */
	require(confinement.container && strcmp(confinement.container, "docker") == 0, "%s",
		confinement.container);
}

static void check_program(void)
{
	const char *why = program_out_of_reach("any");

	require(!why || strncmp(why, "it ", 3) == 0, "%s", why);
}

static void check_pages(void)
{
	struct page_map map = page_map_open(1);
	uint64_t entries[ENTRIES + 1] = { [ENTRIES] = 0x5a5a };
	size_t got;

	for (unsigned long at = 0; at < 16UL * PAGE; at += ENTRIES * PAGE) {
		got = page_map_read(&map, at, ENTRIES, entries);
		require(got <= ENTRIES && entries[ENTRIES] == 0x5a5a, "%zu entries", got);
		for (size_t i = 0; i < got; i++)
			if (!entry_present(entries[i]))
				require(!page_is_merged(&map, 0), "nothing is merged");
			else
				(void)(page_is_merged(&map, entries[i]) +
				       page_is_kernels(&map, entries[i]));
	}
	page_map_close(&map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = input_of(data, size);

	/* In no smaller pieces than the start of a program. */
	read_max = input_number(&input, 1);
	read_max = read_max ? read_max + 256 : 0;
	all = (const char *)input.at;
	size_of_all = input.left;
	text = input_text(&(struct input){ input.at, input.left }, &text_size);
	give_all();
	check_text();
	check_program();
	check_pages();
	/* A zero byte ends a text. */
	if (text_size == size_of_all) {
		check_field();
		check_number();
		check_cgroup();
		check_confinement();
	}
	check_room();
	given_end();
	free(text);
	return 0;
}
