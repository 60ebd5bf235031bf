/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "map_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "scene.h"

#define TMPFS 0x01021994
#define RAMFS 0x858458f6

static bool in_memory(const char *directory)
{
	struct statfs about;

	return !statfs(directory, &about) &&
	       ((unsigned)about.f_type == TMPFS || (unsigned)about.f_type == RAMFS);
}

/* The first directory of that sort that may be written to; NULL when there is none. */
static const char *directory(bool memory)
{
	const char *const places[] = { "/disk", "/dev/shm", getenv("TMPDIR"), "/var/tmp", "/tmp" };

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (places[i] && !access(places[i], W_OK) && in_memory(places[i]) == memory)
			return places[i];
	return NULL;
}

/* Written page by page, so that each page of the file is on the node planned for it. */
static bool fill(const struct scene *scene, const struct segment *segment, int fd)
{
	static const char zeros[64 * 1024];
	size_t page = machine()->page;

	for (size_t i = 0; i < segment->count; i++) {
		prefer_node(scene->pages[segment->first + i].node);
		if (pwrite(fd, zeros, page, (off_t)(i * page)) != (ssize_t)page)
			return false;
	}
	stop_numa_balancing();
	/* A page that is being written back would have to be waited for. */
	return fsync(fd) == 0;
}

static int open_file(const char *where)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/random_XXXXXX", where);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static bool map_file_in(const struct scene *scene, const struct segment *segment, bool memory,
			int sharing)
{
	const char *where = directory(memory);
	char *at = scene_page(scene, segment->first);
	size_t len = segment_bytes(segment);
	int fd = where ? open_file(where) : -1;
	bool done;

	if (fd < 0)
		return false;
	done = fill(scene, segment, fd) &&
	       mmap(at, len, PROT_READ | PROT_WRITE, sharing | MAP_FIXED, fd, 0) == at;
	close(fd);
	return done;
}

bool map_tmpfs(struct scene *scene, struct world *world, const struct segment *segment)
{
	(void)world;
	return map_file_in(scene, segment, true, MAP_SHARED);
}

bool map_disk(struct scene *scene, struct world *world, const struct segment *segment)
{
	(void)world;
	return map_file_in(scene, segment, false, MAP_SHARED);
}

bool map_disk_private(struct scene *scene, struct world *world, const struct segment *segment)
{
	(void)world;
	return map_file_in(scene, segment, false, MAP_PRIVATE);
}
