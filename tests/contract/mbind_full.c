/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The target node is full: what does not fit stays, and is counted. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cases.h"
#include "space.h"

enum {
	CHUNK = 512,	 /* pages filled at a time */
	RANGE = 4096,	 /* pages that want to go there: more than the kernel keeps back */
	MOST_MIB = 1024, /* a larger node would take too long to fill */
	MOST_CHUNKS = 2 * MOST_MIB,
};

static struct {
	char *chunks[MOST_CHUNKS];
	size_t chunk_count;
	char *range;
	int nodes[RANGE];
} full;

static long free_mib(int node)
{
	char path[96], line[160];
	long kib = 0;
	FILE *meminfo;

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/meminfo", node);
	meminfo = fopen(path, "re");
	if (!meminfo)
		return 0;
	while (fgets(line, sizeof(line), meminfo))
		if (strstr(line, "MemFree:"))
			kib = strtol(strstr(line, "MemFree:") + 8, NULL, 10);
	fclose(meminfo);
	return kib / 1024;
}

static char *map_pages(size_t pages)
{
	size_t len = pages * machine()->page;
	char *at = mmap(space(pages), len, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	ck_assert(at != MAP_FAILED);
	madvise(at, len, MADV_NOHUGEPAGE);
	return at;
}

static void touch_pages(char *at, size_t pages, int node)
{
	prefer_node(node);
	for (size_t i = 0; i < pages; i++) {
		uint64_t stamp = stamp_of_cell(i);

		memcpy(at + i * machine()->page, &stamp, sizeof(stamp));
	}
	stop_numa_balancing();
}

static bool all_on(const char *at, size_t pages, int node)
{
	static int nodes[CHUNK];

	nodes_of(at, pages, nodes);
	for (size_t i = 0; i < pages; i++)
		if (nodes[i] != node)
			return false;
	return true;
}

/* Memory that falls back to another node, so that nothing has to be killed. */
static bool take_chunk(int prefer)
{
	char *at = map_pages(CHUNK);

	touch_pages(at, CHUNK, prefer);
	full.chunks[full.chunk_count++] = at;
	return all_on(at, CHUNK, pages_target());
}

/* What an ordinary allocation leaves can still be had by moving pages there. */
static bool push_chunk(void)
{
	struct nodes set = nodes_one(pages_target());
	char *at;

	take_chunk(pages_home());
	at = full.chunks[full.chunk_count - 1];
	raw_mbind(at, CHUNK * machine()->page, MPOL_BIND, set.words, NODES_MAXNODE, MOVE);
	return all_on(at, CHUNK, pages_target());
}

static void fill_target(void)
{
	while (full.chunk_count < MOST_CHUNKS - 8 && take_chunk(pages_target()))
		;
	for (int i = 0; i < 8 && push_chunk(); i++)
		;
}

static void open_range(void)
{
	full.range = map_pages(RANGE);
	touch_pages(full.range, RANGE, pages_home());
}

static void empty_all(void)
{
	while (full.chunk_count)
		unmap(full.chunks[--full.chunk_count], CHUNK);
	if (full.range)
		unmap(full.range, RANGE);
	full.range = NULL;
}

static size_t left_behind(const char **first)
{
	size_t left = 0;

	nodes_of(full.range, RANGE, full.nodes);
	*first = NULL;
	for (size_t i = 0; i < RANGE; i++)
		if (full.nodes[i] != pages_target() && !left++)
			*first = full.range + i * machine()->page;
	return left;
}

static void check_range(const struct strictbind_report *report)
{
	struct nodes set = nodes_one(pages_target());
	struct policy want = policy_after(MPOL_BIND, &set);
	const char *first;
	size_t left = left_behind(&first);

	ck_assert_msg(left > 0, "the node was not full");
	if (report) {
		ck_assert_msg(report->unmoved == left, "unmoved is %lu, must be %zu",
			      report->unmoved, left);
		ck_assert(report->shared == 0);
		ck_assert(report->first_unmoved == first);
		ck_assert(report->first_status == STRICTBIND_FIRST_KNOWN);
	}
	for (size_t i = 0; i < RANGE; i++) {
		struct policy now = policy_of(full.range + i * machine()->page);
		uint64_t stamp = stamp_of_cell(i);

		ck_assert(policy_equal(&now, &want));
		ck_assert(!memcmp(full.range + i * machine()->page, &stamp, sizeof(stamp)));
	}
}

static void move_to_full_node(unsigned flags, bool counted)
{
	struct strictbind_report report = { .size = sizeof(report) };
	struct nodes set = nodes_one(pages_target());
	bool fails = flags & STRICT;
	long result;

	open_range();
	errno = 0;
	result = strictbind_mbind_opt(full.range, RANGE * machine()->page, MPOL_BIND, set.words,
				      NODES_MAXNODE, flags, NULL, counted ? &report : NULL);
	ck_assert_msg(result == (fails ? -1 : 0) && errno == (fails ? EIO : 0),
		      "flags 0x%x: returned %ld with errno %d", flags, result, errno);
	check_range(counted ? &report : NULL);
	unmap(full.range, RANGE);
	full.range = NULL;
}

START_TEST(rules08_and_09_target_node_full)
{
	SKIP_IF(machine()->node_count < 2, "there is one node only");
	SKIP_IF(has_swap(), "with swap a node does not get full");
	SKIP_IF(free_mib(pages_target()) > MOST_MIB, "the node is too large to fill");
	pages_local();
	fill_target();
	for (unsigned strict = 0; strict <= STRICT; strict += STRICT)
		for (int counted = 0; counted < 2; counted++)
			move_to_full_node(MOVE | strict, counted);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mbind_full");
	TCase *tcase = tcase_create("full");

	tcase_add_checked_fixture(tcase, NULL, empty_all);
	tcase_add_test(tcase, rules08_and_09_target_node_full);
	suite_add_tcase(suite, tcase);
	return run_cases(suite);
}
