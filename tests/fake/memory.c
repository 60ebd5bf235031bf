/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mmap and its like: done by the real kernel, and entered into the model. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "calls.h"
#include "kernel.h"
#include "sys.h"

enum { POPULATE_WRITE = 23 }; /* of madvise, since 5.14 */

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

static void put_touched(unsigned long address, enum fake_page_kind kind)
{
	struct fake_page page = {
		.address = address, .span = 1, .node = fake.local, .mapcount = 1, .kind = kind
	};

	fake_put_page(&fake.space, &page);
}

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
	start = sb_syscall_kernel(SYS_mmap, args->a, args->b, args->c, flags, -1, 0);
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
	fake_unmap(&fake.space, start, end);
	return sb_syscall_kernel(SYS_munmap, args->a, args->b, 0, 0, 0, 0);
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
	return sb_syscall_kernel(SYS_mprotect, args->a, args->b, args->c, 0, 0, 0);
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

static enum fake_page_kind touched_kind(const struct fake_vma *vma)
{
	static const enum fake_page_kind kinds[] = {
		[FAKE_ANON] = FAKE_MOVABLE,
		[FAKE_HUGETLB] = FAKE_MOVABLE,
		[FAKE_DEVICE] = FAKE_DEVICE_PAGE,
		[FAKE_RING] = FAKE_UNISOLATABLE,
		[FAKE_SECRET] = FAKE_PINNED,
	};

	return kinds[vma->kind];
}

/* Only to populate memory: known for as long as secret memory is. */
long fake_madvise(const struct fake_args *args)
{
	unsigned long start = (unsigned long)args->a;
	unsigned long end = start + round_up(args->b);

	if (args->c != POPULATE_WRITE || !fake.kernel.secretmem)
		return -EINVAL;
	if (!fake_is_mapped(&fake.space, start, end))
		return -ENOMEM;
	for (unsigned long at = start; at < end; at += FAKE_PAGE) {
		const struct fake_vma *vma = fake_vma_at(&fake.space, at);

		if (!vma->real)
			fake.misuse = "madvise of memory that the library has not mapped";
		if (!fake_page_at(&fake.space, at))
			put_touched(at, touched_kind(vma));
	}
	return 0;
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
		sb_syscall_kernel(SYS_mincore, (long)at, (long)(count * FAKE_PAGE),
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
