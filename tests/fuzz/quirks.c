/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* STRICTBIND_QUIRKS: a list is what its names are, and one with anything else in it is none. */
#include "simulated.h"

#include "kernel/quirks.h"
#include "strictbind.h"

static unsigned quirk_named(const char *name)
{
	for (unsigned quirk = 0; quirk < SB_QUIRKS; quirk++)
		if (strcmp(sb_fact_text((enum sb_fact)quirk)->name, name) == 0)
			return 1U << quirk;
	return 0;
}

/* Word by word, on a copy. */
static bool plain_quirks(char *list, unsigned *quirks)
{
	*quirks = 0;
	if (strcmp(list, "none") == 0)
		return true;
	if (strcmp(list, "all") == 0) {
		*quirks = ~0U;
		return true;
	}
	while (list) {
		char *comma = strchr(list, ',');
		unsigned quirk;

		if (comma)
			*comma++ = '\0';
		quirk = quirk_named(list);
		if (!quirk)
			return false;
		*quirks |= quirk;
		list = comma;
	}
	return true;
}

/* A list that names them. */
static void print_quirks(char *at, unsigned quirks)
{
	const char *before = "";

	for (unsigned quirk = 0; quirk < SB_QUIRKS; quirk++) {
		if (!(quirks >> quirk & 1))
			continue;
		at += sprintf(at, "%s%s", before, sb_fact_text((enum sb_fact)quirk)->name);
		before = ",";
	}
}

static void check_forced(const char *list, bool good, unsigned quirks)
{
	sb_forget();
	sb_force(list);
	for (unsigned quirk = 0; quirk < SB_QUIRKS; quirk++) {
		sb_answer answer = sb_answers[quirk];

		require((answer != 0) == good, "%s was%s forced", list, good ? " not" : "");
		require(!good || sb_answer_known(answer) == STRICTBIND_FORCED, "not as forced");
		require(!good || sb_answer_present(answer) == (quirks >> quirk & 1), "quirk %u",
			quirk);
	}
	for (unsigned fact = SB_QUIRKS; fact < SB_FACTS; fact++)
		require(sb_answers[fact] == 0, "an interface was forced");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = input_of(data, size);
	char *list = input_text(&input, NULL), *copy = copy_text(list);
	unsigned quirks, expected;
	char printed[1024];
	bool good = plain_quirks(copy, &expected);

	require(sb_quirks_listed(list, &quirks) == good, "%s", list);
	require(!good || quirks == expected, "%s: %#x", list, quirks);
	check_forced(list, good, expected);
	if (good && quirks && quirks != ~0U) {
		print_quirks(printed, quirks);
		require(sb_quirks_listed(printed, &expected) && expected == quirks, "%s", printed);
	}
	free(copy);
	free(list);
	return 0;
}
