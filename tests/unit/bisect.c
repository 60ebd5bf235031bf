/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts of a range of any length, up to all addresses there are, come to its end. */
#include "work/bisect.h"
#include "run.h"

enum { PAGE = 4096, STEPS_MOST = 2000 };

/* Goes over the range: a part that is larger than trouble is taken again, smaller. */
static unsigned steps(unsigned long start, unsigned long end, unsigned long smallest,
		      unsigned long trouble)
{
	struct sb_bisect parts = sb_bisect_of(start, end, smallest);
	unsigned count = 0;

	for (; parts.at < end && count < STEPS_MOST; count++) {
		unsigned long before = parts.at, part_end = sb_bisect_end(&parts);

		must(part_end > before && part_end <= end, "%#lx-%#lx: a part ends at %#lx", start,
		     end, part_end);
		if (trouble && before <= trouble && trouble < part_end && sb_bisect_shrink(&parts))
			continue;
		sb_bisect_next_grow(&parts);
	}
	return count;
}

START_TEST(ends_come)
{
	static const unsigned long starts[] = { 0, PAGE, 1UL << 47, 1UL << 63 };
	unsigned long smallest = (unsigned long)PAGE << _i;

	for (unsigned i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		for (unsigned bits = 12; bits < 64; bits++)
			for (int less = 0; less < 2; less++) {
				unsigned long end = starts[i] + ((2UL << bits) - PAGE);

				if (less)
					end -= 1UL << bits;
				if (end < starts[i])
					continue;
				must(steps(starts[i], end, smallest, 0) < STEPS_MOST,
				     "%#lx-%#lx by %#lx: no end", starts[i], end, smallest);
				must(steps(starts[i], end, smallest, starts[i] + PAGE) < STEPS_MOST,
				     "%#lx-%#lx by %#lx: no end with trouble", starts[i], end,
				     smallest);
			}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("bisect");

	tcase_add_loop_test(tests, ends_come, 0, 20);
	return run_tests("bisect", tests);
}
