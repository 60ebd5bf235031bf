/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages/mounts.h"

#include <string.h>

#include "core/proc_file.h"

/* Policies govern the pages of files in these. The rootfs may be one of them. */
static enum sb_backing backing_of_type(const char *type)
{
	static const char *const memory[] = { "tmpfs", "devtmpfs", "hugetlbfs" };

	for (unsigned i = 0; i < sizeof(memory) / sizeof(*memory); i++)
		if (strcmp(type, memory[i]) == 0)
			return SB_BACKING_MEMORY;
	return strcmp(type, "rootfs") == 0 ? SB_BACKING_UNTOLD : SB_BACKING_DISK;
}

/* 36 35 0:42 / /mnt rw,noatime shared:1 - btrfs ... */
static bool read_mount(struct sb_words *words, unsigned wanted, enum sb_backing *backing)
{
	unsigned count = 1, minor = 0;
	bool found = false, type_next = false;

	while (words->end == ' ' && sb_words_next(words)) {
		count++;
		if (count == 3)
			found = sb_minor_read(words->word, "0:", 10, &minor) && minor == wanted;
		else if (type_next && found && words->word[0])
			*backing = backing_of_type(words->word);
		type_next = count > 6 && strcmp(words->word, "-") == 0;
	}
	return found;
}

static enum sb_backing backing_of_minor(int pid, unsigned minor)
{
	enum sb_backing backing = SB_BACKING_UNTOLD;
	struct sb_words words;

	if (sb_words_open(&words, pid, "mountinfo") < 0)
		return backing;
	while (sb_words_next(&words) && !read_mount(&words, minor, &backing))
		;
	sb_words_close(&words);
	return backing;
}

enum sb_backing sb_mounts_backing(struct sb_mounts *mounts, const struct sb_maps_line *line)
{
	if (line->backing != SB_BACKING_UNTOLD)
		return line->backing;
	if (!mounts->asked || mounts->minor != line->minor)
		mounts->backing = backing_of_minor(mounts->pid, line->minor);
	mounts->asked = true;
	mounts->minor = line->minor;
	return mounts->backing;
}
