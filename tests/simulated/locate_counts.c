/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * strictbind_locate() counts by a walk, by numa_maps, or by both. Which it is depends on the size
 * of the process; what is counted does not.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "run.h"
#include "scene.h"

enum { NODES = 64, SMALL_KB = 4000 };
#define HUGE_KB (1UL << 32)

struct counts {
	unsigned long pages[NODES];
	unsigned long unknown;
};

static struct counts located(unsigned long first, unsigned long count)
{
	struct counts counts;
	int saved = errno;

	/* The addresses are of no memory of this process. */
	ck_assert_int_eq(strictbind_locate(0, (void *)at(first), count * FAKE_PAGE, counts.pages,
					   NODES, &counts.unknown),
			 0);
	ck_assert_int_eq(errno, saved);
	ck_assert_ptr_null(fake_leftover());
	return counts;
}

static struct counts expected(unsigned long first, unsigned long count)
{
	struct counts counts = { .unknown = 0 };

	for (unsigned i = fake_find_page(&fake.space, at(first)); i < fake.space.page_count; i++) {
		const struct fake_page *page = &fake.space.pages[i];
		unsigned long start = page->address, end = fake_page_end(page);

		if (start >= at(first + count))
			break;
		if (page->kind == FAKE_ZERO || page->kind == FAKE_DEVICE_PAGE)
			continue;
		start = start < at(first) ? at(first) : start;
		end = end > at(first + count) ? at(first + count) : end;
		counts.pages[page->node] += (end - start) / FAKE_PAGE;
	}
	return counts;
}

static bool is_right(const struct counts *found, const struct counts *due)
{
	unsigned long more = 0;

	for (int node = 0; node < NODES; node++) {
		if (found->pages[node] > due->pages[node])
			return false;
		more += due->pages[node] - found->pages[node];
	}
	if (fake.kernel.query_misses_prot_none)
		return found->unknown <= more;
	return more == 0 && found->unknown == 0;
}

static void check(unsigned long first, unsigned long count, const char *what)
{
	struct counts due = expected(first, count);
	struct counts found = located(first, count);

	must(is_right(&found, &due),
	     "%s, %s: %lu pages from %lu: %lu/%lu %lu/%lu %lu/%lu %lu/%lu unknown %lu",
	     fake.kernel.release, what, count, first, found.pages[0], due.pages[0], found.pages[1],
	     due.pages[1], found.pages[2], due.pages[2], found.pages[3], due.pages[3],
	     found.unknown);
}

/* ---- scenes ---- */

static void put(unsigned long first, unsigned span, int node, enum fake_page_kind kind)
{
	struct fake_page page = {
		.address = at(first), .span = span, .node = node, .mapcount = 1, .kind = kind
	};

	fake_put_page(&fake.space, &page);
}

static unsigned long add_huge(struct rng *rng, unsigned long first)
{
	unsigned long start = ((at(first) + FAKE_HUGE - 1) & -(unsigned long)FAKE_HUGE) - at(0);
	unsigned long count = 512UL * (1 + rng_below(rng, 2));
	struct fake_vma *vma;

	start /= FAKE_PAGE;
	vma = scene_map(start, count);
	vma->kind = rng_one_in(rng, 2) ? FAKE_HUGETLB : FAKE_ANON;
	for (unsigned long page = start; page < start + count; page += 512)
		if (!rng_one_in(rng, 4))
			put(page, 512, (int)rng_below(rng, 4), FAKE_MOVABLE);
	return start + count;
}

static unsigned long add_base(struct rng *rng, unsigned long first)
{
	unsigned long count = 1 + rng_below(rng, rng_one_in(rng, 2) ? 1500 : 300);
	unsigned odds = rng_one_in(rng, 2) ? 1 : 1 + rng_below(rng, 100);
	struct fake_vma *vma = scene_map(first, count);
	unsigned budget = 250;

	if (rng_one_in(rng, 5))
		vma->prot = PROT_NONE;
	for (unsigned long page = first; page < first + count && budget; page++)
		if (rng_one_in(rng, odds)) {
			put(page, 1, (int)rng_below(rng, 4),
			    rng_one_in(rng, 9) ? FAKE_ZERO : FAKE_MOVABLE);
			budget--;
		}
	return first + count;
}

static unsigned long add_device(unsigned long first)
{
	scene_map(first, 3)->kind = FAKE_DEVICE;
	put(first + 1, 1, 0, FAKE_DEVICE_PAGE);
	return first + 3;
}

/* Returns its length. */
static unsigned long build(struct rng *rng)
{
	unsigned long page = rng_below(rng, 8);

	scene_clear();
	while (page < 6000 && fake.space.page_count < FAKE_MAX_PAGES - 700) {
		if (rng_one_in(rng, 4))
			page += rng_below(rng, rng_one_in(rng, 2) ? 3 : 1500);
		if (rng_one_in(rng, 6))
			page = add_huge(rng, page);
		else if (rng_one_in(rng, 8))
			page = add_device(page);
		else
			page = add_base(rng, page);
	}
	return page;
}

START_TEST(random_ranges)
{
	static const unsigned long sizes[] = { 40, SMALL_KB, 40000, HUGE_KB };

	fake_boot(&fake_kernels[_i], 4);
	for (unsigned long seed = 0; seed < 150; seed++) {
		struct rng rng = { seed };
		unsigned long end = build(&rng);

		for (unsigned i = 0; i < 4; i++) {
			unsigned long first = rng_below(&rng, 300), cut = rng_below(&rng, 600);

			fake.resident_kb = sizes[i];
			check(0, end + 10, "all");
			check(first, end - cut - first, "most");
			check(rng_below(&rng, 3000), 1 + rng_below(&rng, 3000), "some");
		}
	}
}
END_TEST

/* 1500 pages in 8000, and others on both sides that belong to the same mapping. */
static void build_one(unsigned long below, unsigned long above)
{
	scene_clear();
	fake_unmap(&fake.space, SCENE - FAKE_HUGE, SCENE);
	scene_map(0, below + 8000 + above);
	for (unsigned i = 0; i < 1500; i++)
		put(below + i * (i < 750 ? 1 : 5), 1, (int)i % 3, FAKE_MOVABLE);
	for (unsigned i = 0; i < below; i += 2)
		put(i, 1, 3, FAKE_MOVABLE);
	for (unsigned i = 0; i < above; i += 2)
		put(below + 8000 + i, 1, 3, FAKE_MOVABLE);
}

static unsigned queries(unsigned long first)
{
	fake_count();
	check(first, 8000, "one mapping");
	return fake_calls_of(SYS_move_pages);
}

START_TEST(numa_maps_instead_of_queries)
{
	static const unsigned edges[][2] = { { 0, 0 }, { 40, 0 }, { 0, 40 }, { 40, 60 } };

	for (unsigned i = 0; i < 4; i++) {
		unsigned with, without;

		fake_boot(&fake_kernels[_i], 4);
		fake.resident_kb = SMALL_KB;
		build_one(edges[i][0], edges[i][1]);
		queries(edges[i][0]);
		with = queries(edges[i][0]);
		fake_fail(SYS_openat, EACCES)->path = "numa_maps";
		without = queries(edges[i][0]);
		must(2 * with < without, "%s: %u and %u calls", fake.kernel.release, with, without);
	}
}
END_TEST

/* It would cost more than it is good for, so what is in it plays no part. */
START_TEST(no_numa_maps_for_part_of_a_large_process)
{
	fake_boot(&fake_kernels[_i], 4);
	build_one(40, 40);
	fake.text_of[FAKE_NUMA_MAPS] = "200000000000 default N0=99 kernelpagesize_kB=4\n";
	fake.resident_kb = HUGE_KB;
	queries(40);
	fake.resident_kb = SMALL_KB;
	check(40, 1000, "a small range");
	check(2000, 1200, "a small part of a mapping");
}
END_TEST

/* What would have to be taken away again is much more than what is in the range. */
START_TEST(dense_memory_beside_the_range)
{
	unsigned with, without;

	fake_boot(&fake_kernels[_i], 4);
	fake.resident_kb = SMALL_KB;
	scene_clear();
	scene_map(0, 9900);
	for (unsigned i = 0; i < 1900; i += 2)
		put(i, 1, 3, FAKE_MOVABLE);
	for (unsigned i = 0; i < 500; i++)
		put(1900 + i, 1, 1, FAKE_MOVABLE);
	queries(1900);
	with = queries(1900);
	fake_fail(SYS_openat, EACCES)->path = "numa_maps";
	without = queries(1900);
	must(with <= without + 8, "%s: %u and %u calls", fake.kernel.release, with, without);
}
END_TEST

START_TEST(files_that_cannot_be_read)
{
	static const char *const paths[] = { "numa_maps", "/maps", "status", "auxv" };

	for (unsigned i = 0; i < 4; i++) {
		fake_boot(&fake_kernels[_i], 4);
		fake.resident_kb = SMALL_KB;
		build_one(20, 20);
		fake_fail(SYS_openat, EACCES)->path = paths[i];
		queries(20);
	}
	for (unsigned skip = 0; skip < 40; skip++) {
		fake_boot(&fake_kernels[_i], 4);
		fake.resident_kb = SMALL_KB;
		fake.read_max = 64;
		build_one(20, 20);
		fake_fail(SYS_read, EIO)->skip = skip;
		queries(20);
	}
}
END_TEST

START_TEST(more_nodes_in_a_mapping_than_usual)
{
	unsigned long pages[FAKE_MAX_NODES];

	fake_boot(&fake_kernels[_i], FAKE_MAX_NODES);
	fake.resident_kb = SMALL_KB;
	scene_map(0, 8000);
	for (int i = 0; i < 1500; i++)
		put((unsigned long)i * 5, 1, i % FAKE_MAX_NODES, FAKE_MOVABLE);
	ck_assert_int_eq(strictbind_locate(0, (void *)at(0), 8000UL * FAKE_PAGE, pages,
					   FAKE_MAX_NODES, NULL),
			 0);
	for (int node = 0; node < FAKE_MAX_NODES; node++)
		ck_assert_uint_eq(pages[node], node < 1500 - FAKE_MAX_NODES ? 2 : 1);
}
END_TEST

/* ---- what others do outside of the range ---- */

enum { BELOW = 40, ABOVE = 60 };
static unsigned when;
static void (*what)(void);

static void interfere(unsigned call)
{
	if (call == when)
		what();
}

static void touch_above(void)
{
	put(BELOW + 8000 + 1, 1, 0, FAKE_MOVABLE);
}

static void touch_below(void)
{
	put(1, 1, 0, FAKE_MOVABLE);
}

static void move_others(void)
{
	for (unsigned i = 0; i < fake.space.page_count; i++)
		if (fake.space.pages[i].node == 3)
			fake.space.pages[i].node = 2;
}

static void unmap_below(void)
{
	fake_unmap(&fake.space, at(0), at(BELOW));
}

static void unmap_above(void)
{
	fake_unmap(&fake.space, at(BELOW + 8000), at(BELOW + 8000 + ABOVE));
}

/* As a mapping made beside another becomes one with it. */
static void grow(void)
{
	unsigned last = fake_find_vma(&fake.space, at(BELOW + 7999));

	fake.space.vmas[last].end += 10UL * FAKE_PAGE;
	put((fake.space.vmas[last].end - at(0)) / FAKE_PAGE - 1, 1, 1, FAKE_MOVABLE);
}

static void grow_down(void)
{
	unsigned first = fake_find_vma(&fake.space, at(BELOW));

	fake.space.vmas[first].start -= 10UL * FAKE_PAGE;
	put(0UL - (at(0) - fake.space.vmas[first].start) / FAKE_PAGE, 1, 1, FAKE_MOVABLE);
}

START_TEST(changes_outside_of_the_range)
{
	static void (*const actions[])(void) = { touch_above, touch_below, move_others, unmap_below,
						 unmap_above, grow,	   grow_down };

	fake_boot(&fake_kernels[_i], 4);
	queries(0);
	for (unsigned edges = 0; edges < 4; edges++)
		for (unsigned i = 0; i < 7; i++)
			for (when = 1; when == 1 || when - 1 <= fake.calls; when++) {
				fake.resident_kb = SMALL_KB;
				build_one(BELOW, ABOVE);
				if (edges & 1)
					unmap_below();
				if (edges & 2)
					unmap_above();
				what = actions[i];
				fake_count();
				fake.before_call = interfere;
				check(BELOW, 8000, "a change outside");
				fake.before_call = NULL;
			}
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("locate_counts");

	tcase_add_loop_test(tests, random_ranges, 0, fake_kernel_count);
	tcase_add_loop_test(tests, numa_maps_instead_of_queries, 0, fake_kernel_count);
	tcase_add_loop_test(tests, no_numa_maps_for_part_of_a_large_process, 0, fake_kernel_count);
	tcase_add_loop_test(tests, dense_memory_beside_the_range, 0, fake_kernel_count);
	tcase_add_loop_test(tests, files_that_cannot_be_read, 0, fake_kernel_count);
	tcase_add_loop_test(tests, more_nodes_in_a_mapping_than_usual, 0, fake_kernel_count);
	tcase_add_loop_test(tests, changes_outside_of_the_range, 0, fake_kernel_count);
	return run_tests("locate_counts", tests);
}
