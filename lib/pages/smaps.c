/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages/smaps.h"

#include "core/syscall.h"
#include "core/text.h"

/* AnonHugePages:      4096 kB */
static bool tells_huge(struct sb_words *words)
{
	static const char *const names[] = { "AnonHugePages:", "ShmemPmdMapped:", "FilePmdMapped:",
					     NULL };
	const char *number = words->word;

	if (!sb_begins_with(words->word, names))
		return false;
	while (words->end == ' ' && sb_words_next(words) && !words->word[0])
		;
	return sb_number(&number, 10) > 0;
}

/* Up to the first line of the next mapping. Whether this one has huge pages. */
static bool read_mapping(struct sb_smaps *smaps)
{
	struct sb_words *words = &smaps->words;
	bool huge = false;

	smaps->start = smaps->end = 0;
	while (smaps->end == 0 && sb_words_next(words)) {
		sb_words_range(words, &smaps->start, &smaps->end);
		huge = (smaps->end == 0 && tells_huge(words)) || huge;
		sb_words_skip_line(words);
	}
	return huge;
}

static void open_smaps(struct sb_smaps *smaps)
{
	smaps->asked = true;
	smaps->start = smaps->end = 0;
	if (sb_words_open(&smaps->words, smaps->pid, "smaps") == 0)
		read_mapping(smaps);
}

bool sb_smaps_has_huge(struct sb_smaps *smaps, unsigned long address)
{
	bool huge = false;

	if (!smaps->asked)
		open_smaps(smaps);
	while (smaps->end && smaps->start <= address) {
		bool wanted = address < smaps->end;

		huge = read_mapping(smaps) && wanted;
	}
	return huge;
}

void sb_smaps_close(struct sb_smaps *smaps)
{
	if (smaps->asked && smaps->words.fd >= 0)
		sb_words_close(&smaps->words);
	smaps->asked = false;
}
