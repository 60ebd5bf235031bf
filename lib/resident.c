/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "memory.h"
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

/* In kilobytes. False when unknown. */
static bool read_status(int pid, unsigned long *resident, unsigned long *hugetlb)
{
	struct sb_words words;
	bool known = false;

	if (sb_words_open(&words, pid, "status") < 0)
		return false;
	while (sb_words_next(&words)) {
		if (strncmp(words.word, "VmRSS:", 6) == 0) {
			known = true;
			*resident = kilobytes(&words);
		} else if (strncmp(words.word, "HugetlbPages:", 13) == 0) {
			*hugetlb = kilobytes(&words);
		}
		sb_words_skip_line(&words);
	}
	sb_words_close(&words);
	return known;
}

unsigned long sb_resident_bytes(void)
{
	unsigned long resident = 0, hugetlb = 0;

	return read_status(0, &resident, &hugetlb) ? (resident + hugetlb) * 1024 : ULONG_MAX;
}

unsigned long sb_resident_pages(int pid)
{
	unsigned long resident = 0, hugetlb = 0;

	return read_status(pid, &resident, &hugetlb) ? resident * 1024 / sb_page_size() : ULONG_MAX;
}
