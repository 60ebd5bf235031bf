/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the programs that measure cost have to know first. */
#ifndef QUIRKS_H
#define QUIRKS_H

#include <strictbind.h>
#include <string.h>

/* Quirks of every kernel; they cost nothing as long as a call finds its pages in place. */
static inline int costs_nothing(const char *quirk)
{
	return !strcmp(quirk, "eio-hides-hole") || !strcmp(quirk, "count-unit-varies") ||
	       !strcmp(quirk, "places-outside-nodes") || !strcmp(quirk, "stops-without-room");
}

static inline int has_costly_quirk(void)
{
	struct strictbind_fact fact = { .size = sizeof(fact) };

	for (unsigned i = 0; strictbind_kernel(i, &fact) == 1; i++)
		if (fact.kind == STRICTBIND_QUIRK && fact.present && !costs_nothing(fact.name))
			return 1;
	return 0;
}

/* A node below 64, or -1. */
static inline int node_of_page(const void *page)
{
	unsigned long on[64];

	if (strictbind_locate(0, page, 1, on, 64, NULL))
		return -1;
	for (int node = 0; node < 64; node++)
		if (on[node])
			return node;
	return -1;
}

#endif
