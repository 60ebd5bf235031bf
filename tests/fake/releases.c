/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What each release does, by mainline history: 4.0 6f4576e3687b, 5.3 a7f40cfe3b7a and d883544515aa,
 * 5.5 f18da660f56c, 6.6 24526268f4e3, 6.7 1cb5d11a370f; 6.1 to 6.4 also have 474098edac26.
 */
#include "kernel.h"

const struct fake_kernel fake_kernels[] = {
	{
		.release = "2.6.32",
		.holes = FAKE_HOLES_2_6,
		.misses_unmovable = true,
		.unisolated_not_counted = true,
		.untouched_is_fault = true,
		.modes = 4,
	},
	{
		.release = "4.20.17",
		.holes = FAKE_HOLES_4_0,
		.strict_ignores_misplaced = true,
		.misses_unmovable = true,
		.unisolated_not_counted = true,
		.huge_counts_as_one = true,
		.untouched_is_fault = true,
		.told_exclusive = true,
		.thread_self = true,
		.hugetlb_moves = true,
		.merges_new_nodes = true,
		.modes = 5,
	},
	{
		.release = "5.4.290-generic",
		.holes = FAKE_HOLES_4_0,
		.stops_at_unmovable = true,
		.half_done_before_hole = true,
		.unisolated_not_counted = true,
		.huge_counts_as_one = true,
		.untouched_is_fault = true,
		.fails_at_migrating = true,
		.told_exclusive = true,
		.thread_self = true,
		.hugetlb_moves = true,
		.merges_new_nodes = true,
		.modes = 5,
	},
	{
		.release = "5.10.262",
		.holes = FAKE_HOLES_5_5,
		.stops_at_unmovable = true,
		.half_done_before_hole = true,
		.unisolated_not_counted = true,
		.huge_counts_as_one = true,
		.untouched_is_fault = true,
		.fails_at_migrating = true,
		.told_exclusive = true,
		.thread_self = true,
		.hugetlb_moves = true,
		.merges_new_nodes = true,
		.modes = 5,
	},
	{
		.release = "6.1.192",
		.holes = FAKE_HOLES_5_5,
		.half_done_before_hole = true,
		.unisolated_not_counted = true,
		.huge_counts_as_one = true,
		.query_misses_prot_none = true,
		.untouched_is_fault = true,
		.fails_at_migrating = true,
		.numa_balancing_flag = true,
		.told_exclusive = true,
		.thread_self = true,
		.hugetlb_moves = true,
		.merges_new_nodes = true,
		.modes = 6,
	},
	{
		.release = "6.6.80",
		.holes = FAKE_HOLES_5_5,
		.half_done_before_hole = true,
		.unisolated_not_counted = true,
		.huge_counts_as_one = true,
		.untouched_is_fault = true,
		.fails_at_migrating = true,
		.numa_balancing_flag = true,
		.told_exclusive = true,
		.thread_self = true,
		.hugetlb_moves = true,
		.merges_new_nodes = true,
		.modes = 6,
	},
	{
		.release = "6.12.40",
		.holes = FAKE_HOLES_5_5,
		.huge_counts_as_one = true,
		.numa_balancing_flag = true,
		.told_exclusive = true,
		.thread_self = true,
		.pagemap_scan = true,
		.procmap_query = true,
		.hugetlb_moves = true,
		.merges_new_nodes = true,
		.modes = 7,
	},
	{
		.release = "7.3.0",
		.holes = FAKE_HOLES_5_5,
		.numa_balancing_flag = true,
		.ring_is_device = true,
		.told_exclusive = true,
		.thread_self = true,
		.pagemap_scan = true,
		.procmap_query = true,
		.hugetlb_moves = true,
		.merges_new_nodes = true,
		.modes = 7,
	},
};

const int fake_kernel_count = sizeof(fake_kernels) / sizeof(fake_kernels[0]);

const struct fake_kernel *fake_kernel(const char *release)
{
	size_t length = strlen(release);

	for (int i = 0; i < fake_kernel_count; i++)
		if (strncmp(fake_kernels[i].release, release, length) == 0)
			return &fake_kernels[i];
	return NULL;
}

const struct fake_kernel *fake_perfect_kernel(void)
{
	static struct fake_kernel perfect;

	perfect = *fake_kernel("6.12");
	perfect.release = "9.9.9";
	perfect.holes = FAKE_HOLES_FIRST;
	perfect.huge_counts_as_one = false;
	return &perfect;
}
