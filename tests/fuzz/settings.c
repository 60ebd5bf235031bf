/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The environment of a program with the preload library: each line of the input is a variable of
 * it. What is understood counts, the last one of several; anything else is complained about, in
 * lines that do nobody's terminal harm.
 */
#include "fuzz.h"

#include <ctype.h>
#include <stdbool.h>

#include "kernel/quirks.h"
/* Read once is what it is made for: here it is read again and again. */
#include "preload/settings.c"

enum { ENTRIES_MOST = 64 };

struct expected {
	bool off;
	unsigned long threads;
	unsigned long stall_us;
	char trace[PATH_MAX];
	unsigned complaints;
};

/* From 1 to most. False when it is anything else. */
static bool plain_number(const char *text, unsigned long most, unsigned long *number)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 10 || text[digits])
		return false;
	if (strtoul(text, NULL, 10) < 1 || strtoul(text, NULL, 10) > most)
		return false;
	*number = strtoul(text, NULL, 10);
	return true;
}

static bool take_plainly(struct expected *expected, const char *name, const char *value)
{
	unsigned quirks;

	if (strcmp(name, "PRELOAD") == 0) {
		expected->off = strcmp(value, "off") == 0;
		return expected->off || strcmp(value, "on") == 0;
	}
	if (strcmp(name, "THREADS") == 0)
		return plain_number(value, 1024, &expected->threads);
	if (strcmp(name, "STALL_US") == 0)
		return plain_number(value, 1000000000, &expected->stall_us);
	if (strcmp(name, "QUIRKS") == 0)
		return sb_quirks_listed(value, &quirks);
	if (strcmp(name, "TRACE") != 0 || strlen(value) >= sizeof(expected->trace))
		return false;
	strcpy(expected->trace, value);
	return true;
}

static void expect(struct expected *expected, const char *entry)
{
	const char *equals = strchr(entry, '=');
	char name[64];
	int length;

	if (strncmp(entry, "STRICTBIND_", 11) != 0 || !equals || !equals[1])
		return;
	length = (int)(equals - entry - 11);
	if (length < (int)sizeof(name)) {
		snprintf(name, sizeof(name), "%.*s", length, entry + 11);
		if (take_plainly(expected, name, equals + 1))
			return;
	}
	expected->complaints++;
}

static void check_complaints(const struct expected *expected)
{
	static const char beginning[] = "libstrictbind-preload: ";
	unsigned lines = 0;

	require(complaints.used <= sizeof(complaint_text), "%zu bytes", complaints.used);
	for (size_t i = 0; i < complaints.used; i++)
		require(complaints.text[i] == '\n' || isprint((unsigned char)complaints.text[i]),
			"byte %#x", complaints.text[i]);
	require((complaints.used > 0) == (expected->complaints > 0), "%u complaints are due",
		expected->complaints);
	for (const char *at = complaints.text; complaints.used && at; lines++) {
		size_t left = complaints.used - (size_t)(at - complaints.text);

		if (!complaints.cut)
			require(left >= sizeof(beginning) - 1 &&
					memcmp(at, beginning, sizeof(beginning) - 1) == 0,
				"line %u", lines);
		at = memchr(at, '\n', left);
		at = at ? at + 1 : NULL;
	}
	require(complaints.cut || lines == expected->complaints || !complaints.used,
		"%u lines for %u complaints", lines, expected->complaints);
}

static void check_settings(const struct expected *expected)
{
	const struct sb_settings *read = sb_settings();
	struct strictbind_options options;
	const struct strictbind_options *used = sb_settings_options(read, &options);

	require(read->off == expected->off, "off: %d", read->off);
	require(read->options.threads == expected->threads, "%lu threads", read->options.threads);
	require(read->options.stall_us == expected->stall_us, "%lu us", read->options.stall_us);
	require(strcmp(read->trace, expected->trace) == 0, "trace: %s", read->trace);
	require((used != NULL) == (expected->threads || expected->stall_us), "options");
	require(!used || (used->size == sizeof(*used) && !used->progress && !used->ranges),
		"options that nobody asked for");
	check_complaints(expected);
}

static void forget_settings(void)
{
	memset(&settings, 0, sizeof(settings));
	settings.options.size = sizeof(settings.options);
	memset(complaint_text, 'x', sizeof(complaint_text));
	complaints = (struct sb_line){ .text = NULL };
	atomic_store(&state, UNREAD);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct expected expected;
	struct input input = input_of(data, size);
	char *text = input_text(&input, NULL), *rest = text;
	char *entries[ENTRIES_MOST + 1];
	char **before = environ;
	int count = 0;

	memset(&expected, 0, sizeof(expected));
	while (rest && *rest && count < ENTRIES_MOST) {
		entries[count++] = strsep(&rest, "\n");
		expect(&expected, entries[count - 1]);
	}
	entries[count] = NULL;
	forget_settings();
	environ = entries;
	check_settings(&expected);
	environ = before;
	free(text);
	return 0;
}
