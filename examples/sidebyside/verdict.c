/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verdict.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *result_name(const struct outcome *outcome)
{
	static char number[24];

	switch (outcome->error) {
	case 0:
		snprintf(number, sizeof(number), "%ld", outcome->result);
		return number;
	case EIO:
		return "EIO";
	case EFAULT:
		return "EFAULT";
	case EINVAL:
		return "EINVAL";
	case ENOMEM:
		return "ENOMEM";
	case EPERM:
		return "EPERM";
	default:
		return strerror(outcome->error);
	}
}

__attribute__((format(printf, 2, 3))) static void add(struct verdict *verdict, const char *format,
						      ...)
{
	size_t used = strlen(verdict->text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(verdict->text + used, sizeof(verdict->text) - used, format, arguments);
	va_end(arguments);
}

static size_t differences(const char *seen, const char *expected)
{
	size_t different = 0;

	for (size_t i = 0; expected[i]; i++)
		different += seen[i] != expected[i];
	return different;
}

static void judge_result(struct verdict *verdict, const struct outcome *seen,
			 const struct outcome *expected)
{
	if (seen->error == expected->error && seen->result == expected->result)
		return;
	/* Not both in one go: numbers share one buffer. */
	add(verdict, "returned %s", result_name(seen));
	add(verdict, ", not %s; ", result_name(expected));
}

static void judge_memory(struct verdict *verdict, const struct outcome *seen,
			 const struct outcome *expected)
{
	size_t nodes = seen->unit * differences(seen->after.nodes, expected->after.nodes);
	size_t policies = seen->unit * differences(seen->after.policy, expected->after.policy);

	if (expected->error == EFAULT && nodes + policies > 0) {
		add(verdict, "moved %zu pages and set the policy of %zu, though nothing was due; ",
		    nodes, policies);
		return;
	}
	if (nodes)
		add(verdict, "%zu pages that can move stayed behind; ", nodes);
	if (policies)
		add(verdict, "%zu pages have the wrong policy; ", policies);
}

static void judge_count(struct verdict *verdict, const char *what, long seen, long expected)
{
	if (seen != NOT_TOLD && seen != expected)
		add(verdict, "%s %ld, not %ld; ", what, seen, expected);
}

struct verdict judge(const struct outcome *seen, const struct outcome *expected)
{
	struct verdict verdict = { "" };

	judge_result(&verdict, seen, expected);
	judge_memory(&verdict, seen, expected);
	judge_count(&verdict, "counted", seen->unmoved, expected->unmoved);
	judge_count(&verdict, "counted as shared", seen->shared, expected->shared);
	judge_count(&verdict, "called the first left behind page", seen->first, expected->first);
	/* Without the last separator. */
	if (*verdict.text)
		verdict.text[strlen(verdict.text) - 2] = '\0';
	return verdict;
}
