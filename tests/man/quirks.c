/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints the library's table of quirks: name, introduced, fixed, description, handling. */
#include <stdio.h>
#include <strictbind.h>

int main(void)
{
	struct strictbind_fact fact = { .size = sizeof(fact) };

	for (unsigned i = 0; strictbind_kernel(i, &fact) == 1 && fact.kind == STRICTBIND_QUIRK; i++)
		printf("%s|%s|%s|%s|%s\n", fact.name, fact.introduced, fact.fixed, fact.description,
		       fact.handling);
	return 0;
}
