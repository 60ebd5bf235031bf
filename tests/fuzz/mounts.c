/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /proc/PID/mountinfo and smaps: what a file without a device lies on, and which mappings have huge
 * pages, against a second reader, and no matter in what pieces the files are read.
 */
#include "simulated.h"

#include "pages/mounts.h"
#include "pages/smaps.h"

enum { MAPPINGS_MOST = 256 };

/* ---- mountinfo ---- */

static enum sb_backing plain_type(const char *type)
{
	if (strcmp(type, "tmpfs") == 0 || strcmp(type, "devtmpfs") == 0 ||
	    strcmp(type, "hugetlbfs") == 0)
		return SB_BACKING_MEMORY;
	return strcmp(type, "rootfs") == 0 ? SB_BACKING_UNTOLD : SB_BACKING_DISK;
}

/* Of the first line with that number. */
static enum sb_backing plain_backing(const char *text, unsigned minor)
{
	enum sb_backing backing = SB_BACKING_UNTOLD;
	char *copy = copy_text(text), *rest = copy;
	bool found = false;

	for (char *line; !found && (line = take_line(&rest));) {
		bool type_next = false;
		int count = 0;

		for (char *word; (word = take_word(&line));) {
			const char *number = cut_word(word) + 2;

			if (++count == 3)
				found = strncmp(word, "0:", 2) == 0 &&
					(unsigned)plain_number(&number, 10) == minor;
			else if (type_next && found && *word)
				backing = plain_type(word);
			type_next = count > 6 && strcmp(word, "-") == 0;
		}
	}
	free(copy);
	return backing;
}

static void check_mount(struct sb_mounts *mounts, const char *text, unsigned minor)
{
	struct sb_maps_line line = { .backing = SB_BACKING_UNTOLD, .minor = minor };
	enum sb_backing backing = sb_mounts_backing(mounts, &line);

	require(backing == plain_backing(text, minor), "0:%u is %d", minor, (int)backing);
	require(sb_mounts_backing(mounts, &line) == backing, "0:%u is something else now", minor);
}

/* ---- smaps ---- */

struct plain_mapping {
	unsigned long start;
	unsigned long end;
	bool huge;
};

static struct plain_mapping mappings[MAPPINGS_MOST];
static unsigned mapping_count;

static bool plain_huge(const char *word, char *line)
{
	if (strncmp(word, "AnonHugePages:", 14) != 0 && strncmp(word, "ShmemPmdMapped:", 15) != 0 &&
	    strncmp(word, "FilePmdMapped:", 14) != 0)
		return false;
	for (char *number; (number = take_word(&line));) {
		const char *at = cut_word(number);

		if (*number)
			return plain_number(&at, 10) > 0;
	}
	return false;
}

/* False when it is no list of mappings from below. */
static bool read_smaps(const char *text)
{
	char *copy = copy_text(text), *rest = copy;
	bool sorted = true;

	mapping_count = 0;
	for (char *line; (line = take_line(&rest));) {
		const char *word = cut_word(take_word(&line)), *at = word;
		struct plain_mapping mapping = { .start = plain_number(&at, 16) };

		mapping.end = *at == '-' ? (at++, plain_number(&at, 16)) : 0;
		if (mapping.end == 0 && mapping_count)
			mappings[mapping_count - 1].huge |= plain_huge(word, line);
		if (mapping.end == 0)
			continue;
		sorted = sorted && mapping_count < MAPPINGS_MOST && mapping.start < mapping.end &&
			 (!mapping_count || mapping.start >= mappings[mapping_count - 1].end);
		if (sorted)
			mappings[mapping_count++] = mapping;
	}
	free(copy);
	return sorted;
}

static void check_smaps(const char *text, unsigned step)
{
	struct sb_smaps smaps = { .pid = FAKE_PID };
	bool sorted = read_smaps(text);

	for (unsigned i = 0; i < mapping_count; i += step) {
		const struct plain_mapping *mapping = &mappings[i];
		bool huge = sb_smaps_has_huge(&smaps, mapping->end - 1);

		require(!sorted || huge == mapping->huge, "%lx-%lx: %d", mapping->start,
			mapping->end, huge);
	}
	sb_smaps_close(&smaps);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = input_of(data, size);
	struct sb_mounts mounts = { .pid = FAKE_PID };
	unsigned minor, step;
	char *text, *more;

	boot_for_files(&input);
	minor = (unsigned)input_number(&input, 1);
	step = 1 + input_below(&input, 3);
	text = give_text(&input, FAKE_MOUNTINFO);
	more = give_text(&input, FAKE_SMAPS);
	for (unsigned i = 0; i < 3; i++)
		check_mount(&mounts, text, minor + i);
	check_smaps(more, step);
	require_nothing_left();
	free(text);
	free(more);
	return 0;
}
