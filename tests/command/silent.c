/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file system whose daemon stops to answer, and a process that has a file of it mapped. Usage:
 * silent DIRECTORY [lock]
 *
 * One of its threads waits for a page that does not come, one for what it writes into a page to be
 * written, and one for a page that it has changed; the latter two pages are held until then.
 *
 * With "lock" there is only a thread that maps the file anew: it waits until a page that was
 * changed is written, and has the lock of the address space meanwhile.
 *
 * Prints "ready PID DAEMON" when it is so, and waits for the end, which comes once the daemon has
 * ended. Exits with 77 where there is no FUSE, or no right to mount it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { ROOT = FUSE_ROOT_ID, FILE_ID = 2, PAGES = 64, PRESENT = 8, BUFFER = 1 << 18 };

/* What the daemon and the process both see. */
static struct {
	atomic_bool silent;
	atomic_bool direct;	/* whoever opens the file goes past the page cache */
	atomic_uint unanswered; /* questions for data */
} * both;

static int device;
static char *map;
static int file, direct;

/* ---- the daemon ---- */

static void answer(const struct fuse_in_header *question, int error, const void *data, size_t size)
{
	static char text[BUFFER];
	struct fuse_out_header *header = (struct fuse_out_header *)(void *)text;

	*header = (struct fuse_out_header){ .len = (uint32_t)(sizeof(*header) + size),
					    .error = error,
					    .unique = question->unique };
	if (size)
		memcpy(header + 1, data, size);
	/* ENOENT: whoever has asked is gone. */
	if (write(device, text, header->len) < 0 && errno != ENOENT)
		exit(1);
}

static struct fuse_attr attributes_of(uint64_t id)
{
	bool directory = id == ROOT;
	uint64_t size = directory ? 0 : (uint64_t)PAGES * (uint64_t)sysconf(_SC_PAGESIZE);

	return (struct fuse_attr){ .ino = id,
				   .mode = directory ? S_IFDIR | 0755 : S_IFREG | 0666,
				   .nlink = 1,
				   .size = size,
				   .blocks = size / 512,
				   .blksize = 4096 };
}

static void answer_data(const struct fuse_in_header *question)
{
	static const char data[BUFFER / 2];
	const struct fuse_write_in *asked = (const struct fuse_write_in *)(question + 1);
	struct fuse_write_out written = { .size = asked->size };

	if (atomic_load(&both->silent)) {
		atomic_fetch_add(&both->unanswered, 1);
		return;
	}
	/* Both questions have their size at the same place. */
	if (question->opcode == FUSE_READ)
		answer(question, 0, data, asked->size);
	else
		answer(question, 0, &written, sizeof(written));
}

static void answer_question(const struct fuse_in_header *question)
{
	static const struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION,
						   .minor = FUSE_KERNEL_MINOR_VERSION,
						   .max_write = BUFFER / 2 };
	struct fuse_open_out opened = { .open_flags = atomic_load(&both->direct)
							      ? FOPEN_DIRECT_IO
							      : FOPEN_KEEP_CACHE };
	struct fuse_entry_out entry = { .nodeid = FILE_ID,
					.entry_valid = 1000,
					.attr_valid = 1000,
					.attr = attributes_of(FILE_ID) };
	struct fuse_attr_out attributes = { .attr_valid = 1000,
					    .attr = attributes_of(question->nodeid) };

	switch (question->opcode) {
	case FUSE_INIT:
		answer(question, 0, &init, sizeof(init));
		break;
	case FUSE_LOOKUP:
		answer(question, 0, &entry, sizeof(entry));
		break;
	case FUSE_GETATTR:
		answer(question, 0, &attributes, sizeof(attributes));
		break;
	case FUSE_OPEN:
		answer(question, 0, &opened, sizeof(opened));
		break;
	case FUSE_READ:
	case FUSE_WRITE:
		answer_data(question);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		answer(question, -ENOSYS, NULL, 0);
	}
}

static _Noreturn void serve(void)
{
	static char text[BUFFER];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		ssize_t got = read(device, text, sizeof(text));

		if (got > 0)
			answer_question((const struct fuse_in_header *)(void *)text);
		else if (errno == ENODEV)
			_exit(0);
	}
}

/* ---- the process ---- */

static void *wait_for_page(void *page)
{
	return (void *)(uintptr_t) * (volatile char *)page;
}

static void *wait_for_write(void *argument)
{
	ssize_t *written = argument;

	*written = pwrite(file, map, 1, sysconf(_SC_PAGESIZE));
	return NULL;
}

static void *wait_for_writeback(void *page)
{
	*(volatile char *)page = 1;
	/* Not msync(), which waits for the one that writes to the file. */
	return (void *)(uintptr_t)sync_file_range(file, (char *)page - map, sysconf(_SC_PAGESIZE),
						  SYNC_FILE_RANGE_WRITE |
							  SYNC_FILE_RANGE_WAIT_AFTER);
}

static void *map_again(void *argument)
{
	(void)argument;
	return mmap(NULL, 1, PROT_READ, MAP_PRIVATE, direct, 0);
}

/* ---- and how it waits ---- */

static void start(void *(*work)(void *), void *argument)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, work, argument))
		exit(1);
}

/* For three answers. */
static void wait_for_pages(size_t page)
{
	static ssize_t written;

	atomic_store(&both->silent, true);
	start(wait_for_page, map + (PAGES - 1) * page);
	start(wait_for_write, &written);
	start(wait_for_writeback, map + 4 * page);
	while (atomic_load(&both->unanswered) < 3)
		usleep(1000);
}

/* With the lock: this thread must not fault from here on. */
static void wait_with_lock(const char *path)
{
	atomic_store(&both->direct, true);
	direct = open(path, O_RDWR | O_CLOEXEC);
	/* Opening writes what has been changed before. */
	*(volatile char *)map = 1;
	atomic_store(&both->silent, true);
	start(map_again, NULL);
	while (atomic_load(&both->unanswered) < 1)
		usleep(1000);
}

static bool mount_at(const char *directory)
{
	char options[120];

	/* A guest that starts without a device for it. */
	mknod("/dev/fuse", S_IFCHR | 0666, makedev(10, 229));
	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
		 device);
	return device >= 0 && mount("silent", directory, "fuse", 0, options) == 0;
}

int main(int argc, char **argv)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char path[512], ready[64];
	pid_t daemon;
	int length;

	both = mmap(NULL, sizeof(*both), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (argc < 2 || argc > 3 || both == MAP_FAILED)
		return 2;
	if (!mount_at(argv[1]))
		return 77;
	daemon = fork();
	if (daemon == 0)
		serve();
	length = snprintf(ready, sizeof(ready), "ready %d %d\n", getpid(), daemon);
	/* Once the daemon has ended whoever waits is told; one that waits has to be able to end. */
	close(device);
	snprintf(path, sizeof(path), "%s/file", argv[1]);
	file = open(path, O_RDWR | O_CLOEXEC);
	map = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (map == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < PRESENT; i++)
		wait_for_page(map + i * page);
	if (argc == 2)
		wait_for_pages(page);
	else
		wait_with_lock(path);
	if (write(STDOUT_FILENO, ready, (size_t)length) != length)
		return 1;
	pause();
	return 0;
}
