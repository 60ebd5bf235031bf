/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "machine.h"
#include "table.h"

static bool is_off(const struct verdict *verdict)
{
	return verdict && verdict->sort != SORT_NONE;
}

/* The kernel tells no counts of an mbind() and touches no errno: there is nothing to be worse than.
 */
static bool kernel_does_it(const struct verdict *verdict)
{
	return verdict->sort != SORT_ERRNO && verdict->sort != SORT_COUNT;
}

bool result_is_worse(const struct result *result)
{
	if (!result->raw || !result->library)
		return false;
	return result->worse_pages ||
	       (!is_off(result->raw) && is_off(result->library) && kernel_does_it(result->library));
}

static void add_count(struct count *count, const struct result *result)
{
	count->cases++;
	count->raw_off += is_off(result->raw);
	count->off += is_off(result->library) || result->worse_pages;
	count->worse += result_is_worse(result);
}

static void add_labelled(struct labelled *rows, const char *label, const struct result *result)
{
	for (int i = 0; label && i < MAX_LABELS; i++) {
		if (rows[i].label[0] && strcmp(rows[i].label, label))
			continue;
		snprintf(rows[i].label, sizeof(rows[i].label), "%s", label);
		add_count(&rows[i].count, result);
		return;
	}
}

/* Results are told apart by what was returned and what should have been, the rest by sort. */
static void add_group(struct tally *tally, char call, const struct verdict *verdict)
{
	const char *name = verdict->sort == SORT_RESULT ? verdict->text : sort_names[verdict->sort];
	int i;

	for (i = 0; i < tally->groups; i++)
		if (tally->group[i].call == call && !strcmp(tally->group[i].name, name))
			break;
	if (i == MAX_GROUPS)
		return;
	if (i == tally->groups) {
		tally->groups++;
		tally->group[i].call = call;
		snprintf(tally->group[i].name, sizeof(tally->group[i].name), "%.60s", name);
	}
	tally->group[i].times++;
}

static void print_off(const struct tally *tally, const struct result *result,
		      const struct verdict *verdict, const char *word)
{
	bool alone = !result->raw || !result->library;
	const char *raw = alone ? "not tried" : is_off(result->raw) ? "off too" : "right";

	if (tally->json)
		printf("{\"%s\":\"%c%" PRIu64 "\",\"seed\":%" PRIu64 ",\"sort\":\"%s\","
		       "\"difference\":\"%s\",\"worse_pages\":%lu,\"raw\":\"%s, %s\",\"call\":\"%s\","
		       "\"pages\":\"%s\"}\n",
		       word, result->call, result->number, tally->seed, sort_names[verdict->sort],
		       verdict->text, result->worse_pages, result->raw_outcome, raw, result->what,
		       result->scene);
	else
		printf("%s: --seed %" PRIu64 " --only %c%" PRIu64
		       ": %s -> %s: %s; raw %s, %s, moved %lu "
		       "pages more; pages: %s\n",
		       word, tally->seed, result->call, result->number, result->what,
		       result->outcome, is_off(verdict) ? verdict->text : "as it must be",
		       result->raw_outcome, raw, result->worse_pages, result->scene);
	fflush(stdout);
}

bool tally_add(struct tally *tally, const struct result *result, bool repeated)
{
	const struct verdict *judged = result->library ? result->library : result->raw;
	bool off = is_off(judged) || result->worse_pages;
	bool range = result->call == 'r';

	if (off && result->library && !repeated) {
		tally->repeated++;
		print_off(tally, result, judged, tally->json ? "repeated" : "once more");
		return true;
	}
	add_count(range ? &tally->ranges : &tally->migrations, result);
	for (int kind = 0; kind < KIND_COUNT; kind++)
		if (result->kinds[kind])
			add_count(&tally->kinds[!range][kind], result);
	add_labelled(tally->modes, result->mode, result);
	add_labelled(tally->flags, result->flags, result);
	if (tally->verbose)
		printf("%c%" PRIu64 ": %s -> %s, raw %s; pages: %s\n", result->call, result->number,
		       result->what, result->outcome, result->raw_outcome, result->scene);
	if (off)
		add_group(tally, result->call, judged);
	if (off && (!tally->raw || tally->verbose))
		print_off(tally, result, judged, tally->json ? "case" : "off");
	return false;
}

static void end_json(const struct tally *tally, double seconds)
{
	bool raw = tally->raw;

	printf("{\"kernel\":\"%s\",\"uid\":%u,\"seed\":%" PRIu64 ",\"raw\":%s,\"through\":\"%s\",",
	       machine()->release, (unsigned)getuid(), tally->seed, raw ? "true" : "false",
	       tally->through ? tally->through : "");
	printf("\"ranges\":%lu,\"ranges_off\":%lu,\"migrations\":%lu,\"migrations_off\":%lu,",
	       tally->ranges.cases, raw ? tally->ranges.raw_off : tally->ranges.off,
	       tally->migrations.cases, raw ? tally->migrations.raw_off : tally->migrations.off);
	printf("\"worse\":%lu,\"left_out\":%lu,\"excused\":%lu,\"unknown\":%lu,"
	       "\"repeated\":%lu,\"seconds\":%.1f,",
	       tally->ranges.worse + tally->migrations.worse, tally->left_out, tally->excused,
	       tally->unknown, tally->repeated, seconds);
	table_json(tally);
	printf(",\"off\":[");
	for (int i = 0; i < tally->groups; i++)
		printf("%s{\"call\":\"%s\",\"sort\":\"%s\",\"times\":%lu}", i ? "," : "",
		       tally->group[i].call == 'r' ? "mbind" : "migrate_pages",
		       tally->group[i].name, tally->group[i].times);
	printf("]}\n");
}

static void print_groups(const struct tally *tally)
{
	for (int i = 0; i < tally->groups; i++)
		printf("random: %6lu x %s: %s\n", tally->group[i].times,
		       tally->group[i].call == 'r' ? "mbind" : "migrate_pages",
		       tally->group[i].name);
}

void tally_end(const struct tally *tally, double seconds)
{
	unsigned long ranges_off = tally->raw ? tally->ranges.raw_off : tally->ranges.off;
	unsigned long migrations_off =
		tally->raw ? tally->migrations.raw_off : tally->migrations.off;

	if (tally->json) {
		end_json(tally, seconds);
		return;
	}
	table_print(tally);
	print_groups(tally);
	printf("random: kernel %s uid %u seed %" PRIu64 "%s%s%s: %lu ranges, %lu migrations, "
	       "%lu off the contract (%lu ranges, %lu migrations; %lu cases left out, "
	       "%lu pages excused, %lu counts unknown, %lu cases repeated), %.1f s\n",
	       machine()->release, (unsigned)getuid(), tally->seed, tally->raw ? " raw" : "",
	       tally->through ? " through " : "", tally->through ? tally->through : "",
	       tally->ranges.cases, tally->migrations.cases, ranges_off + migrations_off,
	       ranges_off, migrations_off, tally->left_out, tally->excused, tally->unknown,
	       tally->repeated, seconds);
	if (!tally->raw && !tally->through)
		printf("random: raw calls off: %lu ranges, %lu migrations; raw right and library wrong: "
		       "%lu ranges, %lu migrations\n",
		       tally->ranges.raw_off, tally->migrations.raw_off, tally->ranges.worse,
		       tally->migrations.worse);
}
