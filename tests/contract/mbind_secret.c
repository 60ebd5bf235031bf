/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Secret memory: pages that never move. On some kernels move_pages tells no node for them; a
 * present page without a node is not one that is in place.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common.h"
#include "ways.h"

enum { SECRET = 2, MOVABLE = 4, ALL = SECRET + MOVABLE };

static bool put_secret(char *at, int node)
{
	struct nodes set = nodes_one(node);
	int fd = (int)syscall(SYS_memfd_secret, 0);
	bool done;

	if (fd < 0)
		return false;
	done = !ftruncate(fd, (off_t)(SECRET * PAGE)) &&
	       mmap(at, SECRET * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == at;
	close(fd);
	if (!done)
		return false;
	raw_set_mempolicy(MPOL_BIND, set.words, NODES_MAXNODE);
	for (size_t i = 0; i < SECRET; i++)
		memset(at + i * PAGE, 5, 16);
	stop_numa_balancing();
	return node_of_mapping(at) == node;
}

static bool has_secret(void)
{
	static int known = -1;
	char *at;

	if (known >= 0)
		return known;
	at = space(SECRET);
	known = put_secret(at, NODE(0));
	unmap(at, SECRET);
	return known;
}

struct scene {
	char *at, *secret, *movable;
};

/* The secret pages first, or last. */
static struct scene build(int node, bool first)
{
	char *at = space(ALL);
	struct scene scene = { at, first ? at : at + MOVABLE * PAGE,
			       first ? at + SECRET * PAGE : at };

	ck_assert(put_secret(scene.secret, node));
	pages_at(scene.movable, MOVABLE, node, MAP_PRIVATE);
	return scene;
}

static void check_secret_on(const struct scene *scene, int node)
{
	ck_assert_int_eq(node_of_mapping(scene->secret), node);
	for (size_t i = 0; i < SECRET; i++)
		ck_assert_int_eq(scene->secret[i * PAGE + 15], 5);
}

/* Moves of every sort ------------------------------------------------------------------------- */

static void move_them(enum way way, unsigned flags, int mode, struct nodes nodes, int target,
		      bool first)
{
	struct scene scene = build(NODE(2), first);
	struct bound bound = { scene.at, ALL, mode, nodes, flags };
	struct due due = { .unmoved = SECRET, .first = scene.secret };

	move_and_check(&bound, way, &due);
	check_on(&bound, way, scene.movable, MOVABLE, target);
	check_secret_on(&scene, NODE(2));
	unmap(scene.at, ALL);
}

START_TEST(secret_pages_are_unmoved)
{
	NEED_NODES(3);
	SKIP_IF(!has_secret(), "no secret memory");
	for (enum way way = PLAIN; way < WAYS; way++)
		for (size_t f = 0; f < move_count() && can_be_made(way); f++)
			for (int first = 0; first < 2; first++) {
				move_them(way, moves[f], MPOL_BIND, nodes_one(NODE(1)), NODE(1),
					  first);
				move_them(way, moves[f], MPOL_PREFERRED, nodes_one(NODE(1)),
					  NODE(1), first);
				move_them(way, moves[f], MODE_LOCAL, nodes_none(), NODE(0), first);
			}
}
END_TEST

/* Rule 6: all of them are misplaced. */
START_TEST(strict_alone_counts_them)
{
	NEED_NODES(2);
	SKIP_IF(!has_secret(), "no secret memory");
	for (enum way way = PLAIN; way < WAYS; way++)
		for (int first = 0; first < 2 && can_be_made(way); first++) {
			struct scene scene = build(NODE(0), first);
			struct bound bound = { scene.at, ALL, MPOL_BIND, nodes_one(NODE(1)),
					       STRICT };
			struct strictbind_report report;
			struct policy policy;

			ck_assert_int_eq(bind_in_way(&bound, way, &report), -EIO);
			policy = policy_of(scene.secret);
			ck_assert_int_eq(policy.mode, MPOL_DEFAULT);
			if (is_counted(way)) {
				ck_assert_uint_eq(report.unmoved, ALL);
				ck_assert_ptr_eq(report.first_unmoved, scene.at);
			}
			/* Rule 7. */
			bound.nodes = nodes_one(NODE(0));
			ck_assert_int_eq(bind_in_way(&bound, way, &report), 0);
			ck_assert(!is_counted(way) || !report.unmoved);
			unmap(scene.at, ALL);
		}
}
END_TEST

/* In place, they are nothing to complain of. */
START_TEST(in_place_they_have_not_failed)
{
	NEED_NODES(2);
	SKIP_IF(!has_secret(), "no secret memory");
	for (enum way way = PLAIN; way < WAYS; way++)
		for (size_t f = 0; f < move_count() && can_be_made(way); f++) {
			struct scene scene = build(NODE(1), true);
			struct bound bound = { scene.at, ALL, MPOL_BIND, nodes_one(NODE(1)),
					       moves[f] };
			struct due due = { .unmoved = 0 };

			pages_at(scene.movable, MOVABLE, NODE(0), MAP_PRIVATE);
			move_and_check(&bound, way, &due);
			check_on(&bound, way, scene.movable, MOVABLE, NODE(1));
			unmap(scene.at, ALL);
		}
}
END_TEST

/* Rule 12. Nothing else of this program is on that node. */
START_TEST(migrate_pages_counts_them)
{
	struct nodes from, to;

	NEED_NODES(4);
	SKIP_IF(!has_secret(), "no secret memory");
	from = nodes_one(NODE(2));
	to = nodes_one(NODE(3));
	for (int first = 0; first < 2; first++) {
		struct scene scene = build(NODE(2), first);
		struct strictbind_report report = new_report();

		ck_assert_int_eq(strictbind_migrate_pages(0, NODES_MAXNODE, from.words, to.words),
				 SECRET);
		ck_assert_int_eq(strictbind_migrate_pages_opt(0, NODES_MAXNODE, from.words,
							      to.words, NULL, &report),
				 SECRET);
		ck_assert_uint_eq(report.unmoved, SECRET);
		ck_assert_ptr_eq(report.first_unmoved, scene.secret);
		ck_assert_uint_eq(count_on(scene.movable, MOVABLE, NODE(3)), MOVABLE);
		check_secret_on(&scene, NODE(2));
		unmap(scene.at, ALL);
	}
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, secret_pages_are_unmoved);
	tcase_add_test(tests, strict_alone_counts_them);
	tcase_add_test(tests, in_place_they_have_not_failed);
	tcase_add_test(tests, migrate_pages_counts_them);
}

int main(void)
{
	run_on_node(NODE(0));
	return run_suite_here("mbind_secret", add);
}
