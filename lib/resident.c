/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "proc.h"
#include "resident.h"

/* The number behind a label, in a line such as "VmRSS:\t    1234 kB" whose first word was taken. */
static unsigned long kilobytes(struct sb_words *words)
{
	const char *text = strchr(words->word, ':') + 1;
	unsigned long number;

	while (*text == '\t')
		text++;
	number = sb_number(&text, 10);
	while (number == 0 && words->end == ' ' && sb_words_next(words)) {
		text = words->word;
		number = sb_number(&text, 10);
	}
	return number;
}

unsigned long sb_resident_bytes(void)
{
	struct sb_words words;
	unsigned long total = 0;
	bool known = false;

	if (sb_words_open(&words, 0, "status") < 0)
		return ULONG_MAX;
	while (sb_words_next(&words)) {
		if (strncmp(words.word, "VmRSS:", 6) == 0) {
			known = true;
			total += kilobytes(&words);
		} else if (strncmp(words.word, "HugetlbPages:", 13) == 0) {
			total += kilobytes(&words);
		}
		sb_words_skip_line(&words);
	}
	sb_words_close(&words);
	return known ? total * 1024 : ULONG_MAX;
}
