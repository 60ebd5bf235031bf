/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include "show.h"

#include <ctype.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "nodes.h"

static const struct {
	char letter;
	const char *meaning;
} kinds[] = {
	{ 'm', "movable" },
	{ 'r', "movable, mapped read-only" },
	{ 'u', "never touched" },
	{ 'P', "pinned by a pipe" },
	{ 'N', "pinned, PROT_NONE" },
	{ 'H', "part of a pinned huge page" },
	{ 'R', "ring shared with the kernel" },
	{ 'S', "shared: mapped twice" },
	{ '-', "unmapped" },
};

void show_legend(int nodes)
{
	struct utsname name;

	uname(&name);
	printf("Linux %s, %d memory nodes:", name.release, nodes);
	for (int node = 0; node < nodes; node++)
		printf(" %d", node_number(node));
	printf(geteuid() == 0 ? ", as root\n\n" : ", as an ordinary user\n\n");
	printf("One character is one page: the node it is on, '.' not present, '-' unmapped.\n"
	       "'^' marks a page that was to be somewhere else.\n"
	       "Under \"policy\": the node that the page is bound to, '.' default policy.\n"
	       "Each call gets fresh memory of the same kind.\n");
}

static void show_kinds(const struct scene *scene)
{
	const char *separator = "";

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!strchr(scene->pages, kinds[i].letter))
			continue;
		printf("%s%c %s", separator, kinds[i].letter, kinds[i].meaning);
		separator = ", ";
	}
}

static const char *flag_names(unsigned flags)
{
	switch (flags) {
	case MPOL_MF_STRICT:
		return "MPOL_MF_STRICT";
	case MPOL_MF_MOVE:
		return "MPOL_MF_MOVE";
	case MPOL_MF_STRICT | MPOL_MF_MOVE:
		return "MPOL_MF_STRICT|MPOL_MF_MOVE";
	default:
		return "no flags";
	}
}

void show_scene(size_t number, const struct scene *scene)
{
	printf("\n%zu. %s%s%s%s\n", number, scene->title, scene->quirk ? "   [" : "",
	       scene->quirk ? scene->quirk : "", scene->quirk ? "]" : "");
	if (scene->call == MIGRATE)
		printf("   asked       migrate_pages: from node %d to node %d\n",
		       node_number(scene->from), node_number(scene->to));
	else
		printf("   asked       mbind: MPOL_BIND to node %d, %s\n", node_number(scene->to),
		       flag_names(scene->flags));
	if (scene->count_after)
		printf("               and how many pages stayed (raw: by move_pages)\n");
	printf("   due         %s\n", scene->rule);
	printf("   pages       %-16s  ", scene->pages);
	show_kinds(scene);
	printf("\n");
}

void show_skipped(const char *why)
{
	printf("   skipped: %s\n", why);
}

void show_before(const struct scene *scene)
{
	printf("               %-16s  %-16s  %-8s  %s\n", "on node", "policy", "returned",
	       "left behind");
	printf("   before      %s\n", scene->before);
}

static bool is_misplaced(const struct scene *scene, char node)
{
	if (scene->call == MIGRATE)
		return node == '0' + scene->from;
	return isdigit((unsigned char)node) && node != '0' + scene->to;
}

static void show_marks(const struct scene *scene, const char *nodes)
{
	char marks[MAX_CHARS + 1] = "";

	for (size_t i = 0; nodes[i]; i++)
		marks[i] = is_misplaced(scene, nodes[i]) ? '^' : ' ';
	for (size_t i = strlen(marks); i > 0 && marks[i - 1] == ' '; i--)
		marks[i - 1] = '\0';
	if (*marks)
		printf("               %s\n", marks);
}

static void show_counts(const struct outcome *outcome)
{
	if (outcome->unmoved == NOT_TOLD) {
		printf("not told");
		return;
	}
	printf("%ld", outcome->unmoved);
	if (outcome->first != NOT_TOLD)
		printf(", first page %ld", outcome->first * (long)outcome->unit);
	if (outcome->shared > 0)
		printf(", and %ld shared", outcome->shared);
}

static void show_line(const char *who, const struct outcome *outcome)
{
	printf("   %-10s  %-16s  %-16s  %-8s  ", who, outcome->after.nodes, outcome->after.policy,
	       result_name(outcome));
	show_counts(outcome);
	printf("\n");
}

void show_contract(const struct outcome *due)
{
	show_line("contract", due);
}

void show_outcome(const char *who, const struct scene *scene, const struct outcome *outcome)
{
	show_line(who, outcome);
	show_marks(scene, outcome->after.nodes);
}

static void show_verdict(const struct verdict *verdict)
{
	if (*verdict->text)
		printf("WRONG: %s\n", verdict->text);
	else
		printf("right\n");
}

void show_verdicts(const struct verdict *raw, const struct verdict *strictbind)
{
	printf("   verdict     raw call ");
	show_verdict(raw);
	printf("               strictbind ");
	show_verdict(strictbind);
}
