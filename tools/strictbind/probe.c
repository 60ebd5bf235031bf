/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* strictbind probe: what the running kernel does, and lets this process do. */
#include <numaif.h>
#include <stdlib.h>
#include <strictbind.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "command.h"
#include "nodes.h"
#include "refused.h"
#include "table.h"
#include "terminal.h"
#include "try.h"

/* The table of quirks wants so many columns; on a narrower terminal it goes without commits. */
enum { MOST_FACTS = 64, QUIRKS_WIDTH = 79, SYSTEM_CALLS = 3 };

/* The interfaces that are system calls, which are of use only when permitted. */
static const char *const system_calls[SYSTEM_CALLS] = { "mbind", "migrate_pages", "move_pages" };

struct probe {
	bool json;
	bool all;
	bool plan;
	struct utsname kernel;
	struct nodes nodes;
	struct nodes allowed;
	struct try try;
	struct strictbind_fact facts[MOST_FACTS];
	int count;
	struct confinement confinement;
};

static void read_options(struct probe *probe, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },	 { "json", no_argument, NULL, 'j' },
		{ "all", no_argument, NULL, 'a' },	 { "plan", no_argument, NULL, 'p' },
		{ "try", required_argument, NULL, 't' }, { NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = next_option(&probe_command, argc, argv, "hjapt:", longs)) != -1) {
		probe->json |= option == 'j';
		probe->all |= option == 'a';
		probe->plan |= option == 'p';
		if (option == 't')
			probe->try = try_argument(optarg);
	}
	if (optind < argc)
		fail(EXIT_USAGE, "probe: takes no argument: '%s'", argv[optind]);
}

/* Some questions take long: only when the answers are printed. */
static void ask_facts(struct probe *probe)
{
	for (; probe->count < MOST_FACTS; probe->count++) {
		struct strictbind_fact *fact = &probe->facts[probe->count];

		fact->size = sizeof(*fact);
		if (strictbind_kernel((unsigned)probe->count, fact) != 1)
			break;
	}
}

static void ask(struct probe *probe)
{
	uname(&probe->kernel);
	probe->nodes = nodes_of_machine();
	probe->allowed = nodes_allowed();
	if (nodes_empty(&probe->allowed))
		probe->allowed = nodes_by_status();
	probe->confinement = confinement_of_process();
	if (probe->try.asked)
		try_make(&probe->try, &probe->confinement);
	if (probe->json || !probe->try.asked)
		ask_facts(probe);
}

static const char *how(enum strictbind_known known)
{
	switch (known) {
	case STRICTBIND_PROBED:
		return "probed";
	case STRICTBIND_BY_VERSION:
		return "by version";
	case STRICTBIND_ASSUMED:
		return "assumed";
	case STRICTBIND_FORCED:
		return "forced";
	}
	return "not told";
}

static bool is_refused_call(const struct strictbind_fact *fact)
{
	if (fact->kind != STRICTBIND_INTERFACE || fact->present)
		return false;
	for (int i = 0; i < SYSTEM_CALLS; i++)
		if (strcmp(fact->name, system_calls[i]) == 0)
			return true;
	return false;
}

static bool any_refused(const struct probe *probe)
{
	for (int i = 0; i < probe->count; i++)
		if (is_refused_call(&probe->facts[i]))
			return true;
	return false;
}

/* ---- for people ---- */

/* Which nodes are for this process, and by whose word. */
static void print_place(const struct probe *probe, FILE *file)
{
	const char *cpuset = probe->confinement.cpuset;
	char *path = cpuset ? print_harmless(cpuset) : NULL;
	char *nodes =
		nodes_empty(&probe->allowed) ? print_new("not told") : nodes_print(&probe->allowed);
	char *text = print_new("Nodes that this process may use: %s; cpuset: %s", nodes,
			       path ? path : "not told");

	print_paragraph(file, text);
	free(text);
	free(nodes);
	free(path);
}

static void print_head(const struct probe *probe, FILE *file)
{
	char *nodes = nodes_describe(&probe->nodes);
	char *text = print_new("Linux %s, %s, %s; libstrictbind %s; as %s", probe->kernel.release,
			       probe->kernel.machine, nodes, strictbind_version(),
			       geteuid() == 0 ? "root" : "an ordinary user");

	print_paragraph(file, text);
	print_place(probe, file);
	fputc('\n', file);
	free(text);
	free(nodes);
}

/* Past a release and its first commit, "5.3 a7f40cfe3b7a"; or, as in "by 6.12", all of it. */
static const char *past_release(const char *text, bool commit)
{
	const char *end = strchr(text, '.');

	if (!end)
		return text + strlen(text);
	end += strcspn(end, " ");
	return commit && *end ? end + 1 + strcspn(end + 1, " ") : end;
}

static void add_release(struct table *table, const char *text, bool commit)
{
	int length = (int)(past_release(text, commit) - text);

	table_cell(table, "%.*s", length ? length : 1, length ? text : "-");
}

/* More commits go below the first. */
static void add_further_commits(struct table *table, const struct strictbind_fact *fact)
{
	const char *introduced = past_release(fact->introduced, true);
	const char *fixed = past_release(fact->fixed, true);

	if (!*introduced && !*fixed)
		return;
	table_cell(table, "%s", "");
	table_cell(table, "%s", "");
	table_cell(table, *introduced ? "   %s" : "%s", introduced);
	table_cell(table, *fixed ? "   %s" : "%s", fixed);
}

static void print_quirks(const struct probe *probe, FILE *file)
{
	struct table table = { 0 };
	int room = terminal_room(STDOUT_FILENO);
	bool commits = room == 0 || room >= QUIRKS_WIDTH;

	table_column(&table, "QUIRK", false);
	table_column(&table, "HERE", false);
	table_column(&table, "SINCE", false);
	table_column(&table, "FIXED", false);
	for (int i = 0; i < probe->count; i++) {
		const struct strictbind_fact *fact = &probe->facts[i];

		if (fact->kind != STRICTBIND_QUIRK)
			continue;
		table_cell(&table, "%s", fact->name);
		table_cell(&table, "%s, %s", fact->present ? "yes" : "no", how(fact->known));
		add_release(&table, fact->introduced, commits);
		add_release(&table, fact->fixed, commits);
		if (commits)
			add_further_commits(&table, fact);
	}
	table_print(&table, file);
}

static void print_handling(const struct probe *probe, FILE *file)
{
	bool any = false;

	for (int i = 0; i < probe->count; i++) {
		const struct strictbind_fact *fact = &probe->facts[i];
		char *text;

		if (fact->kind != STRICTBIND_QUIRK || !(fact->present || probe->all))
			continue;
		if (!any)
			fprintf(file, "\nWhat %s, and what libstrictbind does about %s:\n",
				probe->all ? "they are" : "is here", probe->all ? "them" : "it");
		any = true;
		fprintf(file, "\n  %s\n", fact->name);
		text = print_new("%s %s", fact->description, fact->handling);
		print_wrapped(file, 4, terminal_text_width(), text);
		free(text);
	}
}

static void print_interfaces(const struct probe *probe, FILE *file)
{
	struct table table = { .fold = "ANSWER" };

	table_column(&table, "INTERFACE", false);
	table_column(&table, "HERE", false);
	table_column(&table, "ANSWER", false);
	for (int i = 0; i < probe->count; i++) {
		const struct strictbind_fact *fact = &probe->facts[i];

		if (fact->kind != STRICTBIND_INTERFACE)
			continue;
		table_cell(&table, "%s", fact->name);
		table_cell(&table, "%s", fact->present ? "yes" : "no");
		table_cell(&table, "%s", fact->error ? strerror(fact->error) : "");
	}
	fputc('\n', file);
	table_print(&table, file);
}

static void print_refused(const struct probe *probe, FILE *file)
{
	for (int i = 0; i < probe->count; i++) {
		const struct strictbind_fact *fact = &probe->facts[i];

		if (!is_refused_call(fact))
			continue;
		fprintf(file, "\n%s is refused: %s\n", fact->name, strerror(fact->error));
		print_wrapped(file, 4, terminal_text_width(),
			      refused_why(&probe->confinement, fact->name, fact->error));
		print_wrapped(file, 4, terminal_text_width(),
			      refused_remedy(&probe->confinement, fact->name, fact->error));
	}
}

/* The call that programs want most, and can trust least. */
static const char *step_of_plan(unsigned index)
{
	return strictbind_plan(index, MPOL_BIND, MPOL_MF_STRICT | MPOL_MF_MOVE, NULL, 1);
}

static void print_plan(FILE *file)
{
	const char *sentence;

	print_paragraph(file, "MPOL_BIND with MPOL_MF_STRICT | MPOL_MF_MOVE on a large range, with "
			      "a report, is turned into this:");
	fputc('\n', file);
	for (unsigned i = 0; (sentence = step_of_plan(i)); i++) {
		char *text = print_new("%u. %s", i + 1, sentence);

		print_wrapped(file, 2, terminal_text_width(), text);
		free(text);
	}
}

/* ---- for programs ---- */

static void json_plan(struct json *json)
{
	const char *sentence;

	json_begin(json, "plan", '[');
	for (unsigned i = 0; (sentence = step_of_plan(i)); i++)
		json_text(json, NULL, sentence);
	json_end(json, ']');
}

static void json_fact(struct json *json, const struct probe *probe,
		      const struct strictbind_fact *fact)
{
	json_begin(json, NULL, '{');
	json_text(json, "name", fact->name);
	json_bool(json, "present", fact->present);
	json_text(json, "known", how(fact->known));
	json_text(json, "description", fact->description);
	if (fact->kind == STRICTBIND_QUIRK) {
		json_text(json, "introduced", fact->introduced);
		json_text(json, "fixed", fact->fixed);
		json_text(json, "handling", fact->handling);
	} else {
		json_number(json, "errno", (unsigned long)fact->error);
		if (fact->error)
			json_text(json, "error", strerror(fact->error));
	}
	if (is_refused_call(fact)) {
		json_text(json, "why", refused_why(&probe->confinement, fact->name, fact->error));
		json_text(json, "remedy",
			  refused_remedy(&probe->confinement, fact->name, fact->error));
	}
	json_end(json, '}');
}

static void json_facts(struct json *json, const struct probe *probe, const char *key,
		       enum strictbind_kind kind)
{
	json_begin(json, key, '[');
	for (int i = 0; i < probe->count; i++)
		if (probe->facts[i].kind == kind)
			json_fact(json, probe, &probe->facts[i]);
	json_end(json, ']');
}

static void json_number_or_null(struct json *json, const char *key, int value)
{
	if (value < 0)
		json_null(json, key);
	else
		json_number(json, key, (unsigned long)value);
}

static void json_nodes(struct json *json, const char *key, const struct nodes *nodes)
{
	json_begin(json, key, '[');
	for (int node = 0; node <= nodes_last(nodes); node++)
		if (nodes_has(nodes, node))
			json_number(json, NULL, (unsigned long)node);
	json_end(json, ']');
}

static void json_confinement(struct json *json, const struct confinement *confinement,
			     const struct nodes *allowed)
{
	json_begin(json, "process", '{');
	json_number(json, "uid", geteuid());
	json_bool(json, "cap_sys_nice", confinement->sys_nice);
	json_nodes(json, "nodes", allowed);
	if (confinement->cpuset)
		json_text(json, "cpuset", confinement->cpuset);
	else
		json_null(json, "cpuset");
	json_number_or_null(json, "seccomp", confinement->seccomp);
	json_number_or_null(json, "no_new_privs", confinement->no_new_privs);
	if (confinement->container)
		json_text(json, "container", confinement->container);
	else
		json_null(json, "container");
	json_end(json, '}');
}

static void print_json(const struct probe *probe, FILE *file)
{
	struct json json = { .file = file };

	json_begin(&json, NULL, '{');
	json_text(&json, "kernel", probe->kernel.release);
	json_text(&json, "machine", probe->kernel.machine);
	json_text(&json, "library", strictbind_version());
	json_nodes(&json, "nodes", &probe->nodes);
	json_confinement(&json, &probe->confinement, &probe->allowed);
	if (probe->try.asked)
		try_json(&probe->try, &json);
	if (probe->plan)
		json_plan(&json);
	json_facts(&json, probe, "quirks", STRICTBIND_QUIRK);
	json_facts(&json, probe, "interfaces", STRICTBIND_INTERFACE);
	json_end(&json, '}');
}

static void print_tables(const struct probe *probe, FILE *file)
{
	print_quirks(probe, file);
	print_handling(probe, file);
	print_interfaces(probe, file);
	print_refused(probe, file);
}

static void print_answer(const struct probe *probe, FILE *file)
{
	if (probe->try.asked)
		try_print(&probe->try, file);
	else if (probe->plan)
		print_plan(file);
	else
		print_tables(probe, file);
}

static int run(int argc, char **argv)
{
	static struct probe probe;
	FILE *file;

	read_options(&probe, argc, argv);
	ask(&probe);
	file = output_begin();
	if (probe.json) {
		print_json(&probe, file);
	} else {
		print_head(&probe, file);
		print_answer(&probe, file);
	}
	output_end();
	if (probe.try.asked)
		return probe.try.error ? EXIT_ANSWER : EXIT_FINE;
	return any_refused(&probe) ? EXIT_ANSWER : EXIT_FINE;
}

const struct command probe_command = {
	.name = "probe",
	.summary = "probe: what this kernel does differently, and what it lets programs do",
	.usage =
		"usage: strictbind probe [options]\n"
		"\n"
		"Shows each quirk of the running kernel, present or not, how that is known, since which\n"
		"release and commit, fixed by which, and what libstrictbind does about it; then the\n"
		"interfaces that this process may use. Where mbind, migrate_pages or move_pages is\n"
		"refused, as in many containers, it says why and what would allow it.\n"
		"\n"
		"  -a, --all   explain quirks that are not here, too\n"
		"  -j, --json  JSON instead of tables\n"
		"  -p, --plan  step by step, what a strict move is turned into here\n"
		"  -t, --try MODE:NODES[,FLAGS]\n"
		"              whether such a call would fail here, and why: it is made on a few pages.\n"
		"              As bind:1-3,strict,move or prefer=static:0\n"
		"  -h, --help  this text\n"
		"\n"
		"Exits with 0, 1 when one of the three system calls is refused, or the call that is tried\n"
		"fails, 2 after bad arguments.\n",
	.run = run,
};
