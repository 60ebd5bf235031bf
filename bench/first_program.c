/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process whose first call is measured. It tells its parent on standard output that it is
 * ready, waits until standard input ends, makes one call, and then tells how long that took.
 */
#include <numaif.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"
#include "first.h"
#include "trace.h"

enum { PAGES = 8 };

/* Memory in place, so that the calls move nothing. */
struct scene {
	char *start;
	size_t size;
	unsigned long nodes; /* that the pages are on */
};

static long bind(const struct scene *scene, int mode)
{
	return strictbind_mbind(scene->start, scene->size, mode, &scene->nodes, 65,
				MPOL_MF_MOVE | MPOL_MF_STRICT);
}

static long call_bind(const struct scene *scene)
{
	return bind(scene, MPOL_BIND);
}

static long call_set(const struct scene *scene)
{
	return strictbind_mbind(scene->start, scene->size, MPOL_BIND, &scene->nodes, 65, 0);
}

static long call_preferred(const struct scene *scene)
{
	return bind(scene, MPOL_PREFERRED);
}

static long call_interleave(const struct scene *scene)
{
	return bind(scene, MPOL_INTERLEAVE);
}

static long call_migrate(const struct scene *scene)
{
	return strictbind_migrate_pages(0, 65, &scene->nodes, &scene->nodes);
}

static long call_raw_bind(const struct scene *scene)
{
	struct target target = { MPOL_BIND, scene->nodes, 65 };

	return raw_mbind(scene->start, scene->size, &target, MPOL_MF_MOVE | MPOL_MF_STRICT);
}

static long call_raw_set(const struct scene *scene)
{
	struct target target = { MPOL_BIND, scene->nodes, 65 };

	return raw_mbind(scene->start, scene->size, &target, 0);
}

static long call_raw_migrate(const struct scene *scene)
{
	return syscall(SYS_migrate_pages, 0, 65UL, &scene->nodes, &scene->nodes);
}

static const struct {
	const char *name;
	long (*call)(const struct scene *scene);
} calls[] = {
	{ "mbind", call_bind },		 { "set", call_set },
	{ "preferred", call_preferred }, { "interleave", call_interleave },
	{ "migrate", call_migrate },	 { "raw-mbind", call_raw_bind },
	{ "raw-set", call_raw_set },	 { "raw-migrate", call_raw_migrate },
};

static struct scene make_scene(void)
{
	struct scene scene = { .size = PAGES * (size_t)sysconf(_SC_PAGESIZE) };
	int node;

	scene.start =
		mmap(NULL, scene.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (scene.start == MAP_FAILED)
		exit(1);
	memset(scene.start, 1, scene.size);
	for (size_t at = 0; at < scene.size; at += scene.size / PAGES) {
		if (syscall(SYS_get_mempolicy, &node, NULL, 0UL, scene.start + at,
			    (unsigned long)(MPOL_F_NODE | MPOL_F_ADDR)) < 0 ||
		    node > 63)
			exit(1);
		scene.nodes |= 1UL << node;
	}
	return scene;
}

static void tell(uint64_t number)
{
	if (write(STDOUT_FILENO, &number, sizeof(number)) != sizeof(number))
		exit(1);
}

static uint64_t time_call(const struct scene *scene, long (*call)(const struct scene *scene))
{
	uint64_t before = now_ns();

	if (call(scene) < 0)
		exit(1);
	return now_ns() - before;
}

/* Two calls, as nothing but the second tells what a later one makes. */
static void show_calls(const struct scene *scene, long (*call)(const struct scene *scene))
{
	trace_mark();
	call(scene);
	trace_mark();
	call(scene);
	trace_mark();
}

bool first_asked(int argc, char **argv)
{
	return argc == 4 && strcmp(argv[1], "--first-use") == 0;
}

int first_program(char **argv)
{
	struct scene scene = make_scene();
	char none;

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		if (strcmp(argv[2], calls[i].name) != 0)
			continue;
		if (strcmp(argv[3], "traced") == 0) {
			show_calls(&scene, calls[i].call);
			return 0;
		}
		tell(0);
		if (read(STDIN_FILENO, &none, 1) != 0)
			return 1;
		tell(time_call(&scene, calls[i].call));
		return 0;
	}
	return 2;
}
