/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mappings.h"

#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "raw.h"
#include "rights.h"
#include "scene.h"

static char *start_of(const struct scene *scene, const struct segment *segment)
{
	return scene_page(scene, segment->first);
}

static bool map_fixed(char *at, size_t len, int flags, int fd, off_t offset)
{
	return mmap(at, len, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, offset) == at;
}

/* An old size of 0 maps shared memory once more. */
static bool map_again(char *at, size_t len, char *again)
{
	return mremap(at, 0, len, MREMAP_MAYMOVE | MREMAP_FIXED, again) == again;
}

bool map_hole(struct scene *scene, struct world *world, const struct segment *segment)
{
	(void)world;
	return munmap(start_of(scene, segment), segment_bytes(segment)) == 0;
}

bool map_shmem(struct scene *scene, struct world *world, const struct segment *segment)
{
	(void)world;
	return map_fixed(start_of(scene, segment), segment_bytes(segment),
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

bool map_twin(struct scene *scene, struct world *world, const struct segment *segment)
{
	scene->twins_used = true;
	return map_shmem(scene, world, segment) &&
	       map_again(start_of(scene, segment), segment_bytes(segment),
			 scene_twin(scene, world, segment->first));
}

bool map_pair(struct scene *scene, struct world *world, const struct segment *segment)
{
	char *at = start_of(scene, segment);
	size_t half = segment_bytes(segment) / 2;

	(void)world;
	return map_fixed(at, half, MAP_SHARED | MAP_ANONYMOUS, -1, 0) &&
	       map_again(at, half, at + half);
}

bool map_pool(struct scene *scene, struct world *world, const struct segment *segment)
{
	char *at = start_of(scene, segment);
	size_t len = segment_bytes(segment);

	scene->pool_used = true;
	/*
	 * The memory keeps the policy that an earlier case has set. For a mapping without a policy
	 * MPOL_DEFAULT is no news, and would not reach the memory: so another one goes before.
	 */
	return map_fixed(at, len, MAP_SHARED, world->pool,
			 (off_t)(segment->pool_first * machine()->page)) &&
	       raw_mbind(at, len, MODE_LOCAL, NULL, 0, 0) == 0 &&
	       raw_mbind(at, len, MPOL_DEFAULT, NULL, 0, 0) == 0;
}

/* A second time elsewhere as well, unless that is NULL. */
static bool map_new_memfd(const struct scene *scene, const struct segment *segment, unsigned memfd,
			  int flags, char *again)
{
	size_t len = segment_bytes(segment);
	int fd = (int)syscall(SYS_memfd_create, "random", MFD_CLOEXEC | memfd);
	bool done;

	if (fd < 0)
		return false;
	done = ftruncate(fd, (off_t)len) == 0 &&
	       map_fixed(start_of(scene, segment), len, flags, fd, 0) &&
	       (!again || map_fixed(again, len, flags, fd, 0));
	close(fd);
	return done;
}

bool map_file(struct scene *scene, struct world *world, const struct segment *segment)
{
	(void)world;
	return map_new_memfd(scene, segment, 0, MAP_PRIVATE, NULL);
}

bool map_memfd(struct scene *scene, struct world *world, const struct segment *segment)
{
	(void)world;
	return map_new_memfd(scene, segment, 0, MAP_SHARED, NULL);
}

bool map_sysv(struct scene *scene, struct world *world, const struct segment *segment)
{
	int id = shmget(IPC_PRIVATE, segment_bytes(segment), IPC_CREAT | 0600);
	void *at;

	(void)world;
	if (id < 0)
		return false;
	at = shmat(id, start_of(scene, segment), SHM_REMAP);
	shmctl(id, IPC_RMID, NULL);
	return at == start_of(scene, segment);
}

/* The BIOS, which even careful kernels let root read. */
bool map_device(struct scene *scene, struct world *world, const struct segment *segment)
{
	const off_t bios = 0xf0000;
	char *at = start_of(scene, segment);

	(void)world;
	return device_memory() >= 0 && segment_bytes(segment) <= 0x10000 &&
	       mmap(at, segment_bytes(segment), PROT_READ, MAP_SHARED | MAP_FIXED, device_memory(),
		    bios) == at;
}

bool map_secret(struct scene *scene, struct world *world, const struct segment *segment)
{
	int fd = (int)syscall(SYS_memfd_secret, O_CLOEXEC);
	size_t len = segment_bytes(segment);
	bool done;

	(void)world;
	if (fd < 0)
		return false;
	done = ftruncate(fd, (off_t)len) == 0 &&
	       map_fixed(start_of(scene, segment), len, MAP_SHARED, fd, 0);
	close(fd);
	return done;
}

/* Huge pages ---------------------------------------------------------------------------------- */

/* One touch makes a large page, if one is to be had: then the last of its pages is there too. */
static bool make_large(const struct scene *scene, size_t index, size_t unit)
{
	char *at = scene_page(scene, index);
	size_t len = unit * machine()->page;

	if (madvise(at, len, MADV_HUGEPAGE))
		return false;
	prefer_node(scene->pages[index].node);
	*(volatile char *)at = 0;
	stop_numa_balancing();
	/*
	 * khugepaged would fill what is given back later, and the next unit should not become part
	 * of a larger page.
	 */
	madvise(at, len, MADV_NOHUGEPAGE);
	return node_of(at + len - machine()->page) >= 0;
}

static bool make_all_large(const struct scene *scene, const struct segment *segment)
{
	for (size_t i = 0; i < segment->count; i += segment->unit)
		if (!make_large(scene, segment->first + i, segment->unit))
			return false;
	return true;
}

bool map_thp(struct scene *scene, struct world *world, const struct segment *segment)
{
	(void)world;
	return make_all_large(scene, segment);
}

bool map_folio(struct scene *scene, struct world *world, const struct segment *segment)
{
	(void)world;
	return make_all_large(scene, segment);
}

bool map_shmem_thp(struct scene *scene, struct world *world, const struct segment *segment)
{
	return map_shmem(scene, world, segment) && make_all_large(scene, segment);
}

bool map_shmem_thp_twin(struct scene *scene, struct world *world, const struct segment *segment)
{
	return map_twin(scene, world, segment) && make_all_large(scene, segment);
}

/* Present in the page map, and on no node. */
bool map_thp_zero(struct scene *scene, struct world *world, const struct segment *segment)
{
	char *at = start_of(scene, segment);
	size_t len = segment_bytes(segment);
	bool made = madvise(at, len, MADV_HUGEPAGE) == 0;

	(void)world;
	for (size_t i = 0; made && i < segment->count; i += segment->unit) {
		char *last = at + (i + segment->unit - 1) * machine()->page;

		(void)*(volatile char *)(at + i * machine()->page);
		made = page_present(last) && node_of(last) < 0;
	}
	madvise(at, len, MADV_NOHUGEPAGE);
	return made;
}

bool map_hugetlb(struct scene *scene, struct world *world, const struct segment *segment)
{
	(void)world;
	scene->hugetlb_used = true;
	return map_fixed(start_of(scene, segment), segment_bytes(segment),
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
}

bool map_hugetlb_memfd(struct scene *scene, struct world *world, const struct segment *segment)
{
	(void)world;
	scene->hugetlb_used = true;
	return map_new_memfd(scene, segment, MFD_HUGETLB, MAP_SHARED, NULL);
}

bool map_hugetlb_twin(struct scene *scene, struct world *world, const struct segment *segment)
{
	scene->twins_used = scene->hugetlb_used = true;
	return map_new_memfd(scene, segment, MFD_HUGETLB, MAP_SHARED,
			     scene_twin(scene, world, segment->first));
}
