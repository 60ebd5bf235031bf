/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "bench.h"

bool bench_wants(const struct bench *bench, const char *name)
{
	const char *word = bench->only;

	while (word) {
		size_t length = strcspn(word, ",");

		if (strncmp(name, word, length) == 0)
			return true;
		word = word[length] ? word + length + 1 : NULL;
	}
	return !bench->only;
}

size_t bench_fit(const struct bench *bench, size_t size)
{
	while (size > bench->room)
		size /= 2;
	return size;
}

bool bench_quirk(const char *name)
{
	struct strictbind_fact fact = { .size = sizeof(fact) };

	for (unsigned i = 0; strictbind_kernel(i, &fact) == 1; i++)
		if (strcmp(fact.name, name) == 0)
			return fact.present;
	return false;
}
