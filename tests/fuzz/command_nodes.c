/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arguments of the command: nodes, calls to try, numbers; policies as numa_maps has them; and text
 * of others that is printed. What is printed is read back as the same; what is refused ends the
 * program, and nothing else does.
 */
#include "fuzz.h"
#include "given.h"
#include "plain.h"

#include <ctype.h>
#include <errno.h>

#include "command.h"
#include "nodes.h"
#include "process.h"
#include "table.h"
#include "text.h"
#include "try.h"

enum { MACHINE = 6, HIGHEST = 1000 };

static bool expected[NODES_MOST];

static bool equal(const struct nodes *a, const struct nodes *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* ---- lists ---- */

static void check_list(const char *text)
{
	struct nodes set, again;
	const char *end = nodes_read(text, &set), *behind;
	int weight = 0;
	char *printed;

	require(end >= text && end <= text + strlen(text), "it ends elsewhere");
	if (plain_list(text, expected, NODES_MOST))
		for (int node = 0; node < NODES_MOST; node++)
			require(nodes_has(&set, node) == expected[node], "node %d", node);
	for (int node = 0; node < NODES_MOST; node++)
		weight += nodes_has(&set, node);
	require(nodes_weight(&set) == weight && nodes_empty(&set) == (weight == 0), "weight %d",
		nodes_weight(&set));
	require(weight == 0 ? nodes_last(&set) == -1 : nodes_has(&set, nodes_last(&set)), "last");
	printed = nodes_print(&set);
	behind = nodes_read(printed, &again);
	require(equal(&set, &again), "%s is read as another set", printed);
	require(weight == 0 || !*behind, "%s is not read to its end", printed);
	free(printed);
}

/* ---- arguments ---- */

struct argument {
	const char *text;
	struct nodes nodes;
	struct try try;
	unsigned long number;
};

static void read_nodes(void *context)
{
	struct argument *argument = context;

	argument->nodes = nodes_argument("--nodes", argument->text);
}

static void read_try(void *context)
{
	struct argument *argument = context;

	argument->try = try_argument(argument->text);
}

static void read_number(void *context)
{
	struct argument *argument = context;

	argument->number = number_argument("N", argument->text, 1, HIGHEST);
}

/* Numbers with commas between; good: of nodes that are there. */
static bool is_simple(const char *list, bool *good)
{
	*good = true;
	for (;; list++) {
		size_t digits = strspn(list, "0123456789");

		if (digits == 0 || digits > 9)
			return false;
		*good &= strtoul(list, NULL, 10) < MACHINE;
		list += digits;
		if (*list != ',')
			return *list == '\0';
	}
}

/* The machine has nodes 0 to 5. */
static void check_nodes(struct argument *argument)
{
	const char *list = argument->text + (argument->text[0] == '!');
	bool good, simple = is_simple(list, &good) && plain_list(list, expected, NODES_MOST);
	bool ends = ends_program(read_nodes, argument);
	int count = 0;

	for (int node = 0; simple && node < MACHINE; node++) {
		expected[node] = expected[node] != (list > argument->text);
		count += expected[node];
	}
	require(!simple || ends == (!good || count == 0), "%s", argument->text);
	if (ends)
		return;
	require(!nodes_empty(&argument->nodes) && nodes_last(&argument->nodes) < MACHINE,
		"%s is taken", argument->text);
	for (int node = 0; simple && node < MACHINE; node++)
		require(nodes_has(&argument->nodes, node) == expected[node], "%s: node %d",
			argument->text, node);
}

static void check_try(struct argument *argument)
{
	if (ends_program(read_try, argument))
		return;
	require((argument->try.mode & ~(7 << 13)) >= 0 && (argument->try.mode & ~(7 << 13)) < 7,
		"mode %#x", argument->try.mode);
	for (const char *at = argument->text; *at; at += strspn(at, "0123456789")) {
		at += strcspn(at, "0123456789");
		require(!*at || strtoul(at, NULL, 10) < NODES_MOST, "%s is taken", argument->text);
	}
	require(argument->try.flags < 8, "flags %#x", argument->try.flags);
	require(argument->try.asked == argument->text && !argument->try.error, "not as asked");
}

static void check_number(struct argument *argument)
{
	size_t digits = strspn(argument->text, "0123456789");
	unsigned long number = strtoul(argument->text, NULL, 10);
	bool good = digits && !argument->text[digits] && number >= 1 && number <= HIGHEST;

	require(ends_program(read_number, argument) == !good, "%s", argument->text);
	require(!good || argument->number == number, "%lu", argument->number);
}

/* ---- text of others ---- */

static void check_policy(const char *text)
{
	size_t length = policy_length(text);
	struct nodes nodes = policy_nodes(text);

	require(length <= strlen(text), "longer than it is");
	require(strchr(text, ':') || nodes_empty(&nodes), "nodes without a colon");
	require(policy_spread(text) <= SPREAD_WEIGHTED, "spread");
	(void)policy_is_balanced(text);
}

static void check_harmless(const char *text)
{
	char *harmless = print_harmless(text);

	require(strlen(harmless) == strlen(text), "of another length");
	for (const char *at = harmless; *at; at++)
		require(!iscntrl((unsigned char)*at), "byte %#x", *at);
	require(!strstr(harmless, "\xc2\x9b"), "a control sequence");
	free(harmless);
}

static void check_characters(const char *text)
{
	while (*text) {
		int length = utf8_length(text);

		require(length >= 0 && length <= 4 && (size_t)length <= strlen(text), "%d bytes",
			length);
		for (int i = 1; i < length; i++)
			require((text[i] & 0xc0) == 0x80, "byte %#x in a character", text[i]);
		text += length ? length : 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct argument argument;
	struct input input = input_of(data, size);
	char *text = input_text(&input, NULL);

	given_begin(0);
	given_file("/node/has_memory", "0-5\n", 4);
	argument.text = text;
	check_list(text);
	check_nodes(&argument);
	check_try(&argument);
	check_number(&argument);
	check_policy(text);
	check_harmless(text);
	check_characters(text);
	given_end();
	free(text);
	return 0;
}
