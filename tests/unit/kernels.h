/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernels that plans are made for, by what they do. */
#ifndef UNIT_KERNELS_H
#define UNIT_KERNELS_H

#include <check.h>
#include <string.h>

#include "kernel/quirks.h"

#define BIT(quirk) (1U << (quirk))

/* What all releases have. */
#define LASTING                                                                                    \
	(BIT(SB_EIO_HIDES_HOLE) | BIT(SB_COUNT_UNIT_VARIES) | BIT(SB_PLACES_OUTSIDE) |             \
	 BIT(SB_STOPS_WITHOUT_ROOM))
/* What they had up to 6.6. */
#define UP_TO_6_6                                                                                  \
	(LASTING | BIT(SB_UNISOLATED_NOT_COUNTED) | BIT(SB_LOCKED_WHILE_MOVING) |                  \
	 BIT(SB_LEAVES_MOVABLE))

static const struct kernel {
	const char *name;
	unsigned quirks;
} kernels[] = {
	{ "4.20", UP_TO_6_6 | BIT(SB_STRICT_IGNORES_MISPLACED) | BIT(SB_MISSES_UNMOVABLE) |
			  BIT(SB_MISSES_TAIL_HOLE) | BIT(SB_DEVICE_TAKEN_FOR_HOLE) |
			  BIT(SB_STRICT_IGNORES_HUGETLB) },
	{ "el8.10", UP_TO_6_6 | BIT(SB_STOPS_AT_UNMOVABLE) | BIT(SB_HALF_DONE_BEFORE_HOLE) |
			    BIT(SB_STRICT_IGNORES_HUGETLB) },
	{ "5.4", UP_TO_6_6 | BIT(SB_STOPS_AT_UNMOVABLE) | BIT(SB_HALF_DONE_BEFORE_HOLE) |
			 BIT(SB_MISSES_TAIL_HOLE) | BIT(SB_DEVICE_TAKEN_FOR_HOLE) |
			 BIT(SB_STRICT_IGNORES_HUGETLB) },
	{ "5.10", UP_TO_6_6 | BIT(SB_STOPS_AT_UNMOVABLE) | BIT(SB_HALF_DONE_BEFORE_HOLE) },
	{ "6.1", UP_TO_6_6 | BIT(SB_HALF_DONE_BEFORE_HOLE) | BIT(SB_QUERY_MISSES_PROT_NONE) },
	{ "el9.6", LASTING | BIT(SB_LOCKED_WHILE_MOVING) | BIT(SB_LEAVES_MOVABLE) },
	{ "6.12", LASTING },
};

static inline unsigned quirks_of_kernel(const char *name)
{
	for (size_t i = 0; i < sizeof(kernels) / sizeof(*kernels); i++)
		if (!strcmp(kernels[i].name, name))
			return kernels[i].quirks;
	ck_abort_msg("no kernel %s", name);
	return 0;
}

#endif
