/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "machine.h"

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

void tally_off(struct tally *tally, char call, uint64_t number, const struct verdict *verdict,
	       const char *what, const char *scene)
{
	unsigned long *off = call == 'r' ? &tally->ranges_off : &tally->migrations_off;

	++*off;
	add_group(tally, call, verdict);
	if (tally->raw && !tally->verbose)
		return;
	if (tally->json)
		printf("{\"case\":\"%c%" PRIu64 "\",\"seed\":%" PRIu64
		       ",\"sort\":\"%s\",\"difference\":\"%s\",\"call\":\"%s\",\"pages\":\"%s\"}\n",
		       call, number, tally->seed, sort_names[verdict->sort], verdict->text, what,
		       scene);
	else
		printf("off: --seed %" PRIu64 " --only %c%" PRIu64 ": %s: %s; pages: %s\n",
		       tally->seed, call, number, what, verdict->text, scene);
	fflush(stdout);
}

static void end_json(const struct tally *tally, double seconds)
{
	printf("{\"kernel\":\"%s\",\"uid\":%u,\"seed\":%" PRIu64 ",\"raw\":%s,\"through\":\"%s\",\"ranges\":%lu,"
	       "\"ranges_off\":%lu,\"migrations\":%lu,\"migrations_off\":%lu,\"left_out\":%lu,"
	       "\"excused\":%lu,\"unknown\":%lu,\"seconds\":%.1f,\"off\":[",
	       machine()->release, (unsigned)getuid(), tally->seed, tally->raw ? "true" : "false",
	       tally->through ? tally->through : "",
	       tally->ranges, tally->ranges_off, tally->migrations, tally->migrations_off,
	       tally->left_out, tally->excused, tally->unknown, seconds);
	for (int i = 0; i < tally->groups; i++)
		printf("%s{\"call\":\"%s\",\"sort\":\"%s\",\"times\":%lu}", i ? "," : "",
		       tally->group[i].call == 'r' ? "mbind" : "migrate_pages",
		       tally->group[i].name, tally->group[i].times);
	printf("]}\n");
}

void tally_end(const struct tally *tally, double seconds)
{
	if (tally->json) {
		end_json(tally, seconds);
		return;
	}
	for (int i = 0; i < tally->groups; i++)
		printf("random: %6lu x %s: %s\n", tally->group[i].times,
		       tally->group[i].call == 'r' ? "mbind" : "migrate_pages",
		       tally->group[i].name);
	printf("random: kernel %s uid %u seed %" PRIu64 "%s%s%s: %lu ranges, %lu migrations, "
	       "%lu off the contract (%lu ranges, %lu migrations; %lu cases left out, "
	       "%lu pages excused, %lu counts unknown), %.1f s\n",
	       machine()->release, (unsigned)getuid(), tally->seed, tally->raw ? " raw" : "",
	       tally->through ? " through " : "", tally->through ? tally->through : "",
	       tally->ranges, tally->migrations, tally->ranges_off + tally->migrations_off,
	       tally->ranges_off, tally->migrations_off, tally->left_out, tally->excused,
	       tally->unknown, seconds);
}
