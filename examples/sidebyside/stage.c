/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/mempolicy.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "nodes.h"

/* Where nothing else is ever mapped, so that a hole stays a hole. */
#define STAGE_ADDRESS ((char *)(1UL << 40))
#define TWIN_ADDRESS ((char *)(1UL << 41))

enum { HUGE_CHARS = 8 };

size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

size_t stage_length(const struct stage *stage)
{
	return stage->chars * stage->pages_per_char * page_size();
}

static char *char_at(const struct stage *stage, size_t i)
{
	return stage->at + i * stage->pages_per_char * page_size();
}

/* The kernel's number of the node of a page, or a negative errno. */
static int number_of(void *page)
{
	int number = -1;

	if (syscall(SYS_move_pages, 0, 1UL, &page, NULL, &number, 0))
		return -errno;
	return number;
}

/* ---- kinds of pages ---- */

static bool map_anonymous(char *at, size_t length)
{
	return mmap(at, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		    0) == at;
}

/* Mapped here and a second time elsewhere. */
static bool map_twice(char *at, size_t length)
{
	int fd = memfd_create("twice", MFD_CLOEXEC);
	bool mapped =
		fd >= 0 && ftruncate(fd, (off_t)length) == 0 &&
		mmap(at, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == at &&
		mmap(TWIN_ADDRESS, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
			TWIN_ADDRESS;

	if (fd >= 0)
		close(fd);
	return mapped;
}

static bool map_file(int fd, char *at, int protection)
{
	bool mapped = mmap(at, page_size(), protection, MAP_SHARED | MAP_FIXED, fd, 0) == at;

	close(fd);
	return mapped;
}

/* A page of a packet ring: the kernel's own page, on no list it could be taken from. For root. */
static bool map_packet_ring(char *at, int node)
{
	unsigned page = (unsigned)page_size();
	struct tpacket_req request = { page, 1, page, 1 };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	int refused;

	if (fd < 0)
		return false;
	allocate_on(node);
	refused = setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request));
	if (refused) {
		close(fd);
		return false;
	}
	return map_file(fd, at, PROT_READ | PROT_WRITE);
}

/* A page of a perf ring is another one, for everyone. It is on the node of the CPU. */
static bool map_perf_ring(char *at, int node)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};
	bool mapped = false;
	int fd;

	fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return false;
	/* Only the ring is to come from there. */
	allocate_on(0);
	if (run_on(node))
		mapped = map_file(fd, at, PROT_READ);
	else
		close(fd);
	if (mapped)
		(void)*(volatile char *)at;
	run_on(0);
	return mapped;
}

static bool map_ring(char *at, int node)
{
	if (map_packet_ring(at, node) && (*(volatile char *)at, number_of(at) == node_number(node)))
		return true;
	return map_perf_ring(at, node) && number_of(at) == node_number(node);
}

static bool map_huge(char *at, size_t length)
{
	return map_anonymous(at, length) && madvise(at, length, MADV_HUGEPAGE) == 0;
}

static bool map_kind(char kind, char *at, size_t length, int node)
{
	switch (kind) {
	case '-':
		return true;
	case 'S':
		return map_twice(at, length);
	case 'R':
		return map_ring(at, node);
	case 'H':
		return map_huge(at, length);
	default:
		return map_anonymous(at, length);
	}
}

static const char *lacking(char kind)
{
	switch (kind) {
	case 'R':
		return "this user gets no ring of the kernel's here";
	case 'H':
		return "there are no transparent huge pages here";
	default:
		return "its memory could not be mapped";
	}
}

/* ---- building ---- */

/* Alike pages of one mapping are mapped at once. Each page of a ring is a ring of its own. */
static size_t run_of(const struct scene *scene, size_t from)
{
	size_t end = from + 1;

	if (scene->pages[from] == 'R')
		return 1;
	while (scene->pages[end] == scene->pages[from])
		end++;
	return end - from;
}

static const char *map_all(const struct stage *stage, const struct scene *scene)
{
	size_t run;

	for (size_t i = 0; i < stage->chars; i += run) {
		char kind = scene->pages[i];

		run = run_of(scene, i);
		if (!map_kind(kind, char_at(stage, i), run * stage->pages_per_char * page_size(),
			      scene->before[i] - '0'))
			return lacking(kind);
	}
	return NULL;
}

/* The policy of the thread says where a page goes: one of the mapping would stay and split it. */
static void touch_all(const struct stage *stage, const struct scene *scene)
{
	size_t page = page_size();

	for (size_t i = 0; i < stage->chars; i++) {
		if (strchr("-uR", scene->pages[i]))
			continue;
		allocate_on(scene->before[i] - '0');
		for (size_t j = 0; j < stage->pages_per_char; j++)
			*(volatile char *)(char_at(stage, i) + j * page) = 1;
		/* The second mapping makes them shared only when it is used. */
		if (scene->pages[i] == 'S')
			*(volatile char *)(TWIN_ADDRESS + (i - strcspn(scene->pages, "S")) * page) =
				1;
	}
	allocate_anywhere();
}

static bool pin(const struct stage *stage, char *page)
{
	struct iovec byte = { page, 1 };

	return vmsplice(stage->pipe[1], &byte, 1, SPLICE_F_NONBLOCK) == 1;
}

static bool finish_page(const struct stage *stage, char kind, char *at)
{
	switch (kind) {
	case 'P':
		return pin(stage, at);
	case 'N':
		return pin(stage, at) && mprotect(at, page_size(), PROT_NONE) == 0;
	case 'r':
		return mprotect(at, page_size(), PROT_READ) == 0;
	default:
		return true;
	}
}

static bool finish_all(const struct stage *stage, const struct scene *scene)
{
	for (size_t i = 0; i < stage->chars; i++)
		if (!finish_page(stage, scene->pages[i], char_at(stage, i)))
			return false;
	return !scene->huge || pin(stage, stage->at);
}

/* Bytes of huge pages in the mapping at this address. */
static unsigned long huge_bytes(const char *at)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	unsigned long start, end, kilobytes = 0;
	bool here = false;
	char line[512];

	while (smaps && fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = (unsigned long)at >= start && (unsigned long)at < end;
		else if (here && sscanf(line, "AnonHugePages: %lu", &kilobytes) == 1)
			break;
	}
	if (smaps)
		fclose(smaps);
	return kilobytes << 10;
}

static size_t huge_page_size(void)
{
	FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "re");
	size_t size = 0;

	if (file && fscanf(file, "%zu", &size) != 1)
		size = 0;
	if (file)
		fclose(file);
	return size;
}

/* Pages of this program on a node, as numa_maps tells. */
static bool has_pages_on(int node)
{
	FILE *maps = fopen("/proc/self/numa_maps", "re");
	char line[4096], word[24];
	bool found = false;

	snprintf(word, sizeof(word), " N%d=", node_number(node));
	while (maps && !found && fgets(line, sizeof(line), maps))
		found = strstr(line, word);
	if (maps)
		fclose(maps);
	return found;
}

/* Only the pages of the scene are to be on the node that will be emptied. */
static const char *leave(int node)
{
	struct mask from = mask_of(node);
	struct mask to = mask_of(0);

	allocate_on(0);
	syscall(SYS_migrate_pages, 0, MAXNODE, from.bits, to.bits);
	return has_pages_on(node) ? "the program itself has pages on that node that cannot move"
				  : NULL;
}

const char *stage_build(struct stage *stage, const struct scene *scene)
{
	const char *why_not = scene->call == MIGRATE ? leave(scene->from) : NULL;

	*stage = (struct stage){ STAGE_ADDRESS, strlen(scene->pages), 1, { -1, -1 } };
	if (scene->huge)
		stage->pages_per_char = huge_page_size() / page_size() / HUGE_CHARS;
	if (stage->pages_per_char == 0)
		return lacking('H');
	if (!why_not && pipe2(stage->pipe, O_CLOEXEC))
		why_not = strerror(errno);
	if (!why_not)
		why_not = map_all(stage, scene);
	if (why_not)
		return why_not;
	touch_all(stage, scene);
	if (scene->huge && huge_bytes(stage->at) != stage_length(stage))
		return lacking('H');
	return finish_all(stage, scene) ? NULL : "its memory could not be prepared";
}

void stage_clear(struct stage *stage)
{
	allocate_anywhere();
	munmap(stage->at, stage_length(stage));
	munmap(TWIN_ADDRESS, stage_length(stage));
	if (stage->pipe[0] >= 0) {
		close(stage->pipe[0]);
		close(stage->pipe[1]);
	}
}

/* ---- looking ---- */

static char digit_of(int node)
{
	return node < 0 ? '?' : (char)('0' + node);
}

static char node_char(char *page)
{
	int number = number_of(page);

	return number < 0 ? '.' : digit_of(node_of_number(number));
}

/* Of several pages in one character, '?' when they are not all on one node. */
static char nodes_char(const struct stage *stage, size_t i)
{
	char common = node_char(char_at(stage, i));

	for (size_t j = 1; j < stage->pages_per_char; j++)
		if (node_char(char_at(stage, i) + j * page_size()) != common)
			return '?';
	return common;
}

static char policy_char(char *page)
{
	struct mask mask = { { 0 } };
	int mode = -1;

	if (syscall(SYS_get_mempolicy, &mode, mask.bits, MAXNODE, page, MPOL_F_ADDR))
		return '-';
	if (mode != MPOL_BIND)
		return '.';
	for (int node = 0; node_number(node) >= 0; node++) {
		struct mask one = mask_of(node);

		if (!memcmp(&mask, &one, sizeof(mask)))
			return digit_of(node);
	}
	return '?';
}

struct picture stage_look(const struct stage *stage, const struct scene *scene)
{
	struct picture picture = { "", "" };

	for (size_t i = 0; i < stage->chars; i++) {
		char *page = char_at(stage, i);

		if (scene->pages[i] == 'N')
			mprotect(page, page_size(), PROT_READ);
		picture.policy[i] = policy_char(page);
		picture.nodes[i] = picture.policy[i] == '-' ? '-' : nodes_char(stage, i);
	}
	return picture;
}

void stage_hide(const struct stage *stage, const struct scene *scene)
{
	for (size_t i = 0; i < stage->chars; i++)
		if (scene->pages[i] == 'N')
			mprotect(char_at(stage, i), page_size(), PROT_NONE);
}

long stage_count_misplaced(const struct stage *stage, int node)
{
	long misplaced = 0;

	for (size_t i = 0; i < stage_length(stage); i += page_size()) {
		int number = number_of(stage->at + i);

		misplaced += number >= 0 && number != node_number(node);
	}
	return misplaced;
}
