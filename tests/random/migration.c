/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One case of migrate_pages(). */
#include <string.h>

#include "cases.h"
#include "compare_migrate.h"
#include "excuse.h"
#include "sides.h"

/* A page that is just being written to or copied cannot be moved: seen once in some thousand calls.
 */
enum { MOST_EXCUSED = 2 };

static struct migrate_call call;
static struct migrate_model model;
static bool kinds[KIND_COUNT];
static char scene_text[4000], call_text[400];
static struct result about = {
	.call = 'm',
	.kinds = kinds,
	.what = call_text,
	.scene = scene_text,
};

static void note_left(const struct scene *scene, const struct sight *sight, struct trace *trace)
{
	for (size_t i = 0; i < scene->count; i++) {
		const struct page *page = &scene->pages[i];

		if (page->present && sight->node[i] != migrate_due(&model, page))
			trace_left(trace, i);
	}
}

static void compare(struct stage *stage, const struct outcome *outcome, struct trace *trace,
		    bool raw)
{
	migrate_expect(&model, &stage->scene, &stage->before, &call);
	migrate_compare(&trace->verdict, &model, &stage->scene, &stage->before, &stage->after,
			&call, outcome, &stage->sight, raw);
}

static void judge(const struct run *run, struct stage *stage, const struct outcome *outcome,
		  struct trace *trace, bool raw)
{
	unsigned long huge, others;

	forget_dropped(&stage->scene, &stage->sight);
	compare(stage, outcome, trace, raw);
	note_left(&stage->scene, &stage->sight, trace);
	if (trace->verdict.sort == SORT_NONE)
		return;
	huge = migrate_excuse(&stage->scene, &model, call.pid, &stage->sight);
	others = migrate_excuse_crowd(&stage->before, &model, &stage->after);
	if (!(huge + others) || (others > MOST_EXCUSED && !migrate_may_fail_for_room(&model)))
		return;
	run->tally->excused += huge + others;
	compare(stage, outcome, trace, raw);
}

static void note_texts(const struct run *run, const struct scene *scene)
{
	char room_text[120];

	migrate_print(&call, call_text, sizeof(call_text));
	room_print(&run->room, room_text, sizeof(room_text));
	scene_print(scene, scene_text, sizeof(scene_text) - sizeof(room_text));
	strcat(scene_text, room_text);
	memset(kinds, 0, sizeof(kinds));
	for (size_t i = 0; i < scene->count; i++)
		kinds[scene->pages[i].kind] = true;
}

static void pick(const struct run *run, const struct actor *actor, uint64_t number)
{
	struct rng rng = rng_for(run->tally->seed, STREAM_MIGRATION_CALL, number);

	migrate_pick(&call, &rng);
	call.pid = actor->pid;
	if (run->tally->through)
		call.report = call.with_options = false;
}

static void play(struct run *run, uint64_t number, enum way way, struct trace *trace)
{
	const struct actor *actor = number % 2 ? &run->other : &run->self;
	struct stage *stage = actor->stage;
	struct outcome outcome;

	actor_build(actor, run->tally->seed, number);
	trace_start(trace, &stage->scene);
	if (!stage->scene.broken) {
		pick(run, actor, number);
		note_texts(run, &stage->scene);
		migrate_do(&call, way, &outcome);
		actor_look(actor);
		outcome_print(outcome.result, outcome.error, trace->outcome,
			      sizeof(trace->outcome));
		judge(run, stage, &outcome, trace, way == WAY_KERNEL);
		if (way != WAY_KERNEL)
			trace->could_move =
				migrate_could_move(&stage->scene, &model, call.pid, &stage->sight);
		trace->played = true;
	}
	actor_destroy(actor);
}

void warm_up(const struct run *run, const struct actor *actor)
{
	struct outcome outcome;

	actor_build(actor, run->tally->seed, 0);
	if (!actor->stage->scene.broken) {
		pick(run, actor, UINT64_MAX);
		migrate_do(&call, run->way, &outcome);
		actor_look(actor);
	}
	actor_destroy(actor);
}

void run_migration(struct run *run, uint64_t number)
{
	/* The eras of migrations are not those of ranges. */
	if (!run->no_room)
		room_enter(&run->room, run->tally->seed + 1, number);
	about.number = number;
	run_case(run, &about, play, number / 2);
}
