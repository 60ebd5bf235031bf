/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /proc that is missing, hidden, short, long or misleading. A count is right or it is
 * STRICTBIND_UNKNOWN; what the call does is not affected.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "pages/mounts.h"
#include "pages/numa_maps.h"
#include "pages/smaps.h"
#include "run.h"
#include "scene.h"

enum { STRICT = 1, MOVE = 2 };

static struct fake_space before;

static void build(const struct fake_kernel *kernel)
{
	fake_boot(kernel, 4);
	scene_pages(0, 8, 0);
	scene_page(8, 0, FAKE_UNISOLATABLE);
	scene_pages(9, 4, 0)->mapcount = 2;
	scene_pages(13, 3, 1)->kind = FAKE_PINNED;
	scene_pages(16, 4, 0)->kind = FAKE_PINNED;
	fake.space.vmas[fake_find_vma(&fake.space, at(16))].prot = PROT_NONE;
}

static struct migration migration_away(int nodes)
{
	return (struct migration){ .from = mask_of(fake_first_nodes(nodes)),
				   .to = mask_of(fake_one_node(2)),
				   .counted = true };
}

static void check_migration(unsigned leeway, const char *what)
{
	struct migration migration = migration_away(2);
	struct outcome outcome;
	const char *broken;

	broken = judge_new_migration(&migration, &outcome, leeway);
	must(!broken, "%s, %s: %s: %ld errno %d unmoved %ld shared %ld first %p",
	     fake.kernel.release, what, broken, outcome.result, outcome.error,
	     (long)outcome.report.unmoved, (long)outcome.report.shared,
	     outcome.report.first_unmoved);
}

static void check_bind(unsigned flags, unsigned leeway, const char *what)
{
	struct bind bind = scene_bind(0, 20, 2, flags);
	struct outcome outcome;
	const char *broken;

	bind.counted = true;
	copy_space(&before, &fake.space);
	outcome = do_bind(&bind);
	broken = judge_bind(&bind, &before, &outcome, leeway);
	if (!broken)
		broken = fake_leftover();
	must(!broken, "%s, %s: %s\n%s", fake.kernel.release, what, broken,
	     scene_describe(&bind, &outcome));
}

/* What old releases cannot tell anyway. */
static unsigned leeway(void)
{
	return fake.kernel.told_exclusive ? 0
					  : COUNTS_MAY_BE_UNKNOWN | COUNT_BY_KERNEL | SHARED_IS_EIO;
}

static void check_all(unsigned more, const char *what)
{
	for (int nice = 0; nice < 2; nice++) {
		static struct fake_space start;

		fake.nice = nice;
		copy_space(&start, &fake.space);
		check_migration(leeway() | more, what);
		copy_space(&fake.space, &start);
		for (unsigned flags = 0; flags < 4; flags++) {
			copy_space(&fake.space, &start);
			check_bind(flags, leeway() | more, what);
		}
		copy_space(&fake.space, &start);
	}
}

enum { UNKNOWN = COUNTS_MAY_BE_UNKNOWN | COUNT_BY_KERNEL | SHARED_IS_EIO };

START_TEST(short_reads)
{
	static const unsigned sizes[] = { 1, 2, 7, 13, 64, 1000, 1024 };

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		build(&fake_kernels[_i]);
		fake.read_max = sizes[i];
		check_all(fake.kernel.query_misses_prot_none ? UNKNOWN : 0, "short reads");
	}
}
END_TEST

START_TEST(no_proc)
{
	build(&fake_kernels[_i]);
	fake.proc = false;
	check_all(UNKNOWN, "no /proc");
}
END_TEST

static const char *const hidden[] = { "pagemap", "numa_maps", "/maps", "status", "proc" };

START_TEST(hidden_files)
{
	static const int errors[] = { EACCES, EPERM, ENOENT, EMFILE, ENFILE };

	for (unsigned i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		for (unsigned e = 0; e < 5; e++) {
			build(&fake_kernels[_i]);
			fake_fail(SYS_openat, errors[e])->path = hidden[i];
			check_all(UNKNOWN, hidden[i]);
		}
}
END_TEST

/* As sandboxes have it. */
START_TEST(a_page_map_of_zeros)
{
	build(&fake_kernels[_i]);
	fake.pagemap_zero = true;
	check_all(UNKNOWN, "page map of zeros");
}
END_TEST

START_TEST(a_count_without_numa_maps_is_unknown)
{
	struct migration migration = migration_away(2);
	struct outcome outcome;

	build(&fake_kernels[_i]);
	fake_fail(SYS_openat, EACCES)->path = "numa_maps";
	outcome = do_migration(&migration);
	ck_assert_uint_eq(outcome.report.unmoved, STRICTBIND_UNKNOWN);
	ck_assert_int_eq(outcome.error, 0);
	ck_assert_int_ge(outcome.result, 0);
}
END_TEST

static char long_name[4200];

static const char *const names[] = {
	"/tmp/a file N0=5 N1=7 mapmax=9 kernelpagesize_kB=2048",
	"/tmp/N0=5",
	"N0=5",
	"N1=99999999999999999999999",
	"/tmp/new\nline 10000-20000 N0=5",
	"/memfd:x (deleted) N0=1",
	"/tmp/a [vdso]",
	"/tmp/[vvar] b",
	"/tmp/\\040N0=5",
	"=",
	long_name,
};

/* The kernel escapes blanks and '=' in numa_maps, and only line ends in maps. */
START_TEST(misleading_file_names)
{
	const char *piece = "/N0=5 mapmax=3 7f0000000000-7f0000001000 ";

	for (size_t i = 0; i + strlen(piece) < sizeof(long_name); i += strlen(piece))
		memcpy(long_name + i, piece, strlen(piece));
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		build(&fake_kernels[_i]);
		for (unsigned j = 0; j < fake.space.vma_count; j++)
			fake.space.vmas[j].name = names[i];
		check_all(fake.kernel.query_misses_prot_none ? UNKNOWN : 0, names[i]);
	}
}
END_TEST

START_TEST(names_of_every_length_around_the_buffer)
{
	static char name[1100];

	for (size_t length = 900; length < 1090; length++) {
		build(fake_kernel("6.12"));
		memset(name, 'N', length);
		name[length] = '\0';
		for (unsigned j = 0; j < fake.space.vma_count; j++)
			fake.space.vmas[j].name = name;
		check_migration(0, "long names");
	}
}
END_TEST

static const char *const garbage[] = {
	"",
	"\n",
	"\n\n\n \n",
	" ",
	"x",
	"N0=1",
	"N0=1 N0=1\n",
	"ffffffffffffffffffffffffffff default N0=1\n",
	"200000000000 default N0=99999999999999999999999999\n",
	"zzz default N0=3 mapmax=\n",
	"200000000000 default N99999999999999=3 N-1=4 N=5 N1024=7 N1=\n",
	"200000000000 default anon=1 N0=1 kernelpagesize_kB=0\n",
	"200000000000 default anon=1 N0=1 kernelpagesize_kB=18446744073709551615\n",
	"200000000000-100000000000 rw-p\n",
	"-\n-\n-\n",
	"1ffffffe0000-200000100000 rwxp 00000000 00:00 0\n",
	"\x01\x02\xff\xfe\n",
};
enum { GARBAGE = sizeof(garbage) / sizeof(garbage[0]) };

/* No kernel prints that. Anything may be counted, but it must end, not crash and leave nothing. */
START_TEST(garbage_is_survived)
{
	for (int i = 0; i < GARBAGE; i++)
		for (int kind = FAKE_MAPS; kind < FAKE_FILE_KINDS; kind++)
			for (int both = 0; both < 1; both++) {
				struct migration migration = migration_away(2);
				struct bind bind = scene_bind(0, 20, 2, STRICT | MOVE);

				if (kind == FAKE_PAGEMAP)
					continue;
				build(&fake_kernels[_i]);
				fake.call_limit = 100000;
				fake.text_of[kind] = garbage[i];
				if (both)
					fake.text_of[FAKE_MAPS] = garbage[(i * 7 + 3) % GARBAGE];
				do_migration(&migration);
				bind.counted = true;
				do_bind(&bind);
				bind.flags = STRICT;
				do_bind(&bind);
				bind = scene_bind(25, 10, 2, 0);
				bind.mode = 0;
				bind.mask = mask_none();
				do_bind(&bind);
				ck_assert_ptr_null(fake_leftover());
			}
}
END_TEST

/* What the line before has left in the buffer is no end of a mapping. */
START_TEST(a_line_of_maps_without_an_end)
{
	struct sb_words words;
	struct sb_maps_line line;

	build(fake_kernel("6.12"));
	fake.text_of[FAKE_MAPS] = "200000000000-200000001000 rw-p\n200000002000\n\n";
	ck_assert_int_eq(sb_words_open(&words, 0, "maps"), 0);
	ck_assert(sb_maps_next(&words, &line));
	ck_assert_uint_eq(line.end, 0x200000001000);
	ck_assert(sb_maps_next(&words, &line));
	ck_assert_uint_eq(line.start, 0x200000002000);
	ck_assert_uint_eq(line.end, 0);
	ck_assert(sb_maps_next(&words, &line));
	ck_assert_uint_eq(line.end, 0);
	ck_assert(!sb_maps_next(&words, &line));
	sb_words_close(&words);
}
END_TEST

/* ---- what a file without a device lies on ---- */

static enum sb_backing backing_of(struct sb_mounts *mounts, const char *name, const char *device)
{
	static char maps[160];
	struct sb_maps_line line;
	struct sb_words words;

	snprintf(maps, sizeof(maps), "200000000000-200000001000 rw-s 00000000 %s 77 %s\n", device,
		 name);
	fake.text_of[FAKE_MAPS] = maps;
	ck_assert_int_eq(sb_words_open(&words, 0, "maps"), 0);
	ck_assert(sb_maps_next(&words, &line));
	sb_words_close(&words);
	return sb_mounts_backing(mounts, &line);
}

START_TEST(what_a_file_lies_on)
{
	struct sb_mounts mounts = { .pid = 0 };

	build(fake_kernel("6.12"));
	fake.text_of[FAKE_MOUNTINFO] =
		"1 1 0:2 / / rw - rootfs none rw\n"
		"36 35 0:42 / /home rw,relatime shared:9 master:2 - btrfs /dev/vda rw\n"
		"37 36 0:43 / /tmp rw - tmpfs tmpfs rw\n"
		"38 36 254:1 / /boot rw - ext4 /dev/vda1 rw\n";
	ck_assert_int_eq(backing_of(&mounts, "/home/file", "00:2a"), SB_BACKING_DISK);
	ck_assert_int_eq(backing_of(&mounts, "/home/other", "00:2a"), SB_BACKING_DISK);
	ck_assert_int_eq(backing_of(&mounts, "/tmp/file", "00:2b"), SB_BACKING_MEMORY);
	ck_assert_int_eq(backing_of(&mounts, "/file", "00:02"), SB_BACKING_UNTOLD);
	ck_assert_int_eq(backing_of(&mounts, "/lost", "00:2c"), SB_BACKING_UNTOLD);
	ck_assert_int_eq(backing_of(&mounts, "/boot/file", "fe:01"), SB_BACKING_DISK);
	ck_assert_int_eq(backing_of(&mounts, "/dev/shm/file", "00:2a"), SB_BACKING_MEMORY);
	mounts.asked = false;
	fake_fail(SYS_openat, EACCES)->path = "mountinfo";
	ck_assert_int_eq(backing_of(&mounts, "/home/file", "00:2a"), SB_BACKING_UNTOLD);
	ck_assert_ptr_null(fake_leftover());
}
END_TEST

START_TEST(mappings_with_huge_pages)
{
	struct sb_smaps smaps = { .pid = 0 };

	build(fake_kernel("6.12"));
	fake.text_of[FAKE_SMAPS] =
		"200000000000-200000400000 rw-p 00000000 00:00 0 \n"
		"Size:               4096 kB\n"
		"AnonHugePages:      2048 kB\n"
		"VmFlags: rd wr\n"
		"200000400000-200000800000 rw-p 00000000 00:00 0 \n"
		"AnonHugePages:         0 kB\n"
		"200000800000-200000c00000 rw-s 00000000 00:01 7 /memfd:a (deleted)\n"
		"ShmemPmdMapped:     2048 kB\n";
	ck_assert(sb_smaps_has_huge(&smaps, 0x200000000000));
	ck_assert(!sb_smaps_has_huge(&smaps, 0x200000401000));
	ck_assert(sb_smaps_has_huge(&smaps, 0x200000bff000));
	ck_assert(!sb_smaps_has_huge(&smaps, 0x200000c00000));
	sb_smaps_close(&smaps);
	fake_fail(SYS_openat, EACCES)->path = "smaps";
	ck_assert(!sb_smaps_has_huge(&smaps, 0x200000000000));
	sb_smaps_close(&smaps);
	ck_assert_ptr_null(fake_leftover());
}
END_TEST

/* Most addresses are not mapped, and no kernel is asked for each of them. */
START_TEST(all_addresses)
{
	static struct strictbind_range found[64];
	const char *next = NULL;
	long count;

	build(&fake_kernels[_i]);
	fake.call_limit = 100000;
	while ((count = strictbind_extents(0, next, LONG_MAX - (size_t)next, found, 64)) > 0)
		next = (const char *)found[count - 1].address + found[count - 1].length;
	ck_assert_int_eq(count, 0);
	ck_assert_ptr_nonnull(next);
	ck_assert_ptr_null(fake_leftover());
}
END_TEST

struct counted {
	unsigned long first;
	unsigned long unknown;
};

static void count(void *context, int node, unsigned long pages)
{
	struct counted *counted = context;

	*(node < 0 ? &counted->unknown : &counted->first) += pages;
}

START_TEST(a_node_that_there_cannot_be)
{
	struct counted counted = { 0 };
	struct sb_census census = { .add = count, .context = &counted };

	build(fake_kernel("6.12"));
	fake.text_of[FAKE_NUMA_MAPS] = "200000000000 default N0=2 N1024=3 N4294967296=4\n";
	ck_assert_int_eq(sb_vmas_count(0, 0, -1UL, &census), 0);
	ck_assert_uint_eq(counted.first, 2);
	ck_assert_uint_eq(counted.unknown, 7);
}
END_TEST

/* What was read before must not be called a count. */
START_TEST(a_file_that_breaks_off)
{
	for (unsigned skip = 0; skip < 12; skip++) {
		build(&fake_kernels[_i]);
		fake.read_max = 64;
		fake_fail(SYS_read, EIO)->skip = skip;
		check_all(UNKNOWN, "a read that fails");
	}
}
END_TEST

START_TEST(hugetlb_lines_count_base_pages)
{
	struct fake_vma vma = { .start = 0x300000000000,
				.end = 0x300000000000 + 2UL * FAKE_HUGE,
				.prot = PROT_READ,
				.kind = FAKE_HUGETLB };
	struct fake_page page = {
		.address = vma.start, .span = 512, .mapcount = 1, .kind = FAKE_PINNED
	};

	build(&fake_kernels[_i]);
	if (!fake.kernel.hugetlb_moves)
		return;
	fake_map(&fake.space, &vma);
	fake_put_page(&fake.space, &page);
	page.address += FAKE_HUGE;
	page.node = 1;
	fake_put_page(&fake.space, &page);
	check_all(fake.kernel.query_misses_prot_none ? UNKNOWN : 0, "hugetlb");
}
END_TEST

START_TEST(a_thousand_nodes_in_a_line)
{
	struct migration migration = { .from = mask_of(fake_two_nodes(0, 1023)),
				       .to = mask_of(fake_one_node(7)),
				       .counted = true };
	struct outcome outcome;

	fake_boot(&fake_kernels[_i], 1024);
	scene_map(0, 1024);
	for (int node = 0; node < 1024; node++)
		scene_touch((unsigned long)node, 1, node)->kind = FAKE_PINNED;
	copy_space(&before, &fake.space);
	outcome = do_migration(&migration);
	ck_assert_ptr_null(judge_migration(&migration, &before, &outcome, 0));
	ck_assert_int_eq(outcome.result, 2);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("odd_proc_files");

	tcase_add_loop_test(tests, short_reads, 0, fake_kernel_count);
	tcase_add_loop_test(tests, no_proc, 0, fake_kernel_count);
	tcase_add_loop_test(tests, hidden_files, 0, fake_kernel_count);
	tcase_add_loop_test(tests, a_page_map_of_zeros, 0, fake_kernel_count);
	tcase_add_loop_test(tests, a_count_without_numa_maps_is_unknown, 0, fake_kernel_count);
	tcase_add_loop_test(tests, misleading_file_names, 0, fake_kernel_count);
	tcase_add_test(tests, names_of_every_length_around_the_buffer);
	tcase_add_loop_test(tests, garbage_is_survived, 0, fake_kernel_count);
	tcase_add_test(tests, what_a_file_lies_on);
	tcase_add_test(tests, mappings_with_huge_pages);
	tcase_add_loop_test(tests, all_addresses, 0, fake_kernel_count);
	tcase_add_test(tests, a_line_of_maps_without_an_end);
	tcase_add_test(tests, a_node_that_there_cannot_be);
	tcase_add_loop_test(tests, a_file_that_breaks_off, 0, fake_kernel_count);
	tcase_add_loop_test(tests, hugetlb_lines_count_base_pages, 0, fake_kernel_count);
	tcase_add_loop_test(tests, a_thousand_nodes_in_a_line, 0, fake_kernel_count);
	return run_tests("odd_proc_files", tests);
}
