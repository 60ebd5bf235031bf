/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "core/page.h"
#include "core/proc_file.h"
#include "pages/rss.h"

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

/* In kilobytes; ULONG_MAX what is not told. */
struct status {
	unsigned long resident;
	unsigned long hugetlb;
};

static struct status read_status(int pid)
{
	struct status status = { ULONG_MAX, ULONG_MAX };
	struct sb_words words;

	if (sb_words_open(&words, pid, "status") < 0)
		return status;
	while (sb_words_next(&words)) {
		if (strncmp(words.word, "VmRSS:", 6) == 0)
			status.resident = kilobytes(&words);
		else if (strncmp(words.word, "HugetlbPages:", 13) == 0)
			status.hugetlb = kilobytes(&words);
		sb_words_skip_line(&words);
	}
	sb_words_close(&words);
	return status;
}

unsigned long sb_resident_bytes(void)
{
	struct status status = read_status(0);

	if (status.resident == ULONG_MAX)
		return ULONG_MAX;
	/* Releases before 4.4 do not tell the second. */
	return (status.resident + (status.hugetlb == ULONG_MAX ? 0 : status.hugetlb)) * 1024;
}

unsigned long sb_resident_pages(int pid)
{
	struct status status = read_status(pid);

	return status.resident == ULONG_MAX ? ULONG_MAX : status.resident * 1024 / sb_page_size();
}

bool sb_has_no_hugetlb(void)
{
	return read_status(0).hugetlb == 0;
}
