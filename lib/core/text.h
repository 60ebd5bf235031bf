/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SB_CORE_TEXT_H
#define SB_CORE_TEXT_H

#include <stdbool.h>
#include <string.h>

/* Whether the text begins with one of these; NULL ends them. */
static inline bool sb_begins_with(const char *text, const char *const *beginnings)
{
	for (; *beginnings; beginnings++)
		if (strncmp(text, *beginnings, strlen(*beginnings)) == 0)
			return true;
	return false;
}

#endif
