/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include "calls.h"

#include <ctype.h>
#include <errno.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <strictbind.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "nodes.h"

/* ---- the kernel's calls ---- */

static void raw(const struct stage *stage, const struct scene *scene, struct outcome *outcome)
{
	struct mask from = mask_of(scene->from);
	struct mask to = mask_of(scene->to);

	if (scene->call == MBIND)
		outcome->result = syscall(SYS_mbind, stage->at, stage_length(stage), MPOL_BIND,
					  to.bits, MAXNODE, scene->flags);
	else
		outcome->result = syscall(SYS_migrate_pages, 0, MAXNODE, from.bits, to.bits);
	outcome->error = outcome->result < 0 ? errno : 0;
	if (scene->count_after)
		outcome->unmoved = stage_count_misplaced(stage, scene->to);
}

/* ---- the library's ---- */

static long told(unsigned long count)
{
	return count == STRICTBIND_UNKNOWN ? NOT_TOLD : (long)count;
}

static void strictbind(const struct stage *stage, const struct scene *scene,
		       struct outcome *outcome)
{
	struct strictbind_report report = STRICTBIND_REPORT_INIT;
	struct mask from = mask_of(scene->from);
	struct mask to = mask_of(scene->to);

	if (scene->call == MBIND)
		outcome->result =
			strictbind_mbind_opt(stage->at, stage_length(stage), MPOL_BIND, to.bits,
					     MAXNODE, scene->flags, NULL, &report);
	else
		outcome->result =
			strictbind_migrate_pages_opt(0, MAXNODE, from.bits, to.bits, NULL, &report);
	outcome->error = outcome->result < 0 ? errno : 0;
	outcome->unmoved = told(report.unmoved);
	outcome->shared = told(report.shared);
	if (report.first_status == STRICTBIND_FIRST_KNOWN)
		outcome->first = ((const char *)report.first_unmoved - stage->at) /
				 (long)(page_size() * stage->pages_per_char);
}

/* ---- either, on memory of its own ---- */

static struct outcome run(const struct scene *scene,
			  void call(const struct stage *, const struct scene *, struct outcome *))
{
	struct outcome outcome = { .unmoved = NOT_TOLD, .shared = NOT_TOLD, .first = NOT_TOLD };
	struct stage stage;

	outcome.skipped = stage_build(&stage, scene);
	outcome.unit = stage.pages_per_char;
	if (!outcome.skipped && strcmp(stage_look(&stage, scene).nodes, scene->before) != 0)
		outcome.skipped = "its pages could not be put where they have to be";
	if (!outcome.skipped) {
		/* Looking has made them readable. */
		stage_hide(&stage, scene);
		call(&stage, scene, &outcome);
		outcome.after = stage_look(&stage, scene);
	}
	stage_clear(&stage);
	return outcome;
}

struct outcome call_raw(const struct scene *scene)
{
	return run(scene, raw);
}

struct outcome call_strictbind(const struct scene *scene)
{
	return run(scene, strictbind);
}

/* ---- the contract ---- */

static bool is_misplaced(const struct scene *scene, size_t i)
{
	char node = scene->after[i];

	if (scene->call == MIGRATE)
		return node == '0' + scene->from;
	return isdigit((unsigned char)node) && node != '0' + scene->to;
}

static void count_left(const struct scene *scene, struct outcome *outcome)
{
	for (size_t i = 0; scene->after[i]; i++) {
		if (!is_misplaced(scene, i))
			continue;
		if (scene->pages[i] == 'S') {
			outcome->shared += (long)outcome->unit;
			continue;
		}
		if (outcome->unmoved == 0)
			outcome->first = (long)i;
		outcome->unmoved += (long)outcome->unit;
	}
}

struct outcome contract(const struct scene *scene, size_t unit)
{
	struct outcome outcome = { .unit = unit, .error = scene->error, .first = NOT_TOLD };

	/* After EFAULT there is nothing to count: nothing was done. */
	if (scene->error != EFAULT)
		count_left(scene, &outcome);
	outcome.result = scene->error ? -1 : scene->call == MIGRATE ? outcome.unmoved : 0;
	snprintf(outcome.after.nodes, sizeof(outcome.after.nodes), "%s", scene->after);
	snprintf(outcome.after.policy, sizeof(outcome.after.policy), "%s", scene->policy);
	return outcome;
}
