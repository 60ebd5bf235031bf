/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One case of mbind(). */
#include <stdio.h>
#include <string.h>

#include "cases.h"
#include "compare_mbind.h"
#include "excuse.h"
#include "sides.h"

/* What the two sides of a case have in common. */
static struct mbind_call call;
static struct mbind_model model;
static bool kinds[KIND_COUNT];
static char scene_text[6000], call_text[400], flags_text[64], room_text[120];
static struct result about = {
	.call = 'r',
	.flags = flags_text,
	.kinds = kinds,
	.what = call_text,
	.scene = scene_text,
};

/* Where N is empty, a page that has moved has done what it had to, wherever it is. */
static void note_left(const struct scene *scene, const struct sight *sight, struct trace *trace)
{
	for (size_t i = 0; i < scene->count; i++)
		if (mbind_must_move(&model, scene, &call, i) &&
		    !nodes_has(&model.targets, sight->node[i]) &&
		    !(nodes_empty(&model.n) && sight->node[i] != scene->pages[i].node) &&
		    !lands_anywhere(scene, &model, i))
			trace_left(trace, i);
}

static void judge(const struct run *run, const struct outcome *outcome, struct trace *trace,
		  bool raw)
{
	struct stage *stage = run->self.stage;
	struct scene *scene = &stage->scene;
	unsigned long excused;

	forget_dropped(scene, &stage->sight);
	mbind_expect(&model, scene, run->world, &call);
	note_left(scene, &stage->sight, trace);
	mbind_compare(&trace->verdict, &model, scene, &call, outcome, &stage->sight, raw);
	run->tally->unknown += !raw && call.report && model.unknown_allowed &&
			       outcome->report.unmoved == STRICTBIND_UNKNOWN;
	excused = trace->left_count || trace->verdict.sort != SORT_NONE
			  ? mbind_excuse(scene, &model, &call, &stage->sight)
			  : 0;
	if (!excused)
		return;
	run->tally->excused += excused;
	mbind_expect(&model, scene, run->world, &call);
	mbind_compare(&trace->verdict, &model, scene, &call, outcome, &stage->sight, raw);
}

static void note_texts(const struct run *run, const struct scene *scene)
{
	mbind_print(&call, call_text, sizeof(call_text));
	about.mode = mode_name(call.mode);
	flags_print(call.flags, flags_text, sizeof(flags_text));
	room_print(&run->room, room_text, sizeof(room_text));
	scene_print(scene, scene_text, sizeof(scene_text) - sizeof(room_text));
	strcat(scene_text, room_text);
	memset(kinds, 0, sizeof(kinds));
	for (size_t i = call.first; i < call.end && i < scene->count; i++)
		kinds[scene->pages[i].kind] = true;
}

static void play(struct run *run, uint64_t number, enum way way, struct trace *trace)
{
	struct rng rng = rng_for(run->tally->seed, STREAM_RANGE, number);
	struct rng call_rng = rng_for(run->tally->seed, STREAM_RANGE_CALL, number);
	struct scene_size size = { 9, 25, 5, nodes_empty(&run->room.full) ? 4 : 60 };
	struct stage *stage = run->self.stage;
	struct outcome outcome;

	scene_build(&stage->scene, run->world, &rng, &size);
	trace_start(trace, &stage->scene);
	if (!stage->scene.broken) {
		mbind_pick(&call, &stage->scene, &run->room, &call_rng);
		if (run->tally->through)
			call.report = call.with_options = false;
		mbind_do(&call, way, &outcome);
		scene_look(&stage->scene, &stage->sight);
		note_texts(run, &stage->scene);
		outcome_print(outcome.result, outcome.error, trace->outcome,
			      sizeof(trace->outcome));
		judge(run, &outcome, trace, way == WAY_KERNEL);
		if (way != WAY_KERNEL)
			trace->could_move =
				mbind_could_move(&stage->scene, &model, &call, &stage->sight);
		trace->played = true;
	}
	scene_destroy(&stage->scene, run->world);
}

void run_range(struct run *run, uint64_t number)
{
	if (!run->no_room)
		room_enter(&run->room, run->tally->seed, number);
	about.number = number;
	run_case(run, &about, play, number);
}
