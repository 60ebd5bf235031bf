/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared memory, files, and pages that are mapped more than once. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "kinds.h"
#include "rights.h"
#include "space.h"

/* Shared memory ------------------------------------------------------------------------------- */

static const char *touch_shared(size_t first)
{
	touch_cells(first, FEW, pages_home());
	note_mapped(first, FEW, true);
	return NULL;
}

const char *put_shmem(size_t first)
{
	if (!map_at(first, FEW, MAP_SHARED | MAP_ANONYMOUS, -1))
		return "no shared memory";
	return touch_shared(first);
}

const char *put_memfd(size_t first)
{
	int fd = (int)syscall(SYS_memfd_create, "pages", MFD_CLOEXEC);
	bool done;

	if (fd < 0)
		return "no memfd";
	done = !ftruncate(fd, (off_t)(FEW * machine()->page)) && map_at(first, FEW, MAP_SHARED, fd);
	close(fd);
	return done ? touch_shared(first) : "no memfd";
}

const char *put_sysv(size_t first)
{
	int id = shmget(IPC_PRIVATE, FEW * machine()->page, IPC_CREAT | 0600);
	void *at;

	if (id < 0)
		return "no System V shared memory";
	at = shmat(id, stage_page(first), SHM_REMAP);
	shmctl(id, IPC_RMID, NULL);
	return at == stage_page(first) ? touch_shared(first) : "no System V shared memory";
}

/* Files --------------------------------------------------------------------------------------- */

enum { TMPFS_NUMBER = 0x01021994, RAMFS_NUMBER = (int)0x858458f6 };

static bool in_memory(const char *directory)
{
	struct statfs about;

	return !statfs(directory, &about) &&
	       (about.f_type == TMPFS_NUMBER || about.f_type == RAMFS_NUMBER);
}

/* The first directory of the kind wanted; NULL when there is none. */
static const char *directory_in(bool memory)
{
	const char *const places[] = { getenv("TMPDIR"), "/disk", "/dev/shm", "/tmp", "/var/tmp" };

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (places[i] && !access(places[i], W_OK) && in_memory(places[i]) == memory)
			return places[i];
	return NULL;
}

/* A file with a page more than is wanted, in the page cache at home. */
static int open_file(const char *directory)
{
	char path[256];
	char page[4096] = { 1 };
	int fd;

	snprintf(path, sizeof(path), "%s/kinds_XXXXXX", directory);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -1;
	unlink(path);
	prefer_node(pages_home());
	for (size_t written = 0; written < (FEW + 1) * machine()->page; written += sizeof(page))
		if (write(fd, page, sizeof(page)) != sizeof(page))
			break;
	stop_numa_balancing();
	/* Pages that are being written back would have to be waited for. */
	fsync(fd);
	return fd;
}

/* Not every file system can move its pages. The last page of the file is tried. */
static bool file_moves(int fd)
{
	size_t page = machine()->page;
	volatile char *at =
		mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)(FEW * page));
	void *address = (void *)(uintptr_t)at;
	int target = pages_target(), status = -1;

	if (address == MAP_FAILED)
		return false;
	*at = 2;
	raw_move_pages(0, 1, &address, &target, &status, MPOL_MF_MOVE);
	munmap(address, page);
	return status == target;
}

enum file_use { FILE_CLEAN, FILE_DIRTY, FILE_SHARED };

static const char *map_file(size_t first, int fd, enum file_use use)
{
	if (!map_at(first, FEW, use == FILE_SHARED ? MAP_SHARED : MAP_PRIVATE, fd))
		return "no file can be mapped";
	for (size_t i = first; i < first + FEW; i++)
		(void)*(volatile char *)stage_page(i);
	if (use != FILE_CLEAN)
		touch_cells(first, FEW, pages_home());
	note_mapped(first, FEW, true);
	return node_of(stage_page(first)) == pages_home() ? NULL : "the file's pages are elsewhere";
}

static const char *put_file(size_t first, enum file_use use, bool memory)
{
	const char *directory = directory_in(memory);
	const char *why = NULL;
	int fd;

	if (!directory)
		return memory ? "no file system in memory" : "no file system on a disk";
	fd = open_file(directory);
	if (fd < 0)
		return "no file can be made";
	/* Pages that were written to are the process's own. */
	if (use != FILE_DIRTY && !file_moves(fd))
		why = "this file system cannot move pages";
	if (!why)
		why = map_file(first, fd, use);
	close(fd);
	return why;
}

const char *put_tmpfs_clean(size_t first)
{
	return put_file(first, FILE_CLEAN, true);
}

const char *put_tmpfs_dirty(size_t first)
{
	return put_file(first, FILE_DIRTY, true);
}

const char *put_tmpfs_shared(size_t first)
{
	return put_file(first, FILE_SHARED, true);
}

const char *put_disk_clean(size_t first)
{
	return put_file(first, FILE_CLEAN, false);
}

const char *put_disk_dirty(size_t first)
{
	return put_file(first, FILE_DIRTY, false);
}

const char *put_disk_shared(size_t first)
{
	return put_file(first, FILE_SHARED, false);
}

/* Mapped more than once ----------------------------------------------------------------------- */

const char *put_twice(size_t first)
{
	size_t len = FEW * machine()->page;
	const char *why = put_shmem(first);

	if (why)
		return why;
	stage.second = space(FEW);
	stage.second_pages = FEW;
	/* An old size of 0 maps shared memory once more. */
	if (mremap(stage_page(first), 0, len, MREMAP_MAYMOVE | MREMAP_FIXED, stage.second) !=
	    stage.second)
		return "no second mapping";
	for (size_t i = 0; i < FEW; i++)
		(void)*(volatile char *)(stage.second + i * machine()->page);
	note_shared(first, FEW);
	return NULL;
}

const char *put_forked(size_t first)
{
	put_anon(first, FEW, pages_home());
	note_shared(first, FEW);
	return put_child() ? NULL : "no child";
}

/* Equal pages become one, a while after the kernel was told to look for them. */
static bool merged(size_t first)
{
	for (int i = 0; i < 2500; i++) {
		if (page_shared(stage_page(first)) && page_shared(stage_page(first + 1)))
			return true;
		nap(2);
	}
	return false;
}

const char *put_ksm(size_t first)
{
	static bool failed;

	if (failed)
		return "KSM merges nothing here";
	put_anon(first, FEW, pages_home());
	for (size_t i = first; i < first + FEW; i++)
		stage.cells[i].stamp = stamp_of_cell(first);
	memcpy(stage_page(first + 1), stage_page(first), machine()->page);
	if (madvise(stage_page(first), FEW * machine()->page, MADV_MERGEABLE))
		return "no KSM";
	if (!ksm_start())
		return "no KSM, or no right to start it";
	failed = !merged(first);
	ksm_stop();
	note_shared(first, FEW);
	return failed ? "KSM merges nothing here" : NULL;
}
