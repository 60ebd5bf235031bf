/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "try.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <strictbind.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "command.h"
#include "terminal.h"

enum { PAGES = 4, MODES = 7, MODE_FLAGS = 3, FLAGS = 3 };

struct word {
	const char *name;
	int value;
};

/* As numa_maps has them, and mount -o mpol=. Newer ones are not in every <numaif.h>. */
static const struct word modes[MODES] = {
	{ "default", 0 },
	{ "prefer", 1 },
	{ "bind", 2 },
	{ "interleave", 3 },
	{ "local", 4 },
	{ "prefer (many)", 5 },
	{ "weighted interleave", 6 },
};

/* The same for those that do not like blanks. */
static const struct word mode_aliases[] = {
	{ "preferred", 1 },
	{ "preferred-many", 5 },
	{ "weighted-interleave", 6 },
};

static const struct word mode_flags[MODE_FLAGS] = {
	{ "balancing", 1 << 13 },
	{ "relative", 1 << 14 },
	{ "static", 1 << 15 },
};

static const struct word flags[FLAGS] = {
	{ "strict", 1 },
	{ "move", 2 },
	{ "move-all", 4 },
};

_Noreturn static void malformed(const char *text, const char *what)
{
	fail(EXIT_USAGE, "probe: --try: '%s': %s", text, what);
}

/* Past one of the words; value gets its value. NULL when there is none of them. */
static const char *take_word(const char *text, const struct word *words, size_t count,
			     const char *ends, int *value)
{
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(words[i].name);

		if (strncmp(text, words[i].name, length) == 0 && strchr(ends, text[length])) {
			*value = words[i].value;
			return text + length;
		}
	}
	return NULL;
}

static const char *take_mode(const char *text, int *mode)
{
	const char *ends = "=:,";
	const char *at = take_word(text, modes, MODES, ends, mode);
	int flag;

	if (!at)
		at = take_word(text, mode_aliases, sizeof(mode_aliases) / sizeof(*mode_aliases),
			       ends, mode);
	if (!at)
		malformed(text, "begins with no mode: default, prefer, bind, interleave, local, "
				"preferred-many or weighted-interleave");
	while (*at == '=' || *at == '|') {
		at = take_word(at + 1, mode_flags, MODE_FLAGS, "|:,", &flag);
		if (!at)
			malformed(text, "the flag of the mode is none of static, relative and "
					"balancing");
		*mode |= flag;
	}
	return at;
}

/* A number or a range. */
static const char *take_nodes(const char *text, const char *at, struct nodes *set)
{
	char *end;
	unsigned long first = strtoul(at, &end, 10);
	unsigned long last = *end == '-' ? strtoul(end + 1, &end, 10) : first;

	if (last < first || last >= NODES_MOST || !isdigit((unsigned char)end[-1]))
		malformed(text, "the nodes are no list as 0,2-3, of numbers up to 1023");
	for (unsigned long node = first; node <= last; node++)
		nodes_add(set, (int)node);
	return end;
}

struct try try_argument(const char *text)
{
	struct try try = { .asked = text };
	const char *at = take_mode(text, &try.mode);
	int flag;

	if (*at == ':' && at[1] == '\0')
		at++;
	while (*at) {
		if (!strchr(":,", *at))
			malformed(text, "something stands behind the nodes");
		at++;
		if (isdigit((unsigned char)*at)) {
			at = take_nodes(text, at, &try.nodes);
			continue;
		}
		at = take_word(at, flags, FLAGS, ",", &flag);
		if (!at)
			malformed(text, "a flag is none of strict, move and move-all");
		try.flags |= (unsigned)flag;
	}
	return try;
}

/* ---- the call ---- */

static void explain(struct try *try, const void *at, size_t length)
{
	struct strictbind_arguments call = STRICTBIND_ARGUMENTS_INIT;

	call.addr = at;
	call.len = length;
	call.mode = try->mode;
	call.nodemask = try->nodes.words;
	call.maxnode = NODES_MAXNODE;
	call.flags = try->flags;
	try->cause = strictbind_explain(&call, try->error, try->why, sizeof(try->why));
}

void try_make(struct try *try, const struct confinement *confinement)
{
	size_t length = PAGES * (size_t)sysconf(_SC_PAGESIZE);
	char *at = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		fail(EXIT_FAILED, "no memory");
	/* There are pages, wherever the kernel puts them. */
	memset(at, 1, length);
	if (strictbind_mbind(at, length, try->mode, try->nodes.words, NODES_MAXNODE, try->flags)) {
		try->error = errno;
		explain(try, at, length);
	}
	if (try->cause == STRICTBIND_CAUSE_SECCOMP)
		try->remedy = refused_remedy(confinement, "mbind", try->error);
	munmap(at, length);
}

/* ---- what came of it ---- */

void try_print(const struct try *try, FILE *file)
{
	if (!try->error) {
		fprintf(file, "mbind with %s succeeds here.\n", try->asked);
		return;
	}
	fprintf(file, "mbind with %s fails here: %s (%s)\n", try->asked, strerror(try->error),
		strictbind_cause_name(try->cause));
	print_wrapped(file, 4, terminal_text_width(), try->why);
	if (try->remedy)
		print_wrapped(file, 4, terminal_text_width(), try->remedy);
}

void try_json(const struct try *try, struct json *json)
{
	json_begin(json, "try", '{');
	json_text(json, "asked", try->asked);
	json_bool(json, "succeeds", try->error == 0);
	json_number(json, "errno", (unsigned long)try->error);
	if (try->error) {
		json_text(json, "error", strerror(try->error));
		json_text(json, "cause", strictbind_cause_name(try->cause));
		json_text(json, "why", try->why);
	}
	if (try->remedy)
		json_text(json, "remedy", try->remedy);
	json_end(json, '}');
}
