/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migrate_pages to a node that is full: rule 14. A program of its own, as it takes the node's memory. */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#include "common.h"

enum { PAGES = 2048, CHUNK = 1024, CHUNKS = 1024 };

/* Free memory of a node in pages, as the kernel tells it. */
static long free_pages(int node)
{
	char path[96], line[128];
	long kib = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/meminfo", node);
	file = fopen(path, "re");
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "Node %*d MemFree: %ld", &kib) == 1)
			break;
	fclose(file);
	return kib < 0 ? -1 : kib * 1024 / (long)PAGE;
}

/* Preferred, not bound: what no longer fits goes elsewhere instead of killing the program. */
static int fill_node(int node, char **chunks)
{
	struct nodes set = nodes_one(node);
	int n;

	for (n = 0; n < CHUNKS; n++) {
		chunks[n] = mmap(space(CHUNK), CHUNK * PAGE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		raw_mbind(chunks[n], CHUNK * PAGE, MPOL_PREFERRED, set.words, NODES_MAXNODE, 0);
		for (size_t i = 0; i < CHUNK; i++)
			chunks[n][i * PAGE] = 1;
		if (count_on(chunks[n], CHUNK, node) == 0)
			return n + 1;
	}
	return n;
}

START_TEST(rule_14_target_full)
{
	static char *chunks[CHUNKS];
	struct strictbind_report report = new_report();
	struct nodes from, to;
	long result;
	char *at;
	int n;

	NEED_NODES(4);
	SKIP_IF(free_pages(NODE(3)) > 512L << 20 >> 12, "node %d is too large to fill", NODE(3));
	from = nodes_one(NODE(2));
	to = nodes_one(NODE(3));
	at = pages_on(PAGES, NODE(2));
	n = fill_node(NODE(3), chunks);
	errno = 0;
	result = strictbind_migrate_pages_opt(0, NODES_MAXNODE, from.words, to.words, NULL, &report);
	ck_assert_int_eq(answer(result), -ENOMEM);
	ck_assert_uint_eq(report.unmoved, 0);
	ck_assert_uint_eq(report.shared, 0);
	ck_assert_ptr_null(report.first_unmoved);
	ck_assert_uint_gt(count_on(at, PAGES, NODE(2)), 0);
	ck_assert(intact(at, PAGES));
	ck_assert_int_eq(answer(strictbind_migrate_pages(0, NODES_MAXNODE, from.words, to.words)),
			 -ENOMEM);
	while (n--)
		unmap(chunks[n], CHUNK);
	ck_assert_int_eq(strictbind_migrate_pages(0, NODES_MAXNODE, from.words, to.words), 0);
	ck_assert_uint_eq(count_on(at, PAGES, NODE(3)), PAGES);
	ck_assert(intact(at, PAGES));
	unmap(at, PAGES);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, rule_14_target_full);
}

int main(void)
{
	run_on_node(NODE(0));
	return run_suite_here("migrate_full", add);
}
