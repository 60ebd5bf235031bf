/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules 1 to 11, one test for each rule and kind of page. */
#include <errno.h>
#include <stdio.h>

#include "cases.h"
#include "kinds.h"

/*
 * The stage: a page outside the range, two movable ones, the kind, two movable ones, a page
 * outside. Of a kind that can only be alone there is nothing but itself.
 */
enum { AROUND = 2, LEAD = 1 + AROUND, HUNDREDS = 100 };

/* Where things are on it. */
struct place {
	const struct kind *kind;
	size_t first, end;	     /* the range with its neighbours */
	size_t kind_first, kind_end; /* the part of the kind that is in the range */
	size_t last;		     /* number of cells */
};

struct rule {
	const char *name;
	bool room; /* needs pages around the kind */
	void (*check)(const struct place *place, bool counted);
};

static struct place place_of(const struct kind *kind)
{
	size_t lead = kind->alone ? 0 : LEAD;
	struct place place = { .kind = kind };

	place.kind_first = lead + kind_outside(kind);
	place.kind_end = lead + kind_pages(kind);
	place.first = kind->outside || kind->alone ? place.kind_first : 1;
	place.end = place.kind_end + (kind->alone ? 0 : AROUND);
	place.last = place.end + !kind->alone;
	return place;
}

/* The stage as it is before each call; a child made by the kind shares nothing but the kind. */
static const char *build(const struct place *place)
{
	size_t lead = place->kind->alone ? 0 : LEAD;
	const char *why;

	stage_open(place->last, lead);
	stage.about = place->kind->name;
	why = place->kind->put(lead);
	if (why || place->kind->alone) {
		if (!why)
			stage_settle();
		return why;
	}
	put_anon(0, LEAD, pages_home());
	put_anon(place->kind_end, place->last - place->kind_end, pages_home());
	stage_settle();
	return NULL;
}

static void restore_policy(const struct place *place)
{
	/* The vdso stays when the stage is put away. */
	if (place->kind->alone)
		raw_mbind(stage.base, stage.count * machine()->page, MPOL_DEFAULT, NULL, 0, 0);
}

static void attempt(const struct place *place, bool counted, struct call call)
{
	const char *why = build(place);

	ck_assert_msg(!why, "%s: %s, but it could be made before", place->kind->name, why);
	check_call(&call, counted);
	restore_policy(place);
}

/* To another node where there is one, and to the local one everywhere. */
static void attempt_both(const struct place *place, bool counted, unsigned flags)
{
	if (many_nodes())
		attempt(place, counted, bind_to(place->first, place->end, pages_target(), flags));
	attempt(place, counted, call_local(place->first, place->end, flags));
}

static void bad_arguments(const struct place *place, bool counted)
{
	struct call good = bind_to(place->first, place->end, pages_target(), STRICT | MOVE), bad;

	bad = good;
	bad.flags |= 1U << 7;
	bad.bad = EINVAL;
	attempt(place, counted, bad);
	bad = good;
	bad.mode = 77;
	bad.bad = EINVAL;
	attempt(place, counted, bad);
	bad = good;
	bad.mask = nodes_none();
	bad.bad = EINVAL;
	attempt(place, counted, bad);
	bad = good;
	bad.offset = 1;
	bad.bad = EINVAL;
	attempt(place, counted, bad);
	if (machine()->nice)
		return;
	bad = good;
	bad.flags = MOVE_ALL;
	bad.bad = EPERM;
	attempt(place, counted, bad);
}

static void no_length(const struct place *place, bool counted)
{
	for (const unsigned *flags = flag_sets(); *flags != ~0U; flags++)
		attempt(place, counted,
			bind_to(place->kind_first, place->kind_first, pages_target(), *flags));
}

/* The page after the stage is not mapped, nor the one before it. */
static void with_hole(const struct place *place, bool counted)
{
	for (const unsigned *flags = flag_sets(); *flags != ~0U; flags++)
		attempt(place, counted,
			bind_to(place->first, place->last + 1, pages_target(), *flags));
}

static void default_with_hole(const struct place *place, bool counted)
{
	attempt(place, counted, call_default(place->first, place->last + 2, 0));
	attempt(place, counted, call_default(place->first, place->last + 2, STRICT));
	attempt(place, counted, call_default(place->first, place->last + 2, STRICT | MOVE));
	attempt(place, counted, call_default(place->last, place->last + 2, MOVE));
}

static void no_flags(const struct place *place, bool counted)
{
	attempt_both(place, counted, 0);
}

static void strict_misplaced(const struct place *place, bool counted)
{
	struct call call = bind_to(place->kind_first, place->kind_end, pages_target(), STRICT);

	attempt_both(place, counted, STRICT);
	if (many_nodes())
		attempt(place, counted, call);
	attempt(place, counted, call_local(place->kind_first, place->kind_end, STRICT));
}

static void strict_in_place(const struct place *place, bool counted)
{
	attempt(place, counted, bind_to(place->first, place->end, pages_home(), STRICT));
}

static void move(const struct place *place, bool counted)
{
	attempt_both(place, counted, MOVE);
	if (machine()->nice)
		attempt_both(place, counted, MOVE_ALL);
}

static void move_strict(const struct place *place, bool counted)
{
	attempt_both(place, counted, MOVE | STRICT);
	if (machine()->nice)
		attempt_both(place, counted, MOVE_ALL | STRICT);
}

/* The kind alone: nothing else can make the call fail. */
static void move_shared(const struct place *place, bool counted)
{
	size_t first = place->kind_first, end = place->kind_end;

	for (unsigned strict = 0; strict <= STRICT; strict += STRICT) {
		if (many_nodes())
			attempt(place, counted, bind_to(first, end, pages_target(), MOVE | strict));
		attempt(place, counted, call_local(first, end, MOVE | strict));
	}
}

static void default_strict(const struct place *place, bool counted)
{
	attempt(place, counted, call_default(place->first, place->end, STRICT));
	attempt(place, counted, call_default(place->first, place->end, STRICT | MOVE));
}

static const struct rule rules[] = {
	{ "rule01", false, bad_arguments },   { "rule02", false, no_length },
	{ "rule03", true, with_hole },	      { "rule04", true, default_with_hole },
	{ "rule05", false, no_flags },	      { "rule06", false, strict_misplaced },
	{ "rule07", false, strict_in_place }, { "rule08", false, move },
	{ "rule09", false, move_strict },     { "rule10", false, move_shared },
	{ "rule11", false, default_strict },
};

enum { RULES = sizeof(rules) / sizeof(rules[0]), NAME = 48, MOST = RULES * 64 };

static char names[MOST][NAME];
static TTest tests[MOST];

static void run_one(int number)
{
	const struct rule *rule = &rules[(size_t)number / kind_count];
	struct place place = place_of(&kinds[(size_t)number % kind_count]);
	const char *why = build(&place);

	if (!why && rule->room && place.kind->alone)
		why = "nothing can be put beside it";
	if (why) {
		note_skip(names[number], why);
		return;
	}
	restore_policy(&place);
	/* Hundreds of pages take long: those with counts only. */
	if (stage.count < HUNDREDS)
		rule->check(&place, false);
	rule->check(&place, true);
}

int main(void)
{
	Suite *suite = suite_create("mbind_rules");

	if (RULES * kind_count > MOST)
		return 1;
	for (size_t i = 0; i < RULES * kind_count; i++) {
		const struct rule *rule = &rules[i / kind_count];
		TCase *tcase;

		if (kinds[i % kind_count].long_for & IN_RULES)
			continue;
		tcase = tcase_create(rule->name);
		snprintf(names[i], NAME, "%s_%s", rule->name, kinds[i % kind_count].name);
		tests[i] = (TTest){ names[i], run_one, __FILE__, __LINE__ };
		tcase_add_checked_fixture(tcase, NULL, stage_close);
		tcase_add_loop_test(tcase, &tests[i], (int)i, (int)i + 1);
		suite_add_tcase(suite, tcase);
	}
	return run_cases(suite);
}
