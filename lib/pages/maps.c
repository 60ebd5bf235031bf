/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages/maps.h"

#include <string.h>

#include "core/page.h"
#include "core/text.h"

/* Whether a name in maps, which is the sixth word after the inode, is the kernel's own for the vdso
 * or its data. */
static bool names_vdso(const char *name)
{
	return strncmp(name, "[vdso", 5) == 0 || strncmp(name, "[vvar", 5) == 0;
}

/* By the name of a file. A file system in memory has no device, but others have none either. */
static enum sb_backing backing_of(const char *name, bool has_device)
{
	static const char *const memory[] = { "/memfd:",   "/SYSV",	     "/dev/zero",
					      "/dev/shm/", "/anon_hugepage", NULL };
	static const char *const secret[] = { "/secretmem", NULL };
	static const char *const kernel[] = { "anon_inode:", "socket:", NULL };

	if (sb_begins_with(name, secret))
		return SB_BACKING_SECRET;
	if (sb_begins_with(name, kernel))
		return SB_BACKING_KERNEL;
	if (sb_begins_with(name, memory))
		return SB_BACKING_MEMORY;
	return has_device ? SB_BACKING_DISK : SB_BACKING_UNTOLD;
}

bool sb_minor_read(const char *word, const char *no_device, unsigned base, unsigned *minor)
{
	size_t length = strlen(no_device);

	if (strncmp(word, no_device, length) != 0)
		return false;
	word += length;
	*minor = (unsigned)sb_number(&word, base);
	return true;
}

bool sb_maps_next(struct sb_words *words, struct sb_maps_line *line)
{
	unsigned count = 1;
	bool has_device = false;

	if (!sb_words_next(words))
		return false;
	sb_words_range(words, &line->start, &line->end);
	line->vdso = false;
	line->file = false;
	line->backing = SB_BACKING_NONE;
	line->minor = 0;
	while (words->end == ' ' && sb_words_next(words)) {
		if (!words->word[0])
			continue;
		count++;
		if (count == 4)
			has_device = !sb_minor_read(words->word, "00:", 16, &line->minor);
		else if (count == 5)
			line->file = strcmp(words->word, "0") != 0;
		else if (count == 6)
			line->vdso = names_vdso(words->word);
		if (count == 6 && line->file)
			line->backing = backing_of(words->word, has_device);
	}
	return true;
}

struct sb_mapped sb_next_mapped(int pid, unsigned long start, unsigned long end)
{
	struct sb_mapped mapped = { start, end, 0 };
	struct sb_maps_line line = { .end = 0 };
	struct sb_words words;
	bool found = false;

	if (sb_words_open(&words, pid, "maps") < 0)
		return mapped;
	while (!found && sb_maps_next(&words, &line)) {
		mapped.lines++;
		found = line.end > start;
	}
	if (words.error == 0) {
		mapped.start = found ? sb_min(sb_max(line.start, start), end) : end;
		mapped.end = found ? sb_max(sb_min(line.end, end), mapped.start) : end;
	}
	sb_words_close(&words);
	return mapped;
}

unsigned long sb_last_mapped(int pid, unsigned long end)
{
	struct sb_maps_line line;
	struct sb_words words;
	unsigned long last = 0;

	if (sb_words_open(&words, pid, "maps") < 0)
		return end;
	/* The page for vsyscall, in the kernel's own half, is no memory of the process. */
	while (sb_maps_next(&words, &line) && line.start < end && (long)line.start >= 0)
		last = sb_min(line.end, end);
	sb_words_close(&words);
	return words.error ? end : last;
}

int sb_maps_cut(int pid, unsigned long start, unsigned long end, struct sb_cut *cut)
{
	struct sb_words words;
	struct sb_maps_line line;
	int result = sb_words_open(&words, pid, "maps");

	if (result < 0)
		return result;
	*cut = (struct sb_cut){ start, start, end, end };
	while (sb_maps_next(&words, &line) && line.start < end) {
		if (line.start < start && line.end > start) {
			cut->outer_start = line.start;
			cut->inner_start = line.end;
		}
		if (line.end > end) {
			cut->inner_end = line.start;
			cut->outer_end = line.end;
		}
	}
	sb_words_close(&words);
	return (int)words.error;
}
