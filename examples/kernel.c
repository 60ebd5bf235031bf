/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints what the running kernel does differently, and what it offers. */
#include <stdio.h>
#include <strictbind.h>
#include <string.h>

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
	return "?";
}

int main(void)
{
	struct strictbind_fact fact = STRICTBIND_FACT_INIT;

	for (unsigned i = 0; strictbind_kernel(i, &fact) == 1; i++)
		printf("%-9s %-25s %-4s %-10s %s\n",
		       fact.kind == STRICTBIND_QUIRK ? "quirk" : "interface", fact.name,
		       fact.present ? "yes" : "no", how(fact.known),
		       fact.error ? strerror(fact.error) : fact.description);
	return 0;
}
