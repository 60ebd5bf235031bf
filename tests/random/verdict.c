/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verdict.h"

#include <stdarg.h>
#include <stdio.h>

const char *const sort_names[SORT_COUNT_OF_SORTS] = {
	[SORT_NONE] = "none",		[SORT_RESULT] = "result",	[SORT_POLICY] = "policy",
	[SORT_NOT_MOVED] = "not moved", [SORT_MOVED] = "moved",		[SORT_COUNT] = "count",
	[SORT_CONTENTS] = "contents",	[SORT_ERRNO] = "errno touched",
};

void differ(struct verdict *verdict, enum sort sort, const char *format, ...)
{
	va_list list;

	if (verdict->sort != SORT_NONE)
		return;
	verdict->sort = sort;
	va_start(list, format);
	vsnprintf(verdict->text, sizeof(verdict->text), format, list);
	va_end(list);
}
