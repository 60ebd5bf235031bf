/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* No call needs more stack than is promised: it may be made on the small stack of a coroutine. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "common.h"

enum {
	PAGES = 512,
	PIN = 100,
	PAINT = 0x5a,
	RANGES = 4,
	PROMISED_KIB = 16,
	THREADS = 4,
	TEXT = 256
};

#define STACK ((size_t)1 << 20)
/* Where pages are; on a machine of one node they are in place. */
#define LAST NODE(machine()->node_count - 1)

/* A range with a page that stays, so that whatever looks for pages is called. */
struct scene {
	char *at;
	const char *what;
	void (*call)(const struct scene *scene);
	int mode;
	unsigned flags;
	unsigned long threads;
	unsigned long stall_us;
};

static struct nodes nodes_for(const struct scene *scene)
{
	return scene->mode == MODE_LOCAL ? nodes_none() : nodes_one(NODE(0));
}

static struct strictbind_options options_for(const struct scene *scene,
					     struct strictbind_range *ranges)
{
	return (struct strictbind_options){ .size = sizeof(struct strictbind_options),
					    .threads = scene->threads,
					    .stall_us = scene->stall_us,
					    .ranges = ranges,
					    .range_room = RANGES };
}

static void call_nothing(const struct scene *scene)
{
	(void)scene;
}

static void call_mbind(const struct scene *scene)
{
	struct nodes set = nodes_for(scene);

	strictbind_mbind(scene->at, PAGES * PAGE, scene->mode, set.words, NODES_MAXNODE,
			 scene->flags);
}

static void call_mbind_opt(const struct scene *scene)
{
	struct strictbind_range ranges[RANGES];
	struct strictbind_options options = options_for(scene, ranges);
	struct strictbind_report report = new_report();
	struct nodes set = nodes_for(scene);

	strictbind_mbind_opt(scene->at, PAGES * PAGE, scene->mode, set.words, NODES_MAXNODE,
			     scene->flags, &options, &report);
}

static void call_migrate(const struct scene *scene)
{
	struct nodes from = nodes_one(LAST), to = nodes_one(NODE(0));
	struct strictbind_range ranges[RANGES];
	struct strictbind_options options = options_for(scene, ranges);
	struct strictbind_report report = new_report();

	strictbind_migrate_pages_opt(0, NODES_MAXNODE, from.words, to.words, &options, &report);
}

static void call_check(const struct scene *scene)
{
	struct strictbind_range ranges[RANGES];
	struct strictbind_options options = options_for(scene, ranges);
	struct strictbind_report report = new_report();
	struct nodes set = nodes_one(NODE(0));

	strictbind_check(0, scene->at, PAGES * PAGE, NULL, 0, &options, &report);
	strictbind_check(0, scene->at, PAGES * PAGE, set.words, NODES_MAXNODE, &options, &report);
	strictbind_extents(0, scene->at, PAGES * PAGE, ranges, RANGES);
}

static void call_move(const struct scene *scene)
{
	struct strictbind_range ranges[RANGES];
	struct strictbind_options options = options_for(scene, ranges);
	struct strictbind_report report = new_report();

	strictbind_enforce(0, scene->at, PAGES * PAGE, &options, &report);
	strictbind_move(0, scene->at, PAGES * PAGE, NODE(0), &options, &report);
}

static void call_locate(const struct scene *scene)
{
	unsigned long counts[8], unknown;

	strictbind_locate(0, scene->at, PAGES * PAGE, counts, 8, &unknown);
}

static void call_explain(const struct scene *scene)
{
	static const int errors[] = { EINVAL, EFAULT, EIO, EPERM, ENOMEM, ENOSYS };
	struct nodes set = nodes_one(NODE(0));
	struct strictbind_arguments arguments = { .size = sizeof(arguments),
						  .call = STRICTBIND_CALL_MBIND,
						  .addr = scene->at,
						  .len = PAGES * PAGE,
						  .mode = MPOL_BIND,
						  .nodemask = set.words,
						  .maxnode = NODES_MAXNODE,
						  .flags = STRICT | MOVE };
	char text[TEXT];

	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		strictbind_explain(&arguments, errors[i], text, sizeof(text));
}

static void call_kernel(const struct scene *scene)
{
	struct strictbind_fact fact = { .size = sizeof(fact) };

	(void)scene;
	for (unsigned i = 0; strictbind_kernel(i, &fact) == 1; i++)
		;
}

static void *run(void *argument)
{
	const struct scene *scene = argument;

	scene->call(scene);
	return NULL;
}

/* Bytes of its stack that a thread has written to. */
static size_t bytes_used(struct scene *scene)
{
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_attr_t attributes;
	pthread_t thread;
	size_t unused = 0;

	ck_assert(stack != MAP_FAILED);
	memset(stack, PAINT, STACK);
	ck_assert(pthread_attr_init(&attributes) == 0);
	ck_assert(pthread_attr_setstack(&attributes, stack, STACK) == 0);
	ck_assert(pthread_create(&thread, &attributes, run, scene) == 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attributes);
	while (unused < STACK && stack[unused] == PAINT)
		unused++;
	munmap(stack, STACK);
	return STACK - unused;
}

START_TEST(stack_is_as_promised)
{
	static const struct scene scenes[] = {
		{ .what = "mbind", .call = call_mbind, .mode = MPOL_BIND, .flags = STRICT | MOVE },
		{ .what = "strict", .call = call_mbind_opt, .mode = MPOL_BIND, .flags = STRICT },
		{ .what = "move", .call = call_mbind_opt, .mode = MPOL_BIND, .flags = MOVE },
		{ .what = "strict move",
		  .call = call_mbind_opt,
		  .mode = MPOL_BIND,
		  .flags = STRICT | MOVE },
		{ .what = "interleaved",
		  .call = call_mbind_opt,
		  .mode = MPOL_INTERLEAVE,
		  .flags = STRICT | MOVE },
		{ .what = "local",
		  .call = call_mbind_opt,
		  .mode = MODE_LOCAL,
		  .flags = STRICT | MOVE },
		{ .what = "in chunks",
		  .call = call_mbind_opt,
		  .mode = MPOL_BIND,
		  .flags = STRICT | MOVE,
		  .threads = THREADS,
		  .stall_us = 1 },
		{ .what = "migrate_pages", .call = call_migrate },
		{ .what = "migrate_pages in chunks",
		  .call = call_migrate,
		  .threads = THREADS,
		  .stall_us = 1 },
		{ .what = "check", .call = call_check },
		{ .what = "enforce", .call = call_move, .threads = THREADS },
		{ .what = "locate", .call = call_locate },
		{ .what = "explain", .call = call_explain },
		{ .what = "kernel", .call = call_kernel },
	};
	struct scene nothing = { .call = call_nothing };
	size_t usual;

#ifndef __OPTIMIZE__
	SKIP_IF(true, "not optimized");
#endif
	usual = bytes_used(&nothing);
	for (size_t i = 0; i < sizeof(scenes) / sizeof(*scenes); i++) {
		struct scene scene = scenes[i];
		struct pins pins;
		size_t used;

		scene.at = pages_on(PAGES, LAST);
		ck_assert(pins_open(&pins));
		ck_assert(pin(&pins, scene.at + PIN * PAGE));
		used = bytes_used(&scene) - usual;
		printf("stack: %s: %zu bytes\n", scene.what, used);
		ck_assert_msg(used <= PROMISED_KIB << 10, "%s takes %zu bytes of stack", scene.what,
			      used);
		unpin_all(&pins);
		pins_close(&pins);
		unmap(scene.at, PAGES);
	}
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, stack_is_as_promised);
}

int main(void)
{
	return run_suite_here("stack", add);
}
