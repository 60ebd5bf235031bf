/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "leaks.h"

#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"
#include "wrong.h"

#define TUNABLES "glibc.pthread.stack_cache_size=0"

void leaks_start(char **argv)
{
	const char *set = getenv("GLIBC_TUNABLES");

	/* Each arena would take address space of its own. */
	mallopt(M_ARENA_MAX, 1);
	if (set && strstr(set, TUNABLES))
		return;
	setenv("GLIBC_TUNABLES", TUNABLES, 1);
	execv("/proc/self/exe", argv);
}

static unsigned long entries(const char *path)
{
	unsigned long found = 0;
	DIR *directory = opendir(path);

	if (!directory)
		return 0;
	while (readdir(directory))
		found++;
	closedir(directory);
	return found;
}

static unsigned long mapped_bytes(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long bytes = 0, start, end;
	char line[512];

	while (maps && fgets(line, sizeof(line), maps)) {
		if (strstr(line, "[heap]") || strstr(line, "[stack]") ||
		    sscanf(line, "%lx-%lx", &start, &end) != 2)
			continue;
		if (!memory_is_ours(start))
			bytes += end - start;
	}
	if (maps)
		fclose(maps);
	return bytes;
}

/* A thread that was joined may be listed for a little longer. */
static unsigned long threads_left(void)
{
	unsigned long dots = 2, found = 0;

	for (int tries = 0; tries < 2000; tries++) {
		found = entries("/proc/self/task") - dots;
		if (found <= 1)
			break;
		usleep(1000);
	}
	return found;
}

struct held held_now(void)
{
	return (struct held){
		.descriptors = entries("/proc/self/fd"),
		.bytes = mapped_bytes(),
		.threads = threads_left(),
	};
}

void held_compare(const struct held *before, const struct held *now)
{
	if (now->descriptors != before->descriptors)
		wrong("%lu descriptors, must be %lu", now->descriptors, before->descriptors);
	if (now->bytes != before->bytes)
		wrong("%lu bytes mapped, must be %lu", now->bytes, before->bytes);
	if (now->threads != before->threads)
		wrong("%lu threads, must be %lu", now->threads, before->threads);
}
