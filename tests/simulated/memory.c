/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mmap and its like: done by the real kernel, and entered into the model. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "calls.h"
#include "core/syscall.h"
#include "kernel.h"

long real_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	int saved = errno;
	long result = syscall(number, a, b, c, d, e, f);

	if (result < 0)
		result = -errno;
	errno = saved;
	return result;
}

static unsigned long round_up(long size)
{
	return ((unsigned long)size + FAKE_PAGE - 1) & -(unsigned long)FAKE_PAGE;
}

/* A descriptor of something to be mapped. */
static const struct fake_file *source_of(long fd)
{
	long slot = fd - FAKE_FIRST_FD;

	if (slot < 0 || slot >= FAKE_FILES || !fake.files[slot].open ||
	    fake.files[slot].kind < FAKE_FILE_KINDS)
		return NULL;
	return &fake.files[slot];
}

static int find_room(void)
{
	int node = fake.local;

	for (int i = 0; i < FAKE_MAX_NODES && fake.room[node] == 0; i++)
		node = (node + 1) % FAKE_MAX_NODES;
	return node;
}

static void put_touched(unsigned long address, enum fake_page_kind kind)
{
	struct fake_page page = {
		.address = address, .span = 1, .node = find_room(), .mapcount = 1, .kind = kind
	};

	if (fake.room[page.node] > 0)
		fake.room[page.node]--;
	fake_put_page(&fake.space, &page);
}

/* What was touched goes back to where it has come from, or to where it was moved. */
static void give_back(unsigned long start, unsigned long end)
{
	for (unsigned i = fake_find_page(&fake.space, start); i < fake.space.page_count; i++) {
		const struct fake_page *page = &fake.space.pages[i];

		if (page->address >= end)
			break;
		if (fake.room[page->node] >= 0)
			fake.room[page->node] += (long)page->span;
	}
}

/* ---- real memory ---- */

/*
 * The library maps and unmaps single pages thousands of times in a test, and each time the real
 * kernel has to tell all processors. So small mappings are taken one after the other from a large
 * one, which is unmapped as a whole.
 */
enum { ARENA = 4 << 20, SMALL = 64 * FAKE_PAGE };

static unsigned long arena, arena_used;

static bool is_in_arena(unsigned long address)
{
	return address >= arena && address < arena + ARENA;
}

static bool is_arena_in_use(void)
{
	for (unsigned i = 0; i < fake.space.vma_count; i++)
		if (fake.space.vmas[i].real && is_in_arena(fake.space.vmas[i].start))
			return true;
	return false;
}

static long map_really(long address, long size, long prot, long flags)
{
	return real_syscall(SYS_mmap, address, size, prot, flags, -1, 0);
}

static long map_arena(void)
{
	long start;

	if (arena && !is_arena_in_use())
		real_syscall(SYS_munmap, (long)arena, ARENA, 0, 0, 0, 0);
	start = map_really(0, ARENA, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
	arena = start < 0 && start > -4096 ? 0 : (unsigned long)start;
	arena_used = 0;
	return start;
}

static long map_small(unsigned long size)
{
	if (!arena || arena_used + size > ARENA) {
		long start = map_arena();

		if (!arena)
			return start;
	}
	arena_used += size;
	return (long)(arena + arena_used - size);
}

static bool is_small(const struct fake_args *args)
{
	return args->a == 0 && args->e < 0 && round_up(args->b) <= SMALL &&
	       args->c == (PROT_READ | PROT_WRITE) &&
	       !(args->d & ~(long)(MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE));
}

/* What is in the arena goes with it. */
static long unmap_really(unsigned long start, unsigned long size)
{
	if (is_in_arena(start) && start + size <= arena + arena_used)
		return 0;
	return real_syscall(SYS_munmap, (long)start, (long)size, 0, 0, 0, 0);
}

/* ---- the calls ---- */

static enum fake_vma_kind kind_of(const struct fake_file *source)
{
	if (source->kind == FAKE_SECRET_FILE)
		return FAKE_SECRET;
	return source->kind == FAKE_PERF_EVENT && fake.kernel.ring_is_device ? FAKE_DEVICE
									     : FAKE_RING;
}

long fake_mmap(const struct fake_args *args)
{
	const struct fake_file *source = source_of(args->e);
	long flags = (args->d & ~(long)MAP_SHARED) | MAP_PRIVATE | MAP_ANONYMOUS;
	struct fake_vma vma = { .prot = (int)args->c, .real = true };
	long start;

	if (args->e >= 0 && !source)
		return -EBADF;
	if (source && source->kind == FAKE_SECRET_FILE && !(args->d & MAP_SHARED))
		return -EINVAL;
	start = is_small(args) ? map_small(round_up(args->b))
			       : map_really(args->a, args->b, args->c, flags);
	if (start < 0 && start > -4096)
		return start;
	vma.start = (unsigned long)start;
	vma.end = vma.start + round_up(args->b);
	if (source)
		vma.kind = kind_of(source);
	fake_map(&fake.space, &vma);
	/* A packet ring is filled with pages at once, a perf ring when they are touched. */
	if (source && source->kind == FAKE_PACKET_SOCKET)
		for (unsigned long at = vma.start; at < vma.end; at += FAKE_PAGE)
			put_touched(at, FAKE_UNISOLATABLE);
	return start;
}

long fake_munmap(const struct fake_args *args)
{
	unsigned long start = (unsigned long)args->a;
	unsigned long end = start + round_up(args->b);

	for (unsigned long at = start; at < end; at += FAKE_PAGE) {
		const struct fake_vma *vma = fake_vma_at(&fake.space, at);

		if (vma && !vma->real)
			fake.misuse = "munmap of memory that the library has not mapped";
	}
	give_back(start, end);
	fake_unmap(&fake.space, start, end);
	return unmap_really(start, end - start);
}

long fake_mprotect(const struct fake_args *args)
{
	unsigned long start = (unsigned long)args->a;
	unsigned long end = start + round_up(args->b);

	if (!fake_is_mapped(&fake.space, start, end))
		return -ENOMEM;
	fake_split(&fake.space, start);
	fake_split(&fake.space, end);
	for (unsigned i = fake_find_vma(&fake.space, start); i < fake.space.vma_count; i++) {
		struct fake_vma *vma = &fake.space.vmas[i];

		if (vma->start >= end)
			break;
		if (!vma->real)
			fake.misuse = "mprotect of memory that the library has not mapped";
		vma->prot = (int)args->c;
	}
	return real_syscall(SYS_mprotect, args->a, args->b, args->c, 0, 0, 0);
}

/* Advice is asked for that splits huge pages which mappings cut; there are none such. */
long fake_madvise(const struct fake_args *args)
{
	unsigned long start = (unsigned long)args->a;

	if (args->c != SB_MADV_COLD || start % FAKE_PAGE || args->b != FAKE_PAGE)
		fake.misuse = "madvise for something else";
	return fake_is_mapped(&fake.space, start, start + FAKE_PAGE) ? 0 : -ENOMEM;
}

long fake_msync(const struct fake_args *args)
{
	unsigned long start = (unsigned long)args->a;
	unsigned long end = start + round_up(args->b);

	if (args->c & ~(long)(MS_ASYNC | MS_INVALIDATE | MS_SYNC) || start % FAKE_PAGE)
		return -EINVAL;
	if (args->c != MS_ASYNC)
		fake.misuse = "msync that is more than a question";
	if (end < start)
		return -ENOMEM;
	return fake_is_mapped(&fake.space, start, end) ? 0 : -ENOMEM;
}

/* The simulated page cache has no page that is not mapped. */
long fake_mincore(const struct fake_args *args)
{
	unsigned long start = (unsigned long)args->a;
	unsigned long end = start + round_up(args->b);
	unsigned char *cached = fake_pointer(args->c);

	if (start % FAKE_PAGE)
		return -EINVAL;
	if (!fake_is_mapped(&fake.space, start, end))
		return -ENOMEM;
	for (unsigned long at = start; at < end; at += FAKE_PAGE)
		*cached++ = fake_page_at(&fake.space, at) != NULL;
	return 0;
}

static enum fake_page_kind touched_kind(const struct fake_vma *vma)
{
	static const enum fake_page_kind kinds[] = {
		[FAKE_ANON] = FAKE_MOVABLE,	  [FAKE_HUGETLB] = FAKE_MOVABLE,
		[FAKE_DEVICE] = FAKE_DEVICE_PAGE, [FAKE_RING] = FAKE_UNISOLATABLE,
		[FAKE_SECRET] = FAKE_PINNED,
	};

	return kinds[vma->kind];
}

static void see_touched_in(const struct fake_vma *vma)
{
	struct fake_vma seen = *vma;
	unsigned char resident[256];
	unsigned long count;

	for (unsigned long at = seen.start; at < seen.end; at += count * FAKE_PAGE) {
		count = (seen.end - at) / FAKE_PAGE;
		if (count > sizeof(resident))
			count = sizeof(resident);
		memset(resident, 0, count);
		real_syscall(SYS_mincore, (long)at, (long)(count * FAKE_PAGE),
			     (long)(uintptr_t)resident, 0, 0, 0);
		for (unsigned long i = 0; i < count; i++)
			if (resident[i] & 1 && !fake_page_at(&fake.space, at + i * FAKE_PAGE))
				put_touched(at + i * FAKE_PAGE, touched_kind(&seen));
	}
}

/* Memory is touched without a system call: ask the real kernel what has been. */
void fake_see_touched(void)
{
	for (unsigned i = 0; i < fake.space.vma_count; i++)
		if (fake.space.vmas[i].real)
			see_touched_in(&fake.space.vmas[i]);
}
