/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The questions about quirks. They are put with MPOL_PREFERRED and an empty mask wherever possible:
 * its N is empty on every kernel since 2.6.26, so every present page is misplaced, also on a
 * machine with one node.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "core/nodeset.h"
#include "core/page.h"
#include "core/syscall.h"
#include "kernel/filter.h"
#include "kernel/probe_quirks.h"

static long map_pages(unsigned long at, unsigned long len, int flags)
{
	return sb_sys_mmap(
		at, len, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags | (at ? MAP_FIXED : 0), -1);
}

static void touch(unsigned long page)
{
	*(volatile char *)page = 1; // NOLINT(performance-no-int-to-ptr)
}

static long bind_nowhere(unsigned long start, unsigned long len, unsigned flags)
{
	return sb_sys_mbind(start, len, SB_MPOL_PREFERRED, NULL, 0, flags);
}

/* The node of a page of ours, or a negative errno. */
static int node_of(unsigned long page)
{
	int node = -1;
	long result = sb_sys_move_pages(0, 1, &page, NULL, &node, 0);

	return result < 0 ? (int)result : node;
}

/* ---- two pages, and a hole after them that stays a hole ---- */

/*
 * Another thread must not map something into the hole while we ask: the policy would be set on its
 * page. No mapping is placed by the kernel within stack_guard_gap below a MAP_GROWSDOWN one, so one
 * of those stands behind the hole.
 */
struct pages_and_hole {
	unsigned long page; /* size of a page */
	unsigned long start;
};

static int map_before_hole(struct pages_and_hole *map)
{
	long start;

	map->page = sb_page_size();
	start = map_pages(0, 4 * map->page, 0);
	if (sb_sys_no_address(start))
		return (int)start;
	map->start = (unsigned long)start;
	start = map_pages(map->start + 3 * map->page, map->page, MAP_GROWSDOWN);
	if (sb_sys_no_address(start)) {
		sb_sys_munmap(map->start, 4 * map->page);
		return (int)start;
	}
	sb_sys_munmap(map->start + 2 * map->page, map->page);
	touch(map->start);
	touch(map->start + map->page);
	return 0;
}

static void unmap_before_hole(const struct pages_and_hole *map)
{
	sb_sys_munmap(map->start, 2 * map->page);
	sb_sys_munmap(map->start + 3 * map->page, map->page);
}

/* ---- a page that the kernel cannot isolate ---- */

static long map_perf_ring(unsigned long at, unsigned long page)
{
	struct perf_event_attr attr;
	long fd, ring;

	memset(&attr, 0, sizeof(attr));
	attr.type = PERF_TYPE_SOFTWARE;
	attr.size = sizeof(attr);
	attr.config = PERF_COUNT_SW_DUMMY;
	attr.exclude_kernel = 1;
	fd = sb_sys_perf_event_open(&attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return fd;
	ring = sb_sys_mmap(at, page, PROT_READ, MAP_SHARED | MAP_FIXED, (int)fd);
	if (!sb_sys_no_address(ring))
		(void)*(volatile char *)at; // NOLINT(performance-no-int-to-ptr)
	sb_sys_close((int)fd);
	return ring;
}

static long map_packet_ring(unsigned long at, unsigned long page)
{
	struct tpacket_req ring_size = {
		.tp_block_size = (unsigned)page,
		.tp_block_nr = 1,
		.tp_frame_size = (unsigned)page,
		.tp_frame_nr = 1,
	};
	long fd, ring;

	fd = sb_sys_socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	ring = sb_sys_setsockopt((int)fd, SOL_PACKET, PACKET_RX_RING, &ring_size,
				 sizeof(ring_size));
	if (ring == 0)
		ring = sb_sys_mmap(at, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
				   (int)fd);
	sb_sys_close((int)fd);
	return ring;
}

/*
 * Maps such a page over one of ours. A perf ring takes no privilege, but from some release on it is
 * a device mapping, which no policy governs: then no node is told for it. A packet ring is left to
 * root.
 */
static int map_unmovable(unsigned long at, unsigned long page)
{
	long result;

	if (sb_has_filter())
		return -EPERM;
	result = map_perf_ring(at, page);
	if (!sb_sys_no_address(result) && node_of(at) >= 0)
		return 0;
	result = map_packet_ring(at, page);
	if (sb_sys_no_address(result))
		return (int)result;
	return node_of(at) >= 0 ? 0 : -EOPNOTSUPP;
}

/* ---- the questions ---- */

int sb_probe_strict_ignores_misplaced(void)
{
	unsigned long page = sb_page_size();
	long start = map_pages(0, page, 0);
	long result;

	if (sb_sys_no_address(start))
		return (int)start;
	touch((unsigned long)start);
	result = bind_nowhere((unsigned long)start, page, SB_MF_STRICT);
	sb_sys_munmap((unsigned long)start, page);
	if (result == 0)
		return 1;
	return result == -EIO ? 0 : (int)result;
}

int sb_probe_misses_tail_hole(void)
{
	struct pages_and_hole map;
	long result = map_before_hole(&map);

	if (result < 0)
		return (int)result;
	result = bind_nowhere(map.start, 3 * map.page, 0);
	unmap_before_hole(&map);
	if (result == 0)
		return 1;
	return result == -EFAULT ? 0 : (int)result;
}

int sb_probe_eio_hides_hole(void)
{
	struct pages_and_hole map;
	long result = map_before_hole(&map);

	if (result < 0)
		return (int)result;
	/* The hole must not touch the mapping with the first page, or it is seen before the page
	 * is. */
	result = sb_sys_mprotect(map.start + map.page, map.page, PROT_READ);
	if (result == 0) {
		result = bind_nowhere(map.start, 3 * map.page, SB_MF_STRICT);
		result = result == -EIO ? 1 : result == -EFAULT ? 0 : -EOPNOTSUPP;
	}
	unmap_before_hole(&map);
	return (int)result;
}

static long bind_to(unsigned long start, unsigned long len, int node, unsigned flags)
{
	struct sb_nodeset set = { .bits = { 0 } };

	sb_nodeset_add(&set, node);
	return sb_sys_mbind(start, len, SB_MPOL_BIND, set.bits, SB_MAX_NODES + 1, flags);
}

/* Whether the page behind an unmovable one gets to the node asked for. Takes two nodes. */
static int movable_stays_behind(unsigned long unmovable, unsigned long movable, unsigned long page)
{
	int here = node_of(unmovable);
	int there = sb_nodeset_other_allowed(here);
	long result;
	int node;

	if (here < 0 || there < 0)
		return -EOPNOTSUPP;
	if (node_of(movable) == there)
		bind_to(movable, page, here, SB_MF_MOVE);
	node = node_of(movable);
	if (node < 0 || node == there)
		return -EBUSY;
	result = bind_to(unmovable, 2 * page, there, SB_MF_STRICT | SB_MF_MOVE);
	if (result < 0 && result != -EIO)
		return (int)result;
	node = node_of(movable);
	return node < 0 ? node : node != there;
}

/* ---- what becomes of an unmovable page, and of what follows it ---- */

static int ask_misses(const struct pages_and_hole *map)
{
	long answer = bind_nowhere(map->start, map->page, SB_MF_STRICT | SB_MF_MOVE);

	if (answer == 0)
		return 1;
	return answer == -EIO ? 0 : (int)answer;
}

/* The hole must not touch the mapping with the unmovable page, or it is seen first: a page between.
 */
static int ask_half_done(const struct pages_and_hole *map)
{
	long answer = bind_nowhere(map->start, 3 * map->page, SB_MF_STRICT | SB_MF_MOVE);

	if (answer == -EIO || answer == 0)
		return 1;
	return answer == -EFAULT ? 0 : (int)answer;
}

void sb_probe_unmovable(int found[SB_UNMOVABLE_QUESTIONS])
{
	struct pages_and_hole map;
	int result = map_before_hole(&map);
	bool mapped = result == 0;

	if (mapped)
		result = map_unmovable(map.start, map.page);
	for (int i = 0; i < SB_UNMOVABLE_QUESTIONS; i++)
		found[i] = result;
	if (result == 0) {
		found[SB_ASK_MISSES] = ask_misses(&map);
		found[SB_ASK_HALF_DONE] = ask_half_done(&map);
		found[SB_ASK_STOPS] =
			movable_stays_behind(map.start, map.start + map.page, map.page);
	}
	if (mapped)
		unmap_before_hole(&map);
}

/* ---- what move_pages tells ---- */

int sb_probe_query_misses_prot_none(void)
{
	unsigned long page = sb_page_size();
	long start = map_pages(0, page, 0);
	int node;

	if (sb_sys_no_address(start))
		return (int)start;
	touch((unsigned long)start);
	node = (int)sb_sys_mprotect((unsigned long)start, page, PROT_NONE);
	if (node == 0)
		node = node_of((unsigned long)start);
	sb_sys_munmap((unsigned long)start, page);
	if (node == -ENOENT)
		return 1;
	return node < 0 ? node : 0;
}

/*
 * A page of secretmem, or a negative errno. It is populated by a system call that writes to it,
 * which fails where a fault of ours would be a signal.
 */
static long map_secret(unsigned long page)
{
	long fd = sb_has_filter() ? -EPERM : sb_sys_memfd_secret();
	long start, result;

	if (fd < 0)
		return fd;
	result = sb_sys_ftruncate((int)fd, page);
	start = result < 0 ? result
			   : sb_sys_mmap(0, page, PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd);
	sb_sys_close((int)fd);
	if (sb_sys_no_address(start))
		return start;
	result = sb_sys_uname((void *)start); // NOLINT(performance-no-int-to-ptr)
	if (result == 0)
		return start;
	sb_sys_munmap((unsigned long)start, page);
	/* ENOSYS would say that there is no such memory. */
	return result == -ENOSYS ? -EOPNOTSUPP : result;
}

int sb_probe_query_misses_secretmem(void)
{
	unsigned long page = sb_page_size();
	long start = map_secret(page);
	int node;

	/* What cannot be had, or was switched off at boot, has no quirk. */
	if (start == -ENOSYS)
		return 0;
	if (sb_sys_no_address(start))
		return (int)start;
	node = node_of((unsigned long)start);
	sb_sys_munmap((unsigned long)start, page);
	return node == -ENOENT ? 1 : node < 0 ? node : 0;
}
