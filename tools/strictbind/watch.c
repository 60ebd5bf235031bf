/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* strictbind check --watch: again and again, on a screen as that of top. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "command.h"
#include "screen.h"
#include "terminal.h"

/* What was seen at one time: of one process, or of many. */
struct round {
	struct finding finding;
	struct survey survey;
	struct timespec time; /* of the day */
	bool seen;
};

static void look(const struct check *check, struct round *round)
{
	enum process_state state;

	*round = (struct round){ .seen = true };
	clock_gettime(CLOCK_REALTIME, &round->time);
	if (check->all) {
		survey_make(check, &round->survey);
		return;
	}
	process_open(&round->finding.process, check->pid);
	state = finding_look(&round->finding, &check->look);
	if (state != PROCESS_FINE)
		process_end(&round->finding.process, state);
}

static void forget(struct round *round)
{
	if (!round->seen)
		return;
	finding_forget(&round->finding);
	survey_forget(&round->survey);
}

static bool is_misplaced(const struct check *check, const struct round *round)
{
	return (check->all ? round->survey.misplaced : round->finding.misplaced) != 0;
}

/* A process of the same number may be another one. */
static bool is_same(const struct check *check, const struct round *now, const struct round *before)
{
	return before->seen &&
	       (check->all || before->finding.process.started == now->finding.process.started);
}

static void print(const struct check *check, const struct round *now, const struct round *before,
		  FILE *file)
{
	char time[16];
	struct tm day;
	const struct round *old = is_same(check, now, before) ? before : now;

	localtime_r(&now->time.tv_sec, &day);
	strftime(time, sizeof(time), "%H:%M:%S", &day);
	fprintf(file, "strictbind check, %s, every %u s%s\n", time, check->seconds,
		screen_is_on() ? "; q ends" : "");
	if (check->all)
		survey_watch(check, &now->survey, &old->survey, file);
	else
		check_one_watch(check, &now->finding, &old->finding, file);
}

static void show(struct check *check, const struct round *now, const struct round *before)
{
	FILE *file;

	check->rows = screen_is_on() ? (size_t)screen_height() : 0;
	file = screen_is_on() ? screen_draw() : output_begin();
	print(check, now, before, file);
	if (screen_is_on()) {
		screen_show();
	} else {
		/* An empty line between one and the next. */
		fputc('\n', file);
		output_end();
	}
}

/* Until the next look is due, or something happens. */
static enum screen_event wait_ms(long ms)
{
	struct timespec start, now;
	long left = ms;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		enum screen_event event = screen_wait((int)left);

		if (event != SCREEN_NOTHING)
			return event;
		clock_gettime(CLOCK_MONOTONIC, &now);
		left = ms - ((now.tv_sec - start.tv_sec) * 1000 +
			     (now.tv_nsec - start.tv_nsec) / 1000000);
	} while (left > 0);
	return SCREEN_NOTHING;
}

bool check_watch(const struct check *options)
{
	struct check check = *options;
	struct round now = { 0 }, before = { 0 };
	enum screen_event event = SCREEN_AGAIN;
	bool misplaced;

	/* What cannot be looked at at all is told before there is a screen. */
	look(&check, &now);
	screen_begin();
	show(&check, &now, &before);
	while ((event = wait_ms(1000L * check.seconds)) != SCREEN_END) {
		if (event != SCREEN_RESIZED) {
			forget(&before);
			before = now;
			look(&check, &now);
		}
		show(&check, &now, &before);
	}
	screen_end();
	misplaced = is_misplaced(&check, &now);
	forget(&before);
	forget(&now);
	return misplaced;
}
