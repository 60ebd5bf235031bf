/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the memory of a segment is mapped, before its pages are touched. */
#ifndef RANDOM_MAPPINGS_H
#define RANDOM_MAPPINGS_H

#include "kinds.h"

kind_step map_hole, map_shmem, map_twin, map_pair, map_pool, map_file, map_thp, map_memfd;
kind_step map_hugetlb, map_hugetlb_memfd, map_hugetlb_twin;
kind_step map_thp_zero, map_folio, map_shmem_thp, map_shmem_thp_twin, map_sysv, map_device,
	map_secret;

#endif
