/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kinds_run.h"

#include <stdio.h>
#include <string.h>

static char name_here[CASE_NAME];
char *case_name = name_here;

/* The stage ----------------------------------------------------------------------------------- */

/*
 * A page outside the range, one on target, a movable one at home, the kind, two movable ones, a
 * page outside. A kind that reaches out of the range has its own pages before it; of a kind that
 * can only be alone there is nothing but itself.
 */
enum { LEAD = 3, BEHIND = 2 };

static struct place place_of(const struct kind *kind)
{
	struct place place = { .lead = kind->alone ? 0 : LEAD };
	size_t end = place.lead + kind_pages(kind);

	place.first = kind->outside ? place.lead + kind_outside(kind) : 1;
	place.end = end + BEHIND;
	place.count = place.end + 1;
	if (kind->alone) {
		place.first = 0;
		place.end = place.count = end;
	}
	return place;
}

const char *build_stage(const struct kind *kind, struct place *place)
{
	const char *why;

	*place = place_of(kind);
	stage_open(place->count, place->lead);
	stage.about = kind->name;
	why = kind->put(place->lead);
	if (!why && !kind->alone) {
		put_anon(0, 1, pages_home());
		put_anon(1, 1, pages_target());
		put_anon(2, 1, pages_home());
		put_anon(place->end - BEHIND, BEHIND + 1, pages_home());
	}
	return why ? why : stage_note();
}

/* The calls ----------------------------------------------------------------------------------- */

enum whose { NOBODYS, TARGETS, BOTHS, HOMES };

static const struct mode {
	const char *name;
	int mode;
	enum whose nodes;
} modes[] = {
	{ "DEFAULT", MPOL_DEFAULT, NOBODYS },
	{ "PREFERRED", MPOL_PREFERRED, TARGETS },
	{ "BIND", MPOL_BIND, TARGETS },
	{ "BIND-HOME", MPOL_BIND, HOMES },
	{ "INTERLEAVE", MPOL_INTERLEAVE, BOTHS },
	{ "LOCAL", MODE_LOCAL, NOBODYS },
	{ "PREFERRED-EMPTY", MPOL_PREFERRED, NOBODYS },
	{ "PREFERRED_MANY", MODE_PREFERRED_MANY, BOTHS },
	{ "WEIGHTED_INTERLEAVE", MODE_WEIGHTED_INTERLEAVE, BOTHS },
};

static const struct {
	const char *name;
	struct way way;
	bool moves_only; /* options matter to calls that move */
} ways[] = {
	{ "raw", { .kernel = true }, false },
	{ "plain", { .kernel = false }, false },
	{ "report", { .counted = true }, false },
	{ "stall", { .counted = true, .stall_us = 1 }, true },
};

enum { MODES = sizeof(modes) / sizeof(*modes), WAYS = sizeof(ways) / sizeof(*ways) };

static struct nodes nodes_of_mode(const struct mode *mode)
{
	switch (mode->nodes) {
	case TARGETS:
		return nodes_one(pages_target());
	case BOTHS:
		return nodes_two(pages_target(), pages_other());
	case HOMES:
		return nodes_one(pages_home());
	default:
		return nodes_none();
	}
}

static const char *name_of_flags(unsigned flags)
{
	static char text[32];

	snprintf(text, sizeof(text), "%s%s%s",
		 flags & STRICT ? "STRICT"
		 : flags	? ""
				: "0",
		 flags & STRICT && flags & ~STRICT ? "|" : "",
		 flags & MOVE_ALL ? "MOVE_ALL"
		 : flags & MOVE	  ? "MOVE"
				  : "");
	return text;
}

/* Selecting and telling ----------------------------------------------------------------------- */

/* Whether the one asked for is this, or one that this is a part of. */
static bool selected(const struct choice *choice, const char *name)
{
	size_t length = choice->only ? strlen(choice->only) : 0;

	return !choice->only ||
	       (!strncmp(name, choice->only, length) && (!name[length] || name[length] == '/'));
}

/* Whether something in this part may be selected. */
static bool leads_there(const struct choice *choice, const char *name)
{
	size_t length = strlen(name);

	return selected(choice, name) ||
	       (!strncmp(choice->only, name, length) && choice->only[length] == '/');
}

/* The verdict on one call; kernel_right is what came of the same call on the kernel alone. */
static void note_verdict(const struct choice *choice, struct tally *tally, bool kernel,
			 enum difference differs, bool *kernel_right)
{
	bool off = differs != DIFFERS_NOT;

	if (kernel) {
		*kernel_right = !off;
		tally->kernel_cases++;
		tally->kernel_off += off;
	} else {
		tally->cases++;
		tally->off += off;
		tally->worse += *kernel_right && differs == DIFFERS;
	}
	if (kernel && !choice->verbose && !(off && choice->only))
		return;
	if (off)
		printf("%s: %s: %s\n",
		       kernel				     ? "raw off"
		       : *kernel_right && differs == DIFFERS ? "off, raw right"
							     : "off",
		       case_name, difference_text());
	else if (choice->verbose)
		printf("as due: %s\n", case_name);
}

/* Builds the stage as often as it may take: the first time it worked. */
static bool built(const struct kind *kind, struct place *place, struct tally *tally)
{
	const char *why = NULL;

	for (int tries = 0; tries < 3; tries++) {
		why = build_stage(kind, place);
		if (!why)
			return true;
	}
	printf("not set up: %s: %s\n", case_name, why);
	tally->unmade++;
	return false;
}

/* The vdso stays when the stage is put away. */
static void restore_policy(const struct kind *kind)
{
	if (kind->alone)
		raw_mbind(stage.base, stage.count * machine()->page, MPOL_DEFAULT, NULL, 0, 0);
}

/* Whether this is one of the cases. What the kernel does alone is always asked, to compare. */
static bool wanted(const struct kind *kind, const struct choice *choice, size_t w, unsigned flags)
{
	const struct way *way = &ways[w].way;

	if (way->kernel)
		return true;
	if (ways[w].moves_only && !(flags & (MOVE | MOVE_ALL)))
		return false;
	if (kind->long_for & IN_KINDS &&
	    (way->stall_us || (!way->counted && flags != (STRICT | MOVE))))
		return false;
	return selected(choice, case_name);
}

/* One after the other ------------------------------------------------------------------------- */

/* False when the stage could not be set up. */
static bool try_call(const struct kind *kind, struct tally *tally, const struct mode *mode,
		     unsigned flags, size_t w, enum difference *differs)
{
	struct call call = { .mode = mode->mode, .flags = flags };
	struct expected want;
	struct answer answer;
	struct place place;

	if (!built(kind, &place, tally))
		return false;
	call.first = place.first;
	call.end = place.end;
	call.mask = nodes_of_mode(mode);
	want = expect_call(&call);
	answer = do_call(&call, &ways[w].way);
	*differs = compare_call(&want, &call, &answer);
	restore_policy(kind);
	return true;
}

static void run_call(const struct kind *kind, const struct choice *choice, struct tally *tally,
		     const struct mode *mode, unsigned flags)
{
	char name[CASE_NAME - WAY_NAME];
	bool kernel_right = false;

	snprintf(name, sizeof(name), "%s/%s/%s", kind->name, mode->name, name_of_flags(flags));
	if (!leads_there(choice, name))
		return;
	for (size_t w = 0; w < WAYS; w++) {
		enum difference differs;
		bool again = false;

		snprintf(case_name, CASE_NAME, "%s/%s", name, ways[w].name);
		if (!wanted(kind, choice, w, flags))
			continue;
		/* A busy kernel now and then fails to move a page that it moves a moment later. */
		do {
			if (!try_call(kind, tally, mode, flags, w, &differs))
				break;
			again = !again && differs == DIFFERS && kernel_right && !ways[w].way.kernel;
			if (again)
				printf("once more: %s: %s\n", case_name, difference_text());
			else
				note_verdict(choice, tally, ways[w].way.kernel, differs,
					     &kernel_right);
		} while (again);
	}
}

static void run_migration(const struct kind *kind, const struct choice *choice, struct tally *tally)
{
	char name[CASE_NAME - WAY_NAME];
	bool kernel_right = false;

	snprintf(name, sizeof(name), "%s/migrate_pages", kind->name);
	if (!leads_there(choice, name) || kind->alone || !many_nodes())
		return;
	for (size_t w = 0; w < WAYS; w++) {
		struct expected want;
		struct answer answer;
		struct place place;

		snprintf(case_name, CASE_NAME, "%s/%s", name, ways[w].name);
		if (!ways[w].way.kernel && !selected(choice, case_name))
			continue;
		/* Rings that are kept are at home, too. */
		stage_forget();
		if (!home_is_clear()) {
			printf("not set up: %s: this program has pages of its own there\n",
			       case_name);
			tally->unmade++;
			continue;
		}
		if (!built(kind, &place, tally))
			continue;
		want = expect_migration();
		answer = do_migration(&ways[w].way);
		note_verdict(choice, tally, ways[w].way.kernel, compare_migration(&want, &answer),
			     &kernel_right);
	}
}

static bool in_part(const struct choice *choice, size_t turn)
{
	return turn % choice->parts == choice->part;
}

void run_kind(const struct kind *kind, const struct choice *choice, struct tally *tally)
{
	/* Each kind begins with another part. */
	size_t turn = (size_t)(kind - kinds);

	if (!leads_there(choice, kind->name))
		return;
	for (size_t m = 0; m < MODES; m++)
		for (const unsigned *flags = flag_sets(); *flags != ~0U; flags++)
			if (has_mode(modes[m].mode) && in_part(choice, turn++))
				run_call(kind, choice, tally, &modes[m], *flags);
	run_migration(kind, choice, tally);
	stage_forget();
}
