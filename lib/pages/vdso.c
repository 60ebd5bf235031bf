/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages/vdso.h"
#include <elf.h>
#include <sys/auxv.h>

#include "core/page.h"
#include "core/proc_file.h"
#include "core/syscall.h"
#include "pages/maps.h"

/* The vdso and its data are a handful of mappings side by side, no more than this many pages. */
#define MOST_PAGES 64

static unsigned long image_of(int pid)
{
	unsigned long entry[2];
	unsigned long image = 0;
	int fd;

	if (pid == 0) {
		/* Touched when there is no vdso, which is no failure of ours. */
		int saved = errno;

		image = getauxval(AT_SYSINFO_EHDR);
		errno = saved;
		return image;
	}
	fd = sb_proc_open(pid, "auxv");
	if (fd < 0)
		return 0;
	while (!image && sb_sys_read(fd, entry, sizeof(entry)) == sizeof(entry) &&
	       entry[0] != AT_NULL)
		if (entry[0] == AT_SYSINFO_EHDR)
			image = entry[1];
	sb_sys_close(fd);
	return image;
}

void sb_vdso_range(int pid, unsigned long *start, unsigned long *end)
{
	unsigned long image = image_of(pid);
	unsigned long most = MOST_PAGES * sb_page_size();
	bool near = image && *end > image - most && *start < image + most;
	struct sb_words words;
	struct sb_maps_line line;

	*start = image;
	*end = image ? image + sb_page_size() : 0;
	if (!near || sb_words_open(&words, pid, "maps") < 0)
		return;
	while (sb_maps_next(&words, &line)) {
		if (!line.vdso)
			continue;
		*start = sb_min(*start, line.start);
		*end = sb_max(*end, line.end);
	}
	sb_words_close(&words);
}
