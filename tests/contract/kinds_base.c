/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Base pages of a process alone, and mappings without pages. */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kinds.h"
#include "rights.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

const char *put_plain(size_t first)
{
	put_anon(first, FEW, pages_home());
	return NULL;
}

const char *put_locked(size_t first)
{
	put_anon(first, FEW, pages_home());
	return mlock(stage_page(first), FEW * machine()->page) ? "mlock is refused" : NULL;
}

const char *put_inaccessible(size_t first)
{
	put_anon(first, FEW, pages_home());
	mprotect(stage_page(first), FEW * machine()->page, PROT_NONE);
	for (size_t i = first; i < first + FEW; i++)
		stage.cells[i].inaccessible = true;
	return NULL;
}

/* Kernels before 5.11 do not know the flag that ordinary users need from then on. */
static int open_userfault(void)
{
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);

	return fd >= 0 ? fd : (int)syscall(SYS_userfaultfd, O_CLOEXEC);
}

/* Watched for missing pages; these are there. */
const char *put_userfault(size_t first)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register area = {
		.range = { (unsigned long)stage_page(first), FEW * machine()->page },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = open_userfault();

	if (fd < 0)
		return "userfaultfd is refused";
	keep_file(fd);
	put_anon(first, FEW, pages_home());
	if (ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &area))
		return "userfaultfd is refused";
	return NULL;
}

/* Nothing that is counted --------------------------------------------------------------------- */

const char *put_untouched(size_t first)
{
	note_mapped(first, FEW, false);
	return map_at(first, FEW, MAP_PRIVATE | MAP_ANONYMOUS, -1) ? NULL : "no memory";
}

const char *put_zero(size_t first)
{
	const char *why = put_untouched(first);

	for (size_t i = first; !why && i < first + FEW; i++)
		(void)*(volatile char *)stage_page(i);
	/* Some hosted kernels do, at times. */
	if (!why && node_of(stage_page(first)) >= 0)
		why = "this kernel gives what is only read pages of its own";
	return why;
}

const char *put_guard(size_t first)
{
	const char *why = put_untouched(first);

	if (!why && madvise(stage_page(first), FEW * machine()->page, MADV_GUARD_INSTALL))
		why = "this kernel has no guard regions";
	return why;
}

const char *put_swapped(size_t first)
{
	if (!has_swap())
		return "no swap";
	put_anon(first, FEW, pages_home());
	note_mapped(first, FEW, false);
	for (size_t i = first; i < first + FEW; i++)
		stage.cells[i].swapped = true;
	/* A page that was used a moment ago may need a second try. */
	for (int i = 0; i < 50; i++) {
		if (madvise(stage_page(first), FEW * machine()->page, MADV_PAGEOUT))
			return "this kernel cannot be asked to swap out";
		if (page_swapped(stage_page(first)) && page_swapped(stage_page(first + 1)))
			return NULL;
		nap(2);
	}
	return "nothing is swapped out";
}

static bool put_device_ring(size_t first)
{
	bool opened = ring_open(&stage.device, RING_PERF, pages_home(), 1);

	run_on_node(machine()->node[0]);
	return opened && stage.device.device && ring_put(&stage.device, 0, stage_page(first));
}

/* Two device pages, or one beside a page that nobody has touched. */
const char *put_device(size_t first)
{
	/* The BIOS, which even careful kernels let root read. */
	const off_t bios = 0xf0000;
	size_t len = FEW * machine()->page;
	int fd = device_memory();
	void *at = MAP_FAILED;

	if (fd >= 0)
		at = mmap(stage_page(first), len, PROT_READ, MAP_SHARED | MAP_FIXED, fd, bios);
	if (at == MAP_FAILED && (put_untouched(first) || !put_device_ring(first)))
		return "no device mapping";
	note_mapped(first, FEW, false);
	return NULL;
}

const char *put_vdso(size_t first)
{
	stage.base = (char *)getauxval(AT_SYSINFO_EHDR);
	if (!stage.base) {
		stage.count = 0;
		return "no vdso";
	}
	note_mapped(first, stage.count, false);
	for (size_t i = first; i < stage.count; i++)
		stage.cells[i].unseen = true;
	return NULL;
}
