/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For targets that make calls: a simulated process, and arguments that are whatever the input says.
 */
#ifndef FUZZ_SCENE_INPUT_H
#define FUZZ_SCENE_INPUT_H

#include "contract.h"
#include "scene.h"
#include "simulated.h"

/* A release, nodes, and memory of all kinds. Returns the number of nodes. */
static inline int boot_a_scene(struct input *input)
{
	static const int sizes[] = { 1, 2, 4, 8 };
	unsigned release = input_below(input, (unsigned)fake_kernel_count + 1);
	int nodes = sizes[input_below(input, 4)];
	struct rng rng = { input_number(input, 2) };

	fake_boot(release ? &fake_kernels[release - 1] : fake_perfect_kernel(), nodes);
	scene_random(&rng, nodes);
	return nodes;
}

/* Some page before, in or behind the scene, and seldom an address inside of it, or any number. */
static inline unsigned long input_address(struct input *input)
{
	unsigned how = input_below(input, 16);

	if (how == 0)
		return input_number(input, 8);
	return at(input_number(input, how < 4 ? 2 : 1)) +
	       (how == 1 ? input_number(input, 2) % FAKE_PAGE : 0);
}

static inline unsigned long input_length(struct input *input)
{
	unsigned how = input_below(input, 16);

	if (how == 0)
		return input_number(input, 8);
	return input_number(input, how < 4 ? 2 : 1) * FAKE_PAGE -
	       (how == 1 ? input_number(input, 2) % FAKE_PAGE : 0);
}

/* Any mask, with which the kernel may or may not agree: in what maxnode names, and nothing else. */
static inline struct mask input_mask(struct input *input)
{
	static const unsigned long sizes[] = { FAKE_MAX_NODES + 1, 0, 1, 2, 5, 9, 64, 65, 66, 129 };
	struct mask mask = { .maxnode = sizes[input_below(input, 10)] };

	mask.nodes.bits[0] = input_number(input, 1);
	if (input_below(input, 8) == 0)
		mask.nodes.bits[input_below(input, FAKE_NODE_LONGS)] |= 1UL
									<< input_below(input, 64);
	for (int node = 0; node < FAKE_MAX_NODES; node++)
		if ((unsigned long)node + 1 >= mask.maxnode)
			fake_remove(&mask.nodes, node);
	return mask;
}

enum { RANGES_MOST = 8 };

/* Options and a report as callers have them: of any size, with any values. */
struct wishes {
	struct strictbind_range ranges[RANGES_MOST + 1];
	struct strictbind_options options;
	struct strictbind_report report;
	bool has_options;
	bool has_report;
	unsigned stop_at; /* progress calls, 0: not asked for */
	unsigned progress;
};

static inline int count_progress(void *user, unsigned long done, unsigned long total)
{
	struct wishes *wishes = user;

	require(done <= total, "%lu of %lu are done", done, total);
	return ++wishes->progress == wishes->stop_at;
}

static inline void input_wishes(struct input *input, struct wishes *wishes)
{
	unsigned what = (unsigned)input_number(input, 1);

	memset(wishes, 0, sizeof(*wishes));
	wishes->has_options = what & 1;
	wishes->has_report = what & 2;
	wishes->options.size = sizeof(wishes->options);
	wishes->report.size = sizeof(wishes->report);
	if (what & 4)
		wishes->options.stall_us = input_number(input, 2);
	if (what & 8) {
		wishes->options.progress = count_progress;
		wishes->options.user = wishes;
		wishes->stop_at = input_below(input, 8);
	}
	if (what & 16 && wishes->has_report) {
		wishes->options.ranges = wishes->ranges;
		wishes->options.range_room = input_below(input, RANGES_MOST + 1);
	}
	/* Behind the room there is nobody's. */
	wishes->ranges[wishes->options.range_room].length = 0x5a5a;
}

static inline const struct strictbind_options *options_of(const struct wishes *wishes)
{
	return wishes->has_options ? &wishes->options : NULL;
}

static inline struct strictbind_report *report_of(struct wishes *wishes)
{
	return wishes->has_report ? &wishes->report : NULL;
}

static inline void require_room_kept(const struct wishes *wishes)
{
	require(wishes->ranges[wishes->options.range_room].length == 0x5a5a,
		"written behind the room");
}

#endif
