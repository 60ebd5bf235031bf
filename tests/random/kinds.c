/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kinds.h"

#include "machine.h"
#include "map_files.h"
#include "mappings.h"
#include "marks.h"

const struct kind_facts kind_facts[KIND_COUNT] = {
	[KIND_HOLE] = { "hole", 6, .map = map_hole, .untouched = true, .absent = true },
	[KIND_ANON] = { "anon", 24, .stamped = true, .bulk = true },
	[KIND_READONLY] = { "readonly", 5, .mark = mark_readonly, .stamped = true, .bulk = true },
	/* PROT_NONE, populated. */
	[KIND_INACCESSIBLE] = { "inaccessible", 6, .mark = mark_inaccessible, .inaccessible = true,
				.stamped = true, .bulk = true },
	[KIND_LOCKED] = { "locked", 3, .mark = mark_locked, .stamped = true },
	[KIND_UNTOUCHED] = { "untouched", 8, .untouched = true, .absent = true },
	/* Read but never written: the shared zero page. */
	[KIND_ZERO] = { "zero", 4, .absent = true },
	[KIND_SHMEM] = { "shmem", 6, .map = map_shmem, .file = true, .stamped = true,
			 .bulk = true },
	[KIND_SHMEM_INACCESSIBLE] = { "shmem-inaccessible", 2, .map = map_shmem,
				      .mark = mark_inaccessible, .inaccessible = true, .file = true,
				      .stamped = true },
	[KIND_MEMFD] = { "memfd", 3, .map = map_memfd, .file = true, .stamped = true,
			 .bulk = true },
	[KIND_SYSV] = { "sysv", 3, .map = map_sysv, .file = true, .stamped = true },
	/* Files, mapped shared; private and read; private and written. */
	[KIND_TMPFS] = { "tmpfs", 3, .map = map_tmpfs, .file = true, .stamped = true },
	[KIND_DISK] = { "disk", 3, .map = map_disk, .file = true, .stamped = true, .disk = true },
	[KIND_DISK_CLEAN] = { "disk-clean", 3, .map = map_disk_private, .file = true,
			      .disk = true },
	[KIND_DISK_DIRTY] = { "disk-dirty", 2, .map = map_disk_private, .file = true,
			      .stamped = true },
	/* Shared memory mapped a second time elsewhere in the process. */
	[KIND_TWIN] = { "twin", 5, .map = map_twin, .mark = mark_twin, .shared = true, .file = true,
			.stamped = true },
	/* Shared memory mapped twice, one mapping behind the other. */
	[KIND_PAIR] = { "pair", 2, .map = map_pair, .pair = true, .shared = true, .file = true,
			.stamped = true },
	/* A memfd mapped by another process too. */
	[KIND_POOL] = { "pool", 5, .map = map_pool, .pool = true, .shared = true, .file = true },
	/* A memfd, private mapping, only read. */
	[KIND_FILE] = { "file", 4, .map = map_file, .file = true },
	/* The same written: anonymous copies. */
	[KIND_FILE_DIRTY] = { "file-dirty", 4, .map = map_file, .file = true, .stamped = true },
	[KIND_FORKED] = { "forked", 1, .forked = true, .shared = true, .stamped = true },
	/* Equal pages that the kernel has merged. */
	[KIND_KSM] = { "ksm", 4, .mark = mark_ksm, .shared = true, .stamped = true,
		       .one_page = true },
	[KIND_GUARD] = { "guard", 3, .mark = mark_guard, .untouched = true, .absent = true },
	/* Watched by a userfaultfd: present, present and write-protected, not there. */
	[KIND_UFFD] = { "uffd", 3, .mark = mark_uffd, .stamped = true },
	[KIND_UFFD_PROTECTED] = { "uffd-protected", 2, .mark = mark_uffd_protected,
				  .stamped = true },
	[KIND_UFFD_MISSING] = { "uffd-missing", 2, .mark = mark_uffd, .untouched = true,
				.absent = true },
	[KIND_SWAPPED] = { "swapped", 5, .mark = mark_swapped, .stamped = true },
	/* /dev/mem: mapped memory without pages. */
	[KIND_DEVICE] = { "device", 4, .map = map_device, .untouched = true, .absent = true,
			  .file = true },
	[KIND_SECRET] = { "secret", 4, .map = map_secret, .stuck = true, .file = true,
			  .stamped = true, .one_node = true, .untold = true },
	/* Registered with an io_uring. */
	[KIND_URING] = { "uring", 5, .mark = mark_uring, .stuck = true, .stamped = true },
	[KIND_PINNED] = { "pinned", 6, .mark = mark_pinned, .stuck = true, .stamped = true },
	[KIND_PINNED_SHMEM] = { "pinned-shmem", 2, .map = map_shmem, .mark = mark_pinned,
				.stuck = true, .file = true, .stamped = true },
	[KIND_PINNED_POOL] = { "pinned-pool", 2, .map = map_pool, .mark = mark_pinned, .pool = true,
			       .shared = true, .stuck = true, .file = true },
	[KIND_PINNED_INACCESSIBLE] = { "pinned-inaccessible", 2, .mark = mark_pinned, .stuck = true,
				       .inaccessible = true, .stamped = true },
	[KIND_PERF] = { "perf", 5, .mark = mark_ring, .ring = true, .untouched = true,
			.stuck = true, .file = true },
	[KIND_PACKET] = { "packet", 6, .mark = mark_ring, .ring = true, .untouched = true,
			  .stuck = true, .file = true },
	[KIND_PACKET_TWIN] = { "packet-twin", 2, .mark = mark_ring, .ring = true, .untouched = true,
			       .shared = true, .stuck = true, .file = true },
	[KIND_THP] = { "thp", 5, SIZE_THP, .map = map_thp, .stamped = true },
	/* Mapped by base page entries. */
	[KIND_THP_SPLIT] = { "thp-split", 3, SIZE_THP, .map = map_thp, .mark = mark_split,
			     .stamped = true },
	/* Its last pages given back. */
	[KIND_THP_HOLED] = { "thp-holed", 2, SIZE_THP, .map = map_thp, .mark = mark_holed,
			     .stamped = true },
	/* Its first pages given back. */
	[KIND_THP_HEADLESS] = { "thp-headless", 2, SIZE_THP, .map = map_thp, .mark = mark_headless,
				.stamped = true },
	[KIND_THP_INACCESSIBLE] = { "thp-inaccessible", 2, SIZE_THP, .map = map_thp,
				    .mark = mark_inaccessible, .inaccessible = true,
				    .stamped = true },
	[KIND_THP_PINNED] = { "thp-pinned", 3, SIZE_THP, .map = map_thp, .mark = mark_pinned,
			      .stuck = true, .stamped = true },
	[KIND_THP_FORKED] = { "thp-forked", 1, SIZE_THP, .map = map_thp, .forked = true,
			      .shared = true, .stamped = true },
	[KIND_THP_LOCKED] = { "thp-locked", 1, SIZE_THP, .map = map_thp, .mark = mark_locked,
			      .stamped = true },
	/* Read but never written: the huge zero page. */
	[KIND_THP_ZERO] = { "thp-zero", 1, SIZE_THP, .map = map_thp_zero, .untouched = true,
			    .absent = true },
	[KIND_THP_URING] = { "thp-uring", 1, SIZE_THP, .map = map_thp, .mark = mark_uring,
			     .stuck = true, .stamped = true },
	[KIND_SHMEM_THP] = { "shmem-thp", 4, SIZE_THP, .map = map_shmem_thp, .file = true,
			     .stamped = true, .refault = true },
	/*
	 * Not picked: Linux 7 takes it for mapped once when a range cuts one of its mappings, and
	 * moves all of it, by the raw call too. Nobody can keep rule 10 there.
	 */
	[KIND_SHMEM_THP_TWIN] = { "shmem-thp-twin", 0, SIZE_THP, .map = map_shmem_thp_twin,
				  .mark = mark_twin, .shared = true, .file = true, .stamped = true,
				  .refault = true },
	[KIND_SHMEM_THP_PINNED] = { "shmem-thp-pinned", 1, SIZE_THP, .map = map_shmem_thp,
				    .mark = mark_pinned, .stuck = true, .file = true,
				    .stamped = true, .refault = true },
	[KIND_FOLIO] = { "folio", 6, SIZE_FOLIO, .map = map_folio, .stamped = true },
	[KIND_FOLIO_HOLED] = { "folio-holed", 2, SIZE_FOLIO, .map = map_folio, .mark = mark_holed,
			       .stamped = true },
	[KIND_FOLIO_HEADLESS] = { "folio-headless", 3, SIZE_FOLIO, .map = map_folio,
				  .mark = mark_headless, .stamped = true },
	[KIND_FOLIO_INACCESSIBLE] = { "folio-inaccessible", 2, SIZE_FOLIO, .map = map_folio,
				      .mark = mark_inaccessible, .inaccessible = true,
				      .stamped = true },
	[KIND_FOLIO_PINNED] = { "folio-pinned", 3, SIZE_FOLIO, .map = map_folio,
				.mark = mark_pinned, .stuck = true, .stamped = true },
	[KIND_FOLIO_FORKED] = { "folio-forked", 1, SIZE_FOLIO, .map = map_folio, .forked = true,
				.shared = true, .stamped = true },
	[KIND_HUGETLB] = { "hugetlb", 6, SIZE_HUGETLB, .map = map_hugetlb, .stamped = true },
	[KIND_HUGETLB_MEMFD] = { "hugetlb-memfd", 3, SIZE_HUGETLB, .map = map_hugetlb_memfd,
				 .file = true, .stamped = true },
	/* The same mapped a second time elsewhere. */
	[KIND_HUGETLB_TWIN] = { "hugetlb-twin", 2, SIZE_HUGETLB, .map = map_hugetlb_twin,
				.mark = mark_twin, .shared = true, .file = true, .stamped = true },
	[KIND_HUGETLB_FORKED] = { "hugetlb-forked", 1, SIZE_HUGETLB, .map = map_hugetlb,
				  .forked = true, .shared = true, .stamped = true },
	[KIND_HUGETLB_PINNED] = { "hugetlb-pinned", 3, SIZE_HUGETLB, .map = map_hugetlb,
				  .mark = mark_pinned, .stuck = true, .stamped = true },
	[KIND_HUGETLB_INACCESSIBLE] = { "hugetlb-inaccessible", 1, SIZE_HUGETLB, .map = map_hugetlb,
					.mark = mark_inaccessible, .inaccessible = true,
					.stamped = true },
	[KIND_HUGETLB_UNTOUCHED] = { "hugetlb-untouched", 1, SIZE_HUGETLB, .map = map_hugetlb,
				     .untouched = true, .absent = true },
};

size_t kind_unit(enum kind_size size)
{
	switch (size) {
	case SIZE_THP:
		return machine()->huge / machine()->page;
	case SIZE_HUGETLB:
		return machine()->hugetlb / machine()->page;
	case SIZE_FOLIO:
		return 0;
	default:
		return 1;
	}
}
