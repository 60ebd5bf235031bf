/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kinds.h"

#include <stdio.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <time.h>

/* Most of a huge page is before the range: pages that are split from it take long to move one by
 * one. */
enum { PARTLY = 1 << 30 };

const struct kind kinds[] = {
	{ "anon", FEW, 0, false, 0, put_plain },
	{ "mlocked", FEW, 0, false, 0, put_locked },
	{ "prot-none", FEW, 0, false, 0, put_inaccessible },
	{ "userfaultfd", FEW, 0, false, 0, put_userfault },
	{ "untouched", FEW, 0, false, 0, put_untouched },
	{ "zero-page", FEW, 0, false, 0, put_zero },
	{ "guard", FEW, 0, false, 0, put_guard },
	{ "swapped-out", FEW, 0, false, 0, put_swapped },
	{ "device", FEW, 0, false, 0, put_device },
	{ "vdso", 0, 0, true, 0, put_vdso },
	{ "thp", HUGE, 0, false, 0, put_thp },
	{ "thp-part", HUGE, PARTLY, false, 0, put_thp },
	{ "thp-headless", HUGE, 0, false, IN_RULES, put_thp_headless },
	{ "thp-split", HUGE, 0, false, IN_RULES | IN_KINDS, put_thp_split },
	{ "thp-prot-none", HUGE, 0, false, IN_RULES, put_thp_inaccessible },
	{ "thp-pinned", HUGE, 0, false, IN_KINDS, put_thp_pinned },
	{ "thp-forked", HUGE, 0, false, IN_RULES, put_thp_forked },
	{ "folio-of-4", 4, 0, false, 0, put_folio_of_4 },
	{ "folio-of-8", 8, 0, false, IN_RULES, put_folio_of_8 },
	{ "folio-of-16", 16, 0, false, IN_RULES, put_folio_of_16 },
	{ "folio-of-16-part", 16, 5, false, IN_RULES, put_folio_of_16 },
	{ "folio-of-16-headless", 16, 0, false, IN_RULES, put_folio_headless },
	{ "folio-of-32", 32, 0, false, IN_RULES, put_folio_of_32 },
	{ "folio-of-64", 64, 0, false, IN_RULES, put_folio_of_64 },
	{ "folio-of-128", 128, 0, false, IN_RULES, put_folio_of_128 },
	{ "folio-of-256", 256, 0, false, IN_RULES, put_folio_of_256 },
	{ "shmem-thp", HUGE, 0, false, IN_RULES, put_shmem_thp },
	{ "shmem-thp-part", HUGE, PARTLY, false, IN_RULES, put_shmem_thp },
	{ "shmem-thp-part beside hugetlb", HUGE, PARTLY, false, IN_RULES,
	  put_shmem_thp_and_hugetlb },
	{ "shmem-thp-forked", HUGE, 0, false, IN_RULES, put_shmem_thp_forked },
	{ "shmem-thp-pinned", HUGE, 0, false, IN_RULES | IN_KINDS, put_shmem_thp_pinned },
	{ "shmem-thp-pinned-part", HUGE, PARTLY, false, IN_RULES | IN_KINDS, put_shmem_thp_pinned },
	{ "hugetlb", HUGE, 0, false, 0, put_hugetlb },
	{ "hugetlb-memfd", HUGE, 0, false, IN_RULES, put_hugetlb_memfd },
	{ "hugetlb-prot-none", HUGE, 0, false, IN_RULES, put_hugetlb_inaccessible },
	{ "hugetlb-forked", HUGE, 0, false, IN_RULES, put_hugetlb_forked },
	{ "hugetlb-pinned", HUGE, 0, false, 0, put_hugetlb_pinned },
	{ "shmem", FEW, 0, false, 0, put_shmem },
	{ "memfd", FEW, 0, false, 0, put_memfd },
	{ "sysv", FEW, 0, false, 0, put_sysv },
	{ "tmpfs-private-clean", FEW, 0, false, 0, put_tmpfs_clean },
	{ "tmpfs-private-dirty", FEW, 0, false, 0, put_tmpfs_dirty },
	{ "tmpfs-shared", FEW, 0, false, 0, put_tmpfs_shared },
	{ "disk-private-clean", FEW, 0, false, 0, put_disk_clean },
	{ "disk-private-dirty", FEW, 0, false, 0, put_disk_dirty },
	{ "disk-shared", FEW, 0, false, 0, put_disk_shared },
	{ "mapped-twice", FEW, 0, false, 0, put_twice },
	{ "forked", FEW, 0, false, 0, put_forked },
	{ "ksm", FEW, 0, false, 0, put_ksm },
	{ "pinned", FEW, 0, false, 0, put_pins },
	{ "pinned-many", MANY, 0, false, 0, put_many_pins },
	{ "ring", FEW, 0, false, 0, put_ring_page },
	{ "io-uring", FEW, 0, false, 0, put_uring },
	{ "secretmem", FEW, 0, false, 0, put_secret },
};

const size_t kind_count = sizeof(kinds) / sizeof(kinds[0]);

/* The vdso can only be bound as a whole: its mapping cannot be split. */
static size_t vdso_pages(void)
{
	unsigned long vdso = getauxval(AT_SYSINFO_EHDR), from, to;
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	size_t pages = 1;

	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2 && from == vdso)
			pages = (to - from) / machine()->page;
	if (maps)
		fclose(maps);
	return pages;
}

size_t kind_outside(const struct kind *kind)
{
	return kind->outside == PARTLY ? MOST_OF_HUGE : kind->outside;
}

size_t kind_pages(const struct kind *kind)
{
	if (kind->pages == HUGE)
		return HUGE_PAGES;
	return kind->pages ? kind->pages : vdso_pages();
}

void note_mapped(size_t first, size_t count, bool present)
{
	for (size_t i = first; i < first + count; i++) {
		stage.cells[i].mapped = true;
		stage.cells[i].present = present;
	}
}

bool map_at(size_t first, size_t count, int flags, int fd)
{
	char *at = stage_page(first);

	return mmap(at, count * machine()->page, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd,
		    0) == at;
}

void note_shared(size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++)
		stage.cells[i].shared = true;
}

void note_stuck(size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++)
		stage.cells[i].stuck = true;
}

void note_huge(size_t first, size_t count)
{
	note_mapped(first, count, true);
	for (size_t i = first; i < first + count; i++)
		stage.cells[i].huge = true;
}

void nap(long milliseconds)
{
	struct timespec time = { .tv_nsec = milliseconds * 1000000 };

	nanosleep(&time, NULL);
}
