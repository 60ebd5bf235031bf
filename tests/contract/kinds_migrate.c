/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migrate_pages from the stage's home to its target: rules 12 and 13. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "kinds_run.h"

/* Pages of this process on a node, by numa_maps. */
static unsigned long pages_on_node(int node)
{
	FILE *maps = fopen("/proc/self/numa_maps", "re");
	unsigned long pages = 0, more;
	char line[1024], word[16];

	snprintf(word, sizeof(word), " N%d=", node);
	while (maps && fgets(line, sizeof(line), maps)) {
		const char *at = strstr(line, word);

		if (at && sscanf(at + strlen(word), "%lu", &more) == 1)
			pages += more;
	}
	if (maps)
		fclose(maps);
	return pages;
}

static void leave_home(void)
{
	struct nodes from = nodes_one(pages_home()), to = nodes_one(pages_local());

	raw_migrate_pages(0, NODES_MAXNODE, from.words, to.words);
}

/*
 * All of the program's files that it may come to use, which an ordinary user cannot move while more
 * than one process has them mapped.
 */
void clear_home_of_files(void)
{
	if (mlockall(MCL_CURRENT))
		return;
	leave_home();
	munlockall();
}

/* Whatever the program itself has there would be moved, and counted, with the stage. */
bool home_is_clear(void)
{
	if (pages_on_node(pages_home()))
		leave_home();
	return pages_on_node(pages_home()) == 0;
}

/* Rule 13. */
static bool left_alone(const struct cell *cell)
{
	return cell->shared && !machine()->nice;
}

/* What is mapped a second time counts at both addresses, as it does in a range with both in it. */
static size_t left_alone_again(void)
{
	size_t left = 0;

	for (size_t i = 0; i < stage.second_pages; i++)
		left += node_of(stage.second + i * machine()->page) == pages_home() &&
			!machine()->nice;
	return left;
}

struct expected expect_migration(void)
{
	struct expected want = { .moves = true };

	for (size_t i = 0; i < stage.count; i++) {
		const struct cell *cell = &stage.cells[i];

		if (!cell->present || cell->node != pages_home())
			continue;
		if (left_alone(cell))
			want.shared++;
		else if (cell->stuck && !want.unmoved++)
			want.first_unmoved = stage_page(i);
	}
	want.shared += left_alone_again();
	want.result = (long)want.unmoved;
	return want;
}

struct answer do_migration(const struct way *way)
{
	struct nodes from = nodes_one(pages_home()), to = nodes_one(pages_target());
	struct strictbind_options options = { .size = sizeof(options), .stall_us = way->stall_us };
	struct answer answer = { .counted = way->counted };

	answer.report = (struct strictbind_report){ .size = sizeof(answer.report),
						    .unmoved = 7777,
						    .shared = 7777,
						    .first_unmoved = &answer,
						    .first_status = 7777 };
	errno = 0;
	if (way->kernel)
		answer.result = raw_migrate_pages(0, NODES_MAXNODE, from.words, to.words);
	else if (way->counted || way->stall_us)
		answer.result = strictbind_migrate_pages_opt(0, NODES_MAXNODE, from.words, to.words,
							     way->stall_us ? &options : NULL,
							     way->counted ? &answer.report : NULL);
	else
		answer.result = strictbind_migrate_pages(0, NODES_MAXNODE, from.words, to.words);
	if (answer.result < 0)
		answer.error = errno;
	else
		answer.touched = errno != 0;
	return answer;
}

static bool results_equal(const struct expected *want, const struct answer *answer)
{
	if (answer->result != want->result)
		return differ("returned %ld with errno %d, must be %ld", answer->result,
			      answer->error, want->result);
	return !answer->touched || differ("a successful call has changed errno");
}

static bool nodes_as_due(void)
{
	int nodes[STAGE_CELLS];

	stage_look(nodes);
	for (size_t i = 0; i < stage.count; i++) {
		const struct cell *cell = &stage.cells[i];
		bool moves = cell->present && cell->node == pages_home() && !cell->stuck &&
			     !left_alone(cell);
		int must = moves ? pages_target() : cell->node;

		if (!cell->unseen && nodes[i] != must)
			return differ("page %zu was on node %d, must be on %d, is on %d", i,
				      cell->node, must, nodes[i]);
	}
	return true;
}

static bool policies_kept(void)
{
	for (size_t i = 0; i < stage.count; i += i % 16 ? 1 : 8) {
		struct policy now = policy_of(stage_page(i));

		if (!policy_equal(&now, &stage.cells[i].policy))
			return differ("page %zu has another policy", i);
	}
	return true;
}

enum difference compare_migration(const struct expected *want, const struct answer *answer)
{
	if (!results_equal(want, answer) || !nodes_as_due() || !policies_kept() || !contents_kept())
		return DIFFERS;
	if (answer->counted && !counts_equal(want, &answer->report))
		return DIFFERS_IN_COUNTS;
	return DIFFERS_NOT;
}
